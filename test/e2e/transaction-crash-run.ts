/**
 * Transactions against a real broker process that is killed with -9 again and again, at points that a seed chooses; then the check-backs
 * decide what is left, and all that was delivered is held against what the producers decided.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { RequestCode } from '#src/remoting/request-code.js';

import { type BrokerProcess, startBroker } from './broker-process.js';
import { randomFrom } from './seeded-random.js';
import { TestClient } from './test-client.js';
import { TransactionLedger, type Verdict } from './transaction-ledger.js';
import { type EndMode, TransactionProducer } from './transaction-producer.js';

const TOPIC = 'CrashTransactions';
const HALF_TOPIC = 'RMQ_SYS_TRANS_HALF_TOPIC';
const QUEUES = 4;
const PRODUCERS = 3;
const TRANSACTIONS_AT_A_TIME = 4;
/** Acknowledgements, ends and questions between a start and a kill. */
const EVENTS_MIN = 20;
const EVENTS_MAX = 4_000;
const MODES: readonly EndMode[] = ['oneway', 'oneway', 'oneway', 'answered', 'asked'];
/** So short that questions and ends meet. */
const SETTINGS = {
  transactionTimeOut: '200',
  transactionCheckInterval: '150',
  transactionCheckMax: '1000000',
  flushConsumerOffsetInterval: '700',
};

/** What a run is to do. */
export interface CrashRunOptions {
  readonly kills: number;
  readonly seed: number;
  readonly flushDiskType: string;
  readonly onRound?: (line: string) => void;
}

/** What a run has found. */
export interface CrashRunResult extends Verdict {
  readonly kills: number;
  /** Commits whose op message a kill took away, found when the broker started again. */
  readonly committedWithoutOp: number;
}

/** Kills, restarts, lets everything end, and judges. */
export async function runTransactionCrashes(options: CrashRunOptions): Promise<CrashRunResult> {
  const folder = mkdtempSync(join(tmpdir(), 'ringmq-transactions-'));
  const random = randomFrom(options.seed);
  const ledger = new TransactionLedger();
  const settings = { ...SETTINGS, flushDiskType: options.flushDiskType };
  let committedWithoutOp = 0;
  for (let round = 0; round < options.kills; round++) {
    const broker = await startBroker(folder, settings);
    const exited = once(broker.child, 'exit');
    const killAfter = EVENTS_MIN + Math.floor(random() * (EVENTS_MAX - EVENTS_MIN));
    const begun = await workUntilGone(broker, ledger, random, round, killAfter);
    await exited;
    committedWithoutOp += recoveredCommits(broker);
    options.onRound?.(`round ${round}: killed after ${killAfter} events, ${begun} transactions begun`);
  }
  const broker = await startBroker(folder, settings);
  await endAll(broker, ledger);
  committedWithoutOp += recoveredCommits(broker);
  const exited = once(broker.child, 'exit');
  broker.child.kill('SIGTERM');
  await exited;
  rmSync(folder, { recursive: true, force: true });
  return { kills: options.kills, committedWithoutOp, ...ledger.judge() };
}

/** Begins transactions without pause until the broker is gone; gives how many. */
async function workUntilGone(
  { child, address }: BrokerProcess,
  ledger: TransactionLedger,
  random: () => number,
  round: number,
  killAfter: number,
): Promise<number> {
  let events = 0;
  let next = 0;
  const onEvent = (): void => {
    if (++events === killAfter) child.kill('SIGKILL');
  };
  const work = async (producer: TransactionProducer): Promise<void> => {
    for (;;) {
      const id = next++;
      const outcome = random() < 0.6 ? 'commit' : 'rollback';
      const mode = MODES[Math.floor(random() * MODES.length)] ?? 'oneway';
      try {
        await producer.run(TOPIC, id % QUEUES, `${round}-${id}`, outcome, mode);
      } catch (error) {
        if (events >= killAfter) return;
        throw error;
      }
    }
  };
  const producers = await startProducers(address, ledger, round, onEvent);
  await Promise.all(
    producers.flatMap((producer) => Array.from({ length: TRANSACTIONS_AT_A_TIME }, () => work(producer))),
  );
  await Promise.all(producers.map((producer) => producer.close()));
  return next;
}

async function startProducers(
  address: string,
  ledger: TransactionLedger,
  round: number,
  onEvent: () => void,
): Promise<TransactionProducer[]> {
  const producers = Array.from({ length: PRODUCERS }, () => new TransactionProducer(address, ledger, onEvent));
  // A kill may come so early that the broker is gone before all are known to it.
  await Promise.allSettled(producers.map((producer, i) => producer.register(`producer-${round}-${i}`)));
  return producers;
}

/** Answers questions until every half message has ended, then reads all that was delivered. */
async function endAll({ address }: BrokerProcess, ledger: TransactionLedger): Promise<void> {
  const producers = await startProducers(address, ledger, -1, () => undefined);
  const client = new TestClient(address);
  for (;;) {
    const { done, end } = await halfQueueProgress(client);
    if (done === end) break;
    // A pull that is held for a moment, so as not to ask without pause.
    await client.pull('Nothing', 1, { suspendMs: 100 });
  }
  for (let queueId = 0; queueId < QUEUES; queueId++) {
    for (const { body } of await client.pullAll(TOPIC, queueId)) ledger.deliver(body);
  }
  await client.close();
  await Promise.all(producers.map((producer) => producer.close()));
}

async function halfQueueProgress(client: TestClient): Promise<{ done: number; end: number }> {
  const queue = { topic: HALF_TOPIC, queueId: '0' };
  const max = await client.invoke(RequestCode.GET_MAX_OFFSET, queue);
  const group = { ...queue, consumerGroup: 'CID_RMQ_SYS_TRANS', setZeroIfNotFound: 'false' };
  const done = await client.invoke(RequestCode.QUERY_CONSUMER_OFFSET, group);
  return { done: Number(done.extFields?.['offset'] ?? -1), end: Number(max.extFields?.['offset']) };
}

function recoveredCommits({ log }: BrokerProcess): number {
  return Number(/transactions recovered .*committedWithoutOp=(\d+)/.exec(log())?.[1] ?? 0);
}
