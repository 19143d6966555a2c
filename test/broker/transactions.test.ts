/**
 * Transactions: half messages, commit, rollback, unknown outcomes, check-backs, immunity, giving up, restarts; each ends once.
 * Time is a fake clock's.
 */
import * as assert from 'uvu/assert';

import { CHECK_MAX_TIME_TOPIC, HALF_TOPIC, OP_HALF_TOPIC } from '#src/broker/transactions/half-message.js';
import { RequestCode } from '#src/remoting/request-code.js';
import { ResponseCode } from '#src/remoting/response-code.js';
import { PutStatus } from '#src/workers/message-store.js';
import { suite } from '../suite.js';
import { sendRequest, turn } from './message-broker.js';
import { asked, END, property, TransactionBroker } from './transaction-broker.js';

const test = suite('transactions');

const ASK_SETTINGS = { transactionTimeOut: '6000', transactionCheckMax: '3' };
/** Longer than transactionTimeOut. */
const PAST_TIMEOUT_MS = 6_001;

test('a half message waits where no consumer sees it, and a commit delivers it once', async () => {
  const broker = new TransactionBroker();
  const half = await broker.sendHalf();
  assert.equal(await broker.delivered(), []);
  assert.is((await broker.end(half, END.COMMIT)).code, ResponseCode.SUCCESS);
  assert.equal(await broker.delivered(), ['half']);
  assert.equal(await broker.ops(), ['0,']);
  broker.base.clock.advance(PAST_TIMEOUT_MS);
  const producer = broker.addProducer();
  await broker.check();
  assert.equal(asked(producer), []);
  assert.equal(broker.progress(), [1, 1]);
});

test('a rollback delivers nothing and asks nobody', async () => {
  const broker = new TransactionBroker();
  const producer = broker.addProducer();
  const half = await broker.sendHalf();
  assert.is((await broker.end(half, END.ROLLBACK)).code, ResponseCode.SUCCESS);
  broker.base.clock.advance(PAST_TIMEOUT_MS);
  await broker.check();
  assert.equal(await broker.delivered(), []);
  assert.equal(asked(producer), []);
  assert.equal(await broker.ops(), ['0,']);
});

test('an unknown outcome gets no answer, is asked about after transactionTimeOut and not before', async () => {
  const broker = new TransactionBroker(ASK_SETTINGS);
  const producer = broker.addProducer();
  const half = await broker.sendHalf();
  void broker.end(half, END.UNKNOWN);
  await turn();
  broker.base.clock.advance(6_000);
  await broker.check();
  assert.equal(asked(producer), []);
  broker.base.clock.advance(1);
  await broker.check();
  const [question] = asked(producer);
  assert.is(question?.queueOffset, 1, 'the copy at the end of the half queue');
  assert.ok(
    question !== undefined && (await broker.end(question, END.COMMIT, { fromTransactionCheck: 'true' })).code === 0,
  );
  assert.equal(await broker.delivered(), ['half']);
  broker.base.clock.advance(PAST_TIMEOUT_MS);
  await broker.check();
  assert.is(asked(producer).length, 1, 'it is not asked about again');
  assert.equal(await broker.ops(), ['0,', '1,']);
  assert.equal(broker.progress(), [2, 2]);
});

test('each commitOrRollback that does not exist is refused', async () => {
  const broker = new TransactionBroker();
  const half = await broker.sendHalf();
  const { code, remark } = await broker.end(half, '5');
  assert.equal([code, remark], [ResponseCode.SYSTEM_ERROR, 'commitOrRollback field wrong']);
});

test('a slave ends no transaction', async () => {
  const broker = new TransactionBroker({ brokerRole: 'SLAVE' });
  const { code } = await broker.end({ queueOffset: 0, physicalOffset: 0 }, END.COMMIT);
  assert.is(code, ResponseCode.SLAVE_NOT_AVAILABLE);
});

test('rejectTransactionMessage refuses half messages', async () => {
  const broker = new TransactionBroker({ rejectTransactionMessage: 'true' });
  const { code, remark } = await broker.base.sent(sendRequest({ properties: 'TRAN_MSG\u0001true\u0002' }));
  assert.is(code, ResponseCode.NO_PERMISSION);
  assert.is(remark, 'the broker[10.0.0.1] sending transaction message is forbidden');
});

