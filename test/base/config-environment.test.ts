/** Variables and the keys they set. */
import * as assert from 'uvu/assert';

import { environmentName, readEnvironment } from '#src/base/config-environment.js';
import { brokerConfigSchema } from '#src/broker/broker-config.js';
import { namesrvConfigSchema } from '#src/namesrv/namesrv-config.js';

import { suite } from '../suite.js';

const test = suite('environment');

test('names a variable by the words of its key', () => {
  assert.is(environmentName('brokerName', 'RINGMQ_'), 'RINGMQ_BROKER_NAME');
  assert.is(environmentName('brokerIP1', 'RINGMQ_'), 'RINGMQ_BROKER_IP1');
  assert.is(environmentName('maxTransferBytesOnMessageInMemory', 'X_'), 'X_MAX_TRANSFER_BYTES_ON_MESSAGE_IN_MEMORY');
});

test('no two keys have one variable', () => {
  for (const schema of [brokerConfigSchema, namesrvConfigSchema]) {
    const keys = Object.keys(schema);
    assert.is(new Set(keys.map((key) => environmentName(key, ''))).size, keys.length);
  }
});

test('reads the variables of keys and reports those of none', () => {
  const env = { RINGMQ_BROKER_NAME: 'a', RINGMQ_BROKER_NAM: 'b', HOME: 'c' };
  const { layer, unknown } = readEnvironment(brokerConfigSchema, env, 'RINGMQ_');
  assert.equal([...layer.entries], [['brokerName', 'a']]);
  assert.equal(unknown, ['RINGMQ_BROKER_NAM']);
});

test("takes Apache's NAMESRV_ADDR, unless ours is set; an empty one is none", () => {
  const namesrvAddr = (env: Record<string, string>): string | undefined =>
    readEnvironment(brokerConfigSchema, env, 'RINGMQ_').layer.entries.get('namesrvAddr');
  assert.is(namesrvAddr({ NAMESRV_ADDR: 'a:1' }), 'a:1');
  assert.is(namesrvAddr({ NAMESRV_ADDR: 'a:1', RINGMQ_NAMESRV_ADDR: 'b:2' }), 'b:2');
  assert.is(namesrvAddr({ NAMESRV_ADDR: '' }), undefined);
});

test.run();
