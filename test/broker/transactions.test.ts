/**
 * Transactions and their ends by producers: half messages, commit, rollback, unknown outcomes, refusals; each ends once.
 * Time is a fake clock's.
 */
import * as assert from 'uvu/assert';

import { ResponseCode } from '#src/remoting/response-code.js';
import { PutStatus, UNKNOWN_OFFSET } from '#src/workers/message-store.js';
import { suite } from '../suite.js';
import { sendRequest, turn } from './message-broker.js';
import { asked, END, TransactionBroker } from './transaction-broker.js';

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

// It was counted as ended when the disk was slow, though the write could fail yet.
test('a commit that was answered before it was stored, and was not, can be committed again', async () => {
  const broker = new TransactionBroker();
  const half = await broker.sendHalf();
  const { store } = broker.base;
  const put = store.putMessage.bind(store);
  store.putMessage = (_message, done) =>
    done({
      status: PutStatus.FLUSH_DISK_TIMEOUT,
      remark: undefined,
      queueOffset: UNKNOWN_OFFSET,
      physicalOffset: UNKNOWN_OFFSET,
      storeTimestampMs: 0,
      physicalOffsets: [],
    });
  assert.is((await broker.end(half, END.COMMIT)).code, ResponseCode.FLUSH_DISK_TIMEOUT);
  store.putMessage = put;
  assert.equal(await broker.delivered(), []);
  assert.is((await broker.end(half, END.COMMIT)).code, ResponseCode.SUCCESS);
  assert.equal(await broker.delivered(), ['half']);
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

test.run();