test('a commit that cannot be stored leaves the transaction undecided', async () => {
  const broker = new TransactionBroker(ASK_SETTINGS);
  const producer = broker.addProducer();
  const half = await broker.sendHalf();
  broker.store.refusal = 'the disk is full';
  const { code, remark } = await broker.end(half, END.COMMIT);
  assert.equal([code, remark], [ResponseCode.SERVICE_NOT_AVAILABLE, 'the disk is full']);
  broker.store.refusal = undefined;
  assert.equal(await broker.ops(), []);
  broker.base.clock.advance(PAST_TIMEOUT_MS);
  await broker.check();
  assert.is(asked(producer).length, 1);
});

test('an op message that is refused is written later, and the transaction is not asked about meanwhile', async () => {
  const broker = new TransactionBroker(ASK_SETTINGS);
  const producer = broker.addProducer();
  const half = await broker.sendHalf();
  broker.store.refusal = 'the disk is full';
  assert.is((await broker.end(half, END.ROLLBACK)).code, ResponseCode.SERVICE_NOT_AVAILABLE);
  broker.store.refusal = undefined;
  broker.base.clock.advance(PAST_TIMEOUT_MS);
  await turn();
  assert.equal(await broker.ops(), ['0,']);
  await broker.check();
  assert.equal(asked(producer), []);
});

test('op messages: those of a turn go into one, those that come while it is stored into the next', async () => {
  const broker = new TransactionBroker();
  const halves = await broker.sendHalves(['a', 'b', 'c', 'd']);
  const ends = halves.slice(0, 2).map((half) => broker.end(half, END.ROLLBACK));
  await Promise.all(ends);
  assert.equal(await broker.ops(), ['0,1,']);
  await Promise.all(halves.slice(2).map((half) => broker.end(half, END.ROLLBACK)));
  assert.equal(await broker.ops(), ['0,1,', '2,3,']);
});

test('an op message is not larger than transactionOpMsgMaxSize says', async () => {
  const broker = new TransactionBroker({ transactionOpMsgMaxSize: '4' });
  const halves = await broker.sendHalves(['a', 'b', 'c', 'd', 'e']);
  await Promise.all(halves.map((half) => broker.end(half, END.ROLLBACK)));
  assert.equal(await broker.ops(), ['0,1,', '2,3,', '4,']);
  await broker.check();
  assert.equal(broker.progress(), [5, 3]);
});

test('a commit that comes twice delivers once; a rollback after it is refused', async () => {
  const broker = new TransactionBroker();
  const half = await broker.sendHalf();
  await Promise.all([broker.end(half, END.COMMIT), broker.end(half, END.COMMIT)]);
  assert.is((await broker.end(half, END.COMMIT)).code, ResponseCode.SUCCESS);
  const { code, remark } = await broker.end(half, END.ROLLBACK);
  assert.equal([code, remark], [ResponseCode.SYSTEM_ERROR, 'the transaction has been committed already']);
  assert.equal(await broker.delivered(), ['half']);
});

test('a producer that answers two questions about one transaction delivers it once', async () => {
  const broker = new TransactionBroker(ASK_SETTINGS);
  const producer = broker.addProducer();
  await broker.sendHalf();
  broker.base.clock.advance(PAST_TIMEOUT_MS);
  await broker.check();
  broker.base.clock.advance(PAST_TIMEOUT_MS);
  await broker.check();
  const questions = asked(producer);
  assert.is(questions.length, 2);
  for (const question of questions) {
    assert.is((await broker.end(question, END.COMMIT, { fromTransactionCheck: 'true' })).code, ResponseCode.SUCCESS);
  }
  broker.base.clock.advance(PAST_TIMEOUT_MS);
  await broker.check();
  assert.equal(await broker.delivered(), ['half']);
  assert.is(asked(producer).length, 2, 'it is not asked about a third time');
  const late = await broker.end({ queueOffset: 0, physicalOffset: 0 }, END.COMMIT);
  assert.is(late.code, ResponseCode.SUCCESS);
  assert.equal(await broker.delivered(), ['half'], 'the producer’s own late commit delivers nothing more');
});

test('a producer that has gone is asked through another of its group; with none there the next round asks', async () => {
  const broker = new TransactionBroker(ASK_SETTINGS);
  const gone = broker.addProducer();
  const other = broker.addProducer();
  const stranger = broker.addProducer('OTHER');
  await broker.sendHalf();
  gone.close('the producer died');
  broker.base.clock.advance(PAST_TIMEOUT_MS);
  await broker.check();
  assert.is(asked(other).length, 1);
  other.close('the producer died');
  broker.base.clock.advance(PAST_TIMEOUT_MS);
  await broker.check();
  const late = broker.addProducer();
  broker.base.clock.advance(PAST_TIMEOUT_MS);
  await broker.check();
  assert.is(asked(late).length, 1);
  assert.equal(asked(stranger), []);
});

