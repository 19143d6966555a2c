/** Undecided half messages of a lost master go to another master, each once, and none is passed before it is there. */
import * as assert from 'uvu/assert';
import { createLogger } from '#src/base/log.js';
import { TransactionEscape } from '#src/broker/acting/transaction-escape.js';
import { HALF_TOPIC, OP_HALF_TOPIC, TRANSACTION_GROUP } from '#src/broker/transactions/half-message.js';
import { propertiesToMap } from '#src/message/message-properties.js';
import { type MessageToStore, type PutResult, PutStatus } from '#src/workers/message-store.js';
import { suite } from '../../suite.js';
import { END, TransactionBroker } from '../transaction-broker.js';

const test = suite('transaction escape');

/** A slave whose log is that of `broker`, and the master that takes what it sends. */
function setUp(broker: TransactionBroker) {
  const taken: MessageToStore[] = [];
  const refusing = { bodies: new Set<string>() };
  const bridge = {
    putMessage: (message: MessageToStore, done: (result: PutResult) => void): void => {
      const isRefused = refusing.bodies.has(message.body.toString());
      if (!isRefused) taken.push({ ...message, body: Buffer.from(message.body) });
      const nowhere = { queueOffset: -1, physicalOffset: -1, storeTimestampMs: 0, physicalOffsets: [] };
      const status = isRefused ? PutStatus.SERVICE_NOT_AVAILABLE : PutStatus.OK;
      queueMicrotask(() => done({ status, remark: undefined, ...nowhere }));
    },
  };
  const { config, clock, offsets } = broker.base;
  const logger = createLogger('test', 'silent');
  const escape = new TransactionEscape({
    store: broker.store,
    bridge,
    offsets,
    config,
    maxDelayLevel: 18,
    clock,
    logger,
  });
  const bodies = (): string[] => taken.splice(0).map(({ body }) => body.toString());
  return { escape, taken, bodies, refusing };
}

test('what has not ended goes as its producer sent it, and the offsets pass it', async () => {
  const broker = new TransactionBroker();
  const halves = await broker.sendHalves(['a', 'b', 'c', 'd']);
  if (halves[1] !== undefined) await broker.end(halves[1], END.COMMIT);
  if (halves[2] !== undefined) await broker.end(halves[2], END.ROLLBACK);
  const { escape, taken, bodies } = setUp(broker);
  escape.start();
  await escape.check();
  assert.equal(
    taken.map(({ topic }) => topic),
    ['T', 'T'],
  );
  assert.is((taken[0]?.sysFlag ?? 0) & 0xc, 4);
  const properties = propertiesToMap(taken[0]?.properties ?? '');
  assert.equal(
    ['TRAN_MSG', 'PGROUP', 'UNIQ_KEY', 'REAL_QID'].map((name) => properties.get(name)),
    ['true', 'PG', 'K-a', undefined],
  );
  assert.equal(bodies(), ['a', 'd']);
  assert.equal(broker.progress(), [4, 2]);
  await escape.check();
  assert.equal(bodies(), []);
  await escape.stop();
});

test('one that is not taken holds the others up, and is sent again', async () => {
  const broker = new TransactionBroker();
  await broker.sendHalves(['a', 'b', 'c']);
  const { escape, bodies, refusing } = setUp(broker);
  escape.start();
  refusing.bodies.add('b');
  await escape.check();
  assert.equal(bodies(), ['a']);
  assert.is(broker.progress()[0], 1);
  refusing.bodies.clear();
  await escape.check();
  assert.equal(bodies(), ['b', 'c']);
  assert.is(broker.progress()[0], 3);
  await escape.stop();
});

test('of one that was asked about, only the newest copy goes', async () => {
  const broker = new TransactionBroker({ transactionTimeOut: '1000' });
  broker.addProducer();
  await broker.sendHalf('a');
  broker.base.clock.advance(2_000);
  await broker.check();
  // The slave's offsets are older than its log.
  broker.base.offsets.commit('test', TRANSACTION_GROUP, HALF_TOPIC, 0, 0);
  broker.base.offsets.commit('test', TRANSACTION_GROUP, OP_HALF_TOPIC, 0, 0);
  const { escape, taken } = setUp(broker);
  escape.start();
  await escape.check();
  assert.equal(
    taken.map(({ properties }) => propertiesToMap(properties).get('TRANSACTION_CHECK_TIMES')),
    ['1'],
  );
  await escape.stop();
});

test('rounds come every transactionCheckInterval, and none after the stop; nothing is put here', async () => {
  const broker = new TransactionBroker({ transactionCheckInterval: '500' });
  await broker.sendHalf('a');
  const { clock } = broker.base;
  const puts = broker.store.puts.length;
  const { escape, bodies } = setUp(broker);
  escape.start();
  clock.advance(499);
  await Promise.resolve();
  assert.equal(bodies(), []);
  clock.advance(1);
  await escape.check();
  assert.equal(bodies(), ['a']);
  await escape.stop();
  await broker.sendHalf('b');
  clock.advance(5_000);
  assert.equal(bodies(), []);
  escape.start();
  clock.advance(500);
  await escape.check();
  assert.equal(bodies(), ['b']);
  await escape.stop();
  assert.is(broker.store.puts.length, puts + 1);
});

test.run();
