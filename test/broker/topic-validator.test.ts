/** Names of topics and groups. */
import * as assert from 'uvu/assert';
import { groupFault, isSendForbiddenTopic, isSystemTopic, topicFault } from '#src/broker/topic-validator.js';
import { suite } from '../suite.js';

const test = suite('topic validator');

test('takes every character that Apache takes, and no other', () => {
  for (let code = 0; code < 300; code++) {
    const character = String.fromCharCode(code);
    assert.is(topicFault(`a${character}`) === undefined, /^[%|a-zA-Z0-9_-]$/.test(character), `character ${code}`);
  }
});

test('limits the length of topics and groups', () => {
  assert.is(topicFault('x'.repeat(127)), undefined);
  assert.is(topicFault(`%DLQ%${'x'.repeat(250)}`), undefined);
  assert.is(groupFault('x'.repeat(120)), undefined);
  const long = 'x'.repeat(121);
  assert.is(groupFault(long), `The specified group: ${long}, is longer than group max length: 120`);
  assert.is(groupFault(' '), 'The specified group is blank.');
  assert.is(
    groupFault('a b'),
    'The specified group: a b, contains illegal characters, allowing only ^[%|a-zA-Z0-9_-]+$',
  );
});

test('knows the topics of the system', () => {
  for (const topic of ['TBW102', 'rmq_sys_anything', 'SELF_TEST_TOPIC']) assert.ok(isSystemTopic(topic));
  assert.not(isSystemTopic('T'));
  assert.ok(isSendForbiddenTopic('SELF_TEST_TOPIC'));
  assert.not(isSendForbiddenTopic('TBW102'));
});

test.run();