test('after transactionCheckMax questions the message goes to TRANS_CHECK_MAX_TIME_TOPIC, and may be asked about again by 323', async () => {
  const broker = new TransactionBroker(ASK_SETTINGS);
  const producer = broker.addProducer();
  await broker.sendHalf();
  for (let round = 0; round < 6; round++) {
    broker.base.clock.advance(PAST_TIMEOUT_MS);
    await broker.check();
  }
  assert.is(asked(producer).length, 3);
  const [givenUp] = await broker.messages(CHECK_MAX_TIME_TOPIC);
  assert.is(givenUp?.body.toString(), 'half');
  assert.is(givenUp && property(givenUp, 'TRANSACTION_CHECK_TIMES'), '3');
  assert.is(givenUp?.flag, 7, 'the flag comes through');
  assert.ok(broker.base.topics.select(CHECK_MAX_TIME_TOPIC));
  assert.equal(await broker.ops(), ['0,', '1,', '2,', '3,']);
  assert.equal(broker.progress(), [4, 4]);

  const id = `0A00000100002A9F${(givenUp?.physicalOffset ?? 0).toString(16).padStart(16, '0')}`;
  assert.is((await broker.call(RequestCode.RESUME_CHECK_HALF_MESSAGE, { msgId: id })).code, ResponseCode.SUCCESS);
  broker.base.clock.advance(PAST_TIMEOUT_MS);
  await broker.check();
  assert.is(asked(producer).length, 4);
  const question = asked(producer)[3];
  assert.ok(question);
  await broker.end(question, END.COMMIT, { fromTransactionCheck: 'true' });
  assert.equal(await broker.delivered(), ['half']);
});

test('323 refuses what is no half message', async () => {
  const broker = new TransactionBroker();
  await broker.base.put('T', 0);
  for (const msgId of ['', 'x', '0A00000100002A9F0000000000000000', '0A00000100002A9F00000000000000FF']) {
    const { code, remark } = await broker.call(RequestCode.RESUME_CHECK_HALF_MESSAGE, { msgId });
    assert.is(code, ResponseCode.SYSTEM_ERROR);
    assert.is(remark, 'Exception was thrown when putting message back to RMQ_SYS_TRANS_HALF_TOPIC.');
  }
});

test('a half message older than fileReservedTime is given up unasked', async () => {
  const broker = new TransactionBroker({ fileReservedTime: '1' });
  const producer = broker.addProducer();
  await broker.sendHalf();
  broker.base.clock.advance(3_600_001);
  await broker.check();
  assert.equal(asked(producer), []);
  assert.is((await broker.messages(CHECK_MAX_TIME_TOPIC)).length, 1, broker.logged.join());
});

test('immunity: not asked about within it, put back once a round without being counted, and its own commit ends all copies', async () => {
  const broker = new TransactionBroker(ASK_SETTINGS);
  const producer = broker.addProducer();
  const half = await broker.sendHalf('half', { CHECK_IMMUNITY_TIME_IN_SECONDS: '60' });
  for (let round = 0; round < 5; round++) {
    broker.base.clock.advance(PAST_TIMEOUT_MS);
    await broker.check();
  }
  assert.equal(asked(producer), []);
  const copies = await broker.messages(HALF_TOPIC);
  assert.is(copies.length, 6);
  assert.equal([copies[5] && property(copies[5], 'TRAN_PREPARED_QUEUE_OFFSET')], ['0']);
  assert.equal([copies[5] && property(copies[5], 'TRANSACTION_CHECK_TIMES')], [undefined]);
  assert.is((await broker.end(half, END.COMMIT)).code, ResponseCode.SUCCESS);
  assert.equal(await broker.ops(), ['0,', '1,', '2,', '3,', '4,', '5,']);
  broker.base.clock.advance(60_000);
  await broker.check();
  assert.equal(asked(producer), []);
  assert.equal(await broker.delivered(), ['half']);
});

