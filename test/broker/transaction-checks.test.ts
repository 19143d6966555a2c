/**
 * Transactions that nobody ends: questions to producers, immunity, giving up, and asking again. Time is a fake clock's.
 */
import * as assert from 'uvu/assert';

import { CHECK_MAX_TIME_TOPIC, HALF_TOPIC } from '#src/broker/transactions/half-message.js';
import { RequestCode } from '#src/remoting/request-code.js';
import { ResponseCode } from '#src/remoting/response-code.js';
import { suite } from '../suite.js';
import { turn } from './message-broker.js';
import { asked, END, property, TransactionBroker } from './transaction-broker.js';

const test = suite('transaction checks');

const ASK_SETTINGS = { transactionTimeOut: '6000', transactionCheckMax: '3' };
/** Longer than transactionTimeOut. */
const PAST_TIMEOUT_MS = 6_001;

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

test('two commits at the same time, of the first place and of the copy, deliver once', async () => {
  const broker = new TransactionBroker(ASK_SETTINGS);
  const producer = broker.addProducer();
  const half = await broker.sendHalf();
  broker.base.clock.advance(PAST_TIMEOUT_MS);
  await broker.check();
  const [question] = asked(producer);
  assert.ok(question);
  broker.store.holdPuts();
  const ends = [broker.end(question, END.COMMIT), broker.end(half, END.COMMIT)];
  await turn();
  broker.store.releasePuts();
  for (const { code } of await Promise.all(ends)) assert.is(code, ResponseCode.SUCCESS);
  assert.equal(await broker.delivered(), ['half']);
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
  await broker.check();
  assert.is(asked(producer).length, 1);
});

test('offsets are committed when the log is on disk up to there', async () => {
  const broker = new TransactionBroker();
  const [a, b] = await broker.sendHalves(['a', 'b']);
  assert.ok(a !== undefined && b !== undefined);
  await broker.check();
  assert.equal(broker.progress(), [0, 0]);
  await broker.end(a, END.COMMIT);
  broker.store.unflushedBytes = 1;
  await broker.check();
  assert.equal(broker.progress(), [0, 0]);
  // More is written and not flushed: what was there in the last round is on disk.
  await broker.end(b, END.COMMIT);
  await broker.check();
  assert.equal(broker.progress(), [1, 1]);
  broker.store.unflushedBytes = 0;
  await broker.check();
  assert.equal(broker.progress(), [2, 2]);
});

test('a producer that does not read its socket is not asked', async () => {
  const broker = new TransactionBroker(ASK_SETTINGS);
  const producer = broker.addProducer();
  producer.isWritable = false;
  await broker.sendHalf();
  broker.base.clock.advance(PAST_TIMEOUT_MS);
  await broker.check();
  assert.equal(asked(producer), []);
  producer.isWritable = true;
  broker.base.clock.advance(PAST_TIMEOUT_MS);
  await broker.check();
  assert.is(asked(producer).length, 1);
});

test.run();
