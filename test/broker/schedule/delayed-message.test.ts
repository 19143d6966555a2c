/** Messages on their way into the schedule topic and out of it. */
import * as assert from 'uvu/assert';

import { propertiesToMap } from '#src/message/message-properties.js';
import type { StoredMessage } from '#src/message/stored-message.js';
import { toDelayedMessage, toDeliveredMessage } from '#src/broker/schedule/delayed-message.js';
import type { MessageToStore } from '#src/workers/message-store.js';
import { suite } from '../../suite.js';

const test = suite('delayed message');
const BODY = Buffer.from('body');
const HOST = Buffer.from([127, 0, 0, 1, 0, 0, 0xc3, 0x50]);

function message(properties: string, sysFlag = 0): MessageToStore {
  return {
    topic: 'T',
    queueId: 3,
    flag: 7,
    sysFlag,
    bornTimestampMs: 11,
    bornHost: HOST,
    reconsumeTimes: 2,
    preparedTransactionOffset: 0,
    body: BODY,
    properties,
  };
}

function stored(properties: string): StoredMessage {
  const place = { queueOffset: 5, physicalOffset: 600, storeTimestampMs: 12, storeHost: HOST };
  const bytes = { bornHost: HOST, body: BODY, bodyCrc: 0 };
  const waiting = { preparedTransactionOffset: 9, topic: 'SCHEDULE_TOPIC_XXXX', queueId: 0 };
  return { ...message(properties), ...place, ...bytes, ...waiting };
}

test('goes to the queue of its level and remembers where it belongs', () => {
  const before = message('DELAY\u00014\u0002KEYS\u0001k\u0002');
  const after = toDelayedMessage(before, 18);
  assert.equal({ ...after, properties: '' }, { ...before, topic: 'SCHEDULE_TOPIC_XXXX', queueId: 3, properties: '' });
  assert.equal(Object.fromEntries(propertiesToMap(after.properties)), {
    DELAY: '4',
    KEYS: 'k',
    REAL_TOPIC: 'T',
    REAL_QID: '3',
  });
});

test('a level above the highest is the highest; one at it stays as it was written', () => {
  const clamped = toDelayedMessage(message('DELAY\u000199\u0002'), 18);
  assert.is(clamped.queueId, 17);
  assert.is(propertiesToMap(clamped.properties).get('DELAY'), '18');
  assert.is(propertiesToMap(toDelayedMessage(message('DELAY\u0001+2\u0002'), 18).properties).get('DELAY'), '+2');
});

test('the places of an earlier delay are replaced, and other kinds of time taken out', () => {
  const text =
    'DELAY\u00011\u0002REAL_TOPIC\u0001old\u0002REAL_QID\u00019\u0002TIMER_DELAY_MS\u00015\u0002TIMER_DELIVER_MS\u00015\u0002';
  assert.equal(Object.fromEntries(propertiesToMap(toDelayedMessage(message(text), 18).properties)), {
    DELAY: '1',
    REAL_TOPIC: 'T',
    REAL_QID: '3',
  });
});

test('without a level, and as half of a transaction, a message stays as it is; a committed one is delayed', () => {
  for (const properties of ['', 'DELAY\u00010\u0002', 'DELAY\u0001-1\u0002', 'DELAY\u0001\u0002']) {
    const plain = message(properties);
    assert.is(toDelayedMessage(plain, 18), plain);
  }
  const half = message('DELAY\u00011\u0002', 0x4);
  assert.is(toDelayedMessage(half, 18), half);
  assert.is(toDelayedMessage(message('DELAY\u00011\u0002', 0x8), 18).topic, 'SCHEDULE_TOPIC_XXXX');
});

test('refuses a level that is none', () => {
  assert.throws(() => toDelayedMessage(message('DELAY\u0001soon\u0002'), 18), /DELAY is no delay level: soon/);
});

test('comes back under its own topic and queue, with all it had', () => {
  const properties = 'DELAY\u00011\u0002REAL_TOPIC\u0001T\u0002REAL_QID\u00013\u0002k\u0001v\u0002';
  assert.equal(toDeliveredMessage(stored(properties)), message(properties));
});

test('does not come back if it does not say where it belongs, or belongs to a transaction', () => {
  const texts = [
    'REAL_QID\u00010\u0002',
    'REAL_TOPIC\u0001T\u0002',
    'REAL_TOPIC\u0001T\u0002REAL_QID\u0001x\u0002',
    'REAL_TOPIC\u0001T\u0002REAL_QID\u0001-1\u0002',
    'REAL_TOPIC\u0001RMQ_SYS_TRANS_HALF_TOPIC\u0002REAL_QID\u00010\u0002',
  ];
  for (const text of texts) assert.is(toDeliveredMessage(stored(text)), undefined, text);
});

test.run();