test('immunity: past it the producer’s own commit is refused, and the one that it is asked for is taken', async () => {
  const broker = new TransactionBroker(ASK_SETTINGS);
  const producer = broker.addProducer();
  const half = await broker.sendHalf('half', { CHECK_IMMUNITY_TIME_IN_SECONDS: '10' });
  broker.base.clock.advance(10_001);
  for (const outcome of [END.COMMIT, END.ROLLBACK]) {
    assert.is((await broker.end(half, outcome)).code, ResponseCode.ILLEGAL_OPERATION);
  }
  await broker.check();
  const [question] = asked(producer);
  assert.ok(question);
  await broker.end(question, END.COMMIT, { fromTransactionCheck: 'true' });
  assert.equal(await broker.delivered(), ['half']);
});

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

test('a half message that is deleted while it waits is passed', async () => {
  const broker = new TransactionBroker(ASK_SETTINGS);
  const producer = broker.addProducer();
  await broker.sendHalves(['a', 'b', 'c']);
  broker.store.expireBefore(HALF_TOPIC, 0, 2);
  broker.base.clock.advance(PAST_TIMEOUT_MS);
  await broker.check();
  assert.is(asked(producer).length, 1);
});

test('messages on disk are read without holding anything up', async () => {
  const broker = new TransactionBroker(ASK_SETTINGS);
  const producer = broker.addProducer();
  const halves = await broker.sendHalves(Array.from({ length: 100 }, (_, i) => `m${i}`));
  broker.store.isCold = true;
  await Promise.all(halves.slice(0, 50).map((half) => broker.end(half, END.COMMIT)));
  broker.base.clock.advance(PAST_TIMEOUT_MS);
  await broker.check();
  assert.is(asked(producer).length, 50);
  assert.is((await broker.delivered()).length, 50);
});

test('rounds come every transactionCheckInterval, and not once the broker has stopped', async () => {
  const broker = new TransactionBroker({ ...ASK_SETTINGS, transactionCheckInterval: '7000' });
  const producer = broker.addProducer();
  await broker.sendHalf();
  broker.base.clock.advance(6_999);
  await turn();
  assert.equal(asked(producer), []);
  broker.base.clock.advance(1);
  await turn();
  assert.is(asked(producer).length, 1);
  await broker.transactions.stop();
  broker.base.clock.advance(70_000);
  await turn();
  assert.is(asked(producer).length, 1);
});

test('a broker that stops stores what was begun', async () => {
  const broker = new TransactionBroker();
  const half = await broker.sendHalf();
  broker.store.holdPuts();
  const ended = broker.end(half, END.COMMIT);
  await turn();
  const stopped = broker.transactions.stop();
  broker.store.releasePuts();
  await stopped;
  assert.is((await ended).code, ResponseCode.SUCCESS);
  assert.equal(await broker.ops(), ['0,']);
  assert.equal(broker.progress(), [1, 1]);
});

test('a commit that is under way is not asked about', async () => {
  const broker = new TransactionBroker(ASK_SETTINGS);
  const producer = broker.addProducer();
  const half = await broker.sendHalf();
  broker.base.clock.advance(PAST_TIMEOUT_MS);
  broker.store.holdPuts();
  const ended = broker.end(half, END.COMMIT);
  await turn();
  const checked = broker.check();
  await turn();
  broker.store.releasePuts();
  await Promise.all([ended, checked]);
  assert.equal(asked(producer), []);
  assert.equal(await broker.delivered(), ['half']);
});

test('a commit that comes while its message is put back ends the copy', async () => {
  const broker = new TransactionBroker(ASK_SETTINGS);
  broker.addProducer();
  const half = await broker.sendHalf();
  broker.base.clock.advance(PAST_TIMEOUT_MS);
  broker.store.holdPuts();
  const checked = broker.check();
  await turn();
  const ended = broker.end(half, END.COMMIT);
  await turn();
  broker.store.releasePuts();
  await Promise.all([checked, ended]);
  assert.equal(await broker.delivered(), ['half']);
  assert.equal(await broker.ops(), ['0,', '1,']);
});

test('a put-back that fails ends the round; the next one goes on', async () => {
  const broker = new TransactionBroker(ASK_SETTINGS);
  const producer = broker.addProducer();
  await broker.sendHalf();
  broker.base.clock.advance(PAST_TIMEOUT_MS);
  broker.store.refusal = 'the disk is full';
  await broker.check();
  assert.equal(asked(producer), []);
  broker.store.refusal = undefined;
  broker.store.putStatus = PutStatus.OK;
  await broker.check();
  assert.is(asked(producer).length, 1);
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
