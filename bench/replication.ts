/**
 * What replication costs, and how long a master's death is felt: `npm run bench:replication`. ASYNC_MASTER and SYNC_MASTER of each maker, each with
 * a slave on this machine, in turn; then the master is killed and a consumer goes on at the slave. Decides no test; see `bench/README.md`.
 */
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { median } from './median.js';
import { measureFailover } from './modes/failover-load.js';
import type { LoadResult } from './modes/load-result.js';
import { runSendLoad } from './modes/send-load.js';
import { createTopic } from '#src/load/broker-topics.js';
import { RequestClient } from '#src/load/request-client.js';
import { fetchApacheJars } from './servers/apache-server.js';
import { type MasterRole, type PairMaker, type ReplicatedPair, startPair } from './servers/replicated-pair.js';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '8' },
    warmup: { type: 'string', default: '10' },
    makers: { type: 'string', default: 'ringmq' },
    roles: { type: 'string', default: 'ASYNC_MASTER,SYNC_MASTER' },
    data: { type: 'string', default: join(tmpdir(), 'ringmq-bench-replication') },
  },
});

const GET_BROKER_HA_STATUS = 907;
const SLAVE_LIMIT_MS = 120_000;
const TOPIC = 'bench-send';
const SEND = { topic: TOPIC, queues: 4, bodyBytes: 1024, inFlight: 256, connections: 4, batchSize: 1 };

interface PairRun {
  readonly maker: string;
  readonly role: string;
  readonly result: LoadResult;
  /** From the end of the load until the slave had everything. */
  readonly catchUpMs: number;
  readonly failoverMs: number;
}

/** Waits until the slave has acknowledged everything; gives how long that took, ms. */
async function untilInSync(pair: ReplicatedPair): Promise<number> {
  const beginMs = performance.now();
  const client = await RequestClient.open('127.0.0.1', pair.masterPort);
  try {
    while (performance.now() < beginMs + SLAVE_LIMIT_MS) {
      const { body } = await client.demand(GET_BROKER_HA_STATUS, {});
      const { haConnectionInfo } = JSON.parse(body.toString()) as {
        haConnectionInfo: readonly { slaveAckOffset: number; diff: number }[];
      };
      if (haConnectionInfo.some(({ slaveAckOffset, diff }) => slaveAckOffset >= 0 && diff === 0))
        return performance.now() - beginMs;
      await delay(5);
    }
    throw new Error(`the slave was not in sync after ${SLAVE_LIMIT_MS} ms`);
  } finally {
    client.close();
  }
}

/** A slave learns of the topic from its master; reads are answered from then on. */
async function untilSlaveServes(pair: ReplicatedPair): Promise<void> {
  const endMs = performance.now() + SLAVE_LIMIT_MS;
  const client = await RequestClient.open('127.0.0.1', pair.slavePort);
  try {
    while ((await client.ask(351, { topic: TOPIC })).code !== 0) {
      if (performance.now() > endMs) throw new Error('the slave does not know the topic');
      await delay(100);
    }
  } finally {
    client.close();
  }
}

async function measure(maker: PairMaker, role: MasterRole, folder: string): Promise<PairRun> {
  rmSync(folder, { recursive: true, force: true });
  const pair = await startPair(maker, role, folder);
  try {
    await untilInSync(pair);
    const target = { host: '127.0.0.1', port: pair.masterPort, pid: pair.masterPid };
    const client = await RequestClient.open('127.0.0.1', pair.masterPort);
    await createTopic(client, TOPIC, SEND.queues).finally(() => client.close());
    const load = (seconds: string): Promise<LoadResult> =>
      runSendLoad(target, { ...SEND, durationMs: Number(seconds) * 1000 });
    if (Number(values.warmup) > 0) await load(values.warmup);
    const result = await load(values.seconds);
    const catchUpMs = await untilInSync(pair);
    await untilSlaveServes(pair);
    const failoverMs = await measureFailover({ ...pair, topic: TOPIC });
    return { maker, role, result, catchUpMs, failoverMs };
  } finally {
    await pair.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function say(run: PairRun): void {
  const { maker, role, result, catchUpMs, failoverMs } = run;
  const rate = `${Math.round(result.messagesPerSecond)} msg/s, p50 ${result.p50Ms.toFixed(2)} p99 ${result.p99Ms.toFixed(2)} ms`;
  const late = `${result.lateMessages} stored late, ${result.refusedMessages} refused`;
  const after = `in sync after ${catchUpMs.toFixed(0)} ms, first message from the slave ${failoverMs.toFixed(0)} ms after the kill`;
  process.stdout.write(`${maker} ${role}: ${rate}, ${late}, ${after}\n`);
}

const makers = values.makers.split(',') as PairMaker[];
const roles = values.roles.split(',') as MasterRole[];
if (makers.includes('apache')) fetchApacheJars();
const runs: PairRun[] = [];
for (let round = 1; round <= Number(values.rounds); round++) {
  for (const maker of makers) {
    for (const role of roles) {
      const run = await measure(maker, role, join(values.data, `${maker}-${role}-${round}`));
      runs.push(run);
      say(run);
    }
  }
}
process.stdout.write(
  '\n| broker | role | msg/s | p99 ms | of ASYNC_MASTER | first message from the slave, ms |\n| --- | --- | ---: | ---: | ---: | ---: |\n',
);
for (const maker of makers) {
  const rateOf = (role: string): number =>
    median(
      runs.filter((run) => run.maker === maker && run.role === role).map(({ result }) => result.messagesPerSecond),
    );
  for (const role of roles) {
    const own = runs.filter((run) => run.maker === maker && run.role === role);
    const p99 = median(own.map(({ result }) => result.p99Ms)).toFixed(2);
    const share = ((100 * rateOf(role)) / rateOf('ASYNC_MASTER')).toFixed(0);
    const failover = median(own.map(({ failoverMs }) => failoverMs)).toFixed(0);
    process.stdout.write(`| ${maker} | ${role} | ${Math.round(rateOf(role))} | ${p99} | ${share} % | ${failover} |\n`);
  }
}
