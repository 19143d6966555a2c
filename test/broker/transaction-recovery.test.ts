/**
 * Transactions of a broker that starts again: after an orderly end, after kill -9 at the worst places, and on a store of Apache's.
 */
import * as assert from 'uvu/assert';

import { HALF_TOPIC, OP_HALF_TOPIC } from '#src/broker/transactions/half-message.js';
import { SCHEDULE_TOPIC } from '#src/message/delay-level-table.js';
import { ResponseCode } from '#src/remoting/response-code.js';
import { suite } from '../suite.js';
import { turn } from './message-broker.js';
import { asked, END, property, TransactionBroker } from './transaction-broker.js';

const test = suite('transaction recovery');

const ASK_SETTINGS = { transactionTimeOut: '6000', transactionCheckMax: '3' };
/** Longer than transactionTimeOut. */
const PAST_TIMEOUT_MS = 6_001;

test('a restart goes on: what ended stays ended, what did not is asked about', async () => {
  const before = new TransactionBroker(ASK_SETTINGS);
  const halves = await before.sendHalves(['a', 'b', 'c']);
  const [a, , c] = halves;
  assert.ok(a !== undefined && c !== undefined);
  await before.end(a, END.COMMIT);
  await before.end(c, END.ROLLBACK);
  const after = new TransactionBroker(ASK_SETTINGS, before);
  const producer = after.addProducer();
  after.base.clock.advance(PAST_TIMEOUT_MS);
  await after.check();
  const bodies = producer.written.map(({ body }) => body?.toString('latin1').includes('K-b'));
  assert.equal(bodies, [true]);
  assert.equal(after.progress(), [3, 3]);
});

test('a crash between a commit and its op message does not deliver it again', async () => {
  const before = new TransactionBroker(ASK_SETTINGS);
  const halves = await before.sendHalves(['a', 'b']);
  const [a, b] = halves;
  assert.ok(a !== undefined && b !== undefined);
  await before.base.put('T', 2);
  await before.end(a, END.COMMIT);
  // What a crash leaves of the commit of b: the message, and no op message.
  before.store.lose = ({ topic }) => topic === OP_HALF_TOPIC;
  void before.end(b, END.COMMIT);
  await turn();
  before.store.lose = () => false;
  assert.equal(await before.ops(), ['0,']);
  const after = new TransactionBroker(ASK_SETTINGS, before);
  const producer = after.addProducer();
  after.base.clock.advance(PAST_TIMEOUT_MS);
  await after.check();
  assert.equal(asked(producer), []);
  await turn();
  assert.equal(await after.ops(), ['0,', '1,'], 'the op message is made up for');
  assert.is((await after.end(b, END.COMMIT)).code, ResponseCode.SUCCESS);
  assert.equal(await after.delivered(), ['body', 'a', 'b']);
});

test('a crash between a put-back and its op message: the copy is asked about, and not the first one too', async () => {
  const before = new TransactionBroker(ASK_SETTINGS);
  before.addProducer();
  await before.sendHalf('asked');
  await before.sendHalf('immune', { CHECK_IMMUNITY_TIME_IN_SECONDS: '600' });
  before.store.lose = ({ topic }) => topic === OP_HALF_TOPIC;
  for (let round = 0; round < 2; round++) {
    before.base.clock.advance(PAST_TIMEOUT_MS);
    await before.check();
  }
  before.store.lose = () => false;
  assert.is((await before.messages(HALF_TOPIC)).length, 6);
  // The offsets of the group are not on disk yet.
  before.base.offsets.decode('{"offsetTable":{}}');
  const after = new TransactionBroker(ASK_SETTINGS, before);
  const producer = after.addProducer();
  after.base.clock.advance(PAST_TIMEOUT_MS);
  await after.check();
  assert.equal(
    asked(producer).map(({ queueOffset }) => queueOffset),
    [6],
  );
  await turn();
  assert.is((await after.ops()).join(''), '0,1,2,3,4,5,', 'the op messages are made up for');
});

test('a crash between the commit of a copy and its op message does not deliver it again', async () => {
  const before = new TransactionBroker(ASK_SETTINGS);
  const producer = before.addProducer();
  const half = await before.sendHalf();
  before.base.clock.advance(PAST_TIMEOUT_MS);
  before.store.lose = ({ topic }) => topic === OP_HALF_TOPIC;
  await before.check();
  // The producer ends it under its first place, while the question about the copy is on its way.
  assert.is(asked(producer).length, 1);
  void before.end(half, END.COMMIT);
  await turn();
  before.store.lose = () => false;
  before.base.offsets.decode('{"offsetTable":{}}');
  const after = new TransactionBroker(ASK_SETTINGS, before);
  const next = after.addProducer();
  after.base.clock.advance(PAST_TIMEOUT_MS);
  await after.check();
  assert.equal(asked(next), []);
  assert.equal(await after.delivered(), ['half']);
});

test('a commit with a delay waits for it, and a crash before its op message does not make a second one', async () => {
  const before = new TransactionBroker(ASK_SETTINGS);
  const half = await before.sendHalf('half', { DELAY: '3' });
  before.store.lose = ({ topic }) => topic === OP_HALF_TOPIC;
  void before.end(half, END.COMMIT);
  await turn();
  before.store.lose = () => false;
  assert.equal(await before.delivered(), []);
  const after = new TransactionBroker(ASK_SETTINGS, before);
  const producer = after.addProducer();
  after.base.clock.advance(PAST_TIMEOUT_MS);
  await after.check();
  assert.equal(asked(producer), []);
  const waiting = await after.messages(SCHEDULE_TOPIC, 2);
  assert.equal(
    waiting.map((message) => [message.body.toString(), property(message, 'REAL_TOPIC'), property(message, 'REAL_QID')]),
    [['half', 'T', '2']],
  );
});

test('op messages of Apache’s brokers, batched or of one offset, and records that are none', async () => {
  const before = new TransactionBroker(ASK_SETTINGS);
  await before.sendHalves(['a', 'b', 'c', 'd']);
  for (const [body, tag] of [
    ['0,1,', 'd'],
    ['2', 'd'],
    ['3', 'x'],
  ] as const) {
    await putOp(before, body, tag);
  }
  const after = new TransactionBroker(ASK_SETTINGS, before);
  const producer = after.addProducer();
  after.base.clock.advance(PAST_TIMEOUT_MS);
  await after.check();
  assert.equal(
    producer.written.map(({ body }) => body?.toString('latin1').includes('K-d')),
    [true],
  );
});

test('offsets that the queues do not have are moved to their ends', async () => {
  const before = new TransactionBroker(ASK_SETTINGS);
  await before.sendHalves(['a', 'b', 'c']);
  before.store.expireBefore(HALF_TOPIC, 0, 2);
  const after = new TransactionBroker(ASK_SETTINGS, before);
  const producer = after.addProducer();
  after.base.clock.advance(PAST_TIMEOUT_MS);
  await after.check();
  assert.is(asked(producer).length, 1);
  assert.equal(after.progress(), [3, 1]);
});

function putOp(broker: TransactionBroker, body: string, tag: string): Promise<void> {
  const message = {
    topic: OP_HALF_TOPIC,
    queueId: 0,
    flag: 0,
    sysFlag: 0,
    bornTimestampMs: 0,
    bornHost: Buffer.alloc(8),
    reconsumeTimes: 0,
    preparedTransactionOffset: 0,
    body: Buffer.from(body),
    properties: `WAIT\u0001true\u0002TAGS\u0001${tag}\u0002`,
  };
  return new Promise((resolve) => broker.store.putMessage(message, () => resolve()));
}

test.run();
