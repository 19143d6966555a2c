/**
 * How long a broker takes to be ready with a store of some size: `npm run bench:recovery`. Generator process.
 * Kills it with -9 under load, stops it in order, takes its checkpoint away; fails when an acknowledged message is missing. Decides no test.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createTopic, maxOffset } from '#src/load/broker-topics.js';
import { readProcess } from '#src/load/process-meter.js';
import { RequestClient } from '#src/load/request-client.js';
import { encodeBatchedMessage } from '#src/load/send-template.js';
import { startRingMQ } from './servers/ringmq-server.js';
import type { ServerUnderTest } from './servers/server-under-test.js';

const { values } = parseArgs({
  options: {
    gib: { type: 'string', default: '2' },
    body: { type: 'string', default: '100,1024' },
    topics: { type: 'string', default: '8' },
    queues: { type: 'string', default: '8' },
    kills: { type: 'string', default: '1' },
    data: { type: 'string', default: join(tmpdir(), 'ringmq-recovery') },
  },
});

const GIB = 1024 ** 3;
const SEND_BATCH_MESSAGE = 320;
const BATCH_BYTES = 64 * 1024;
const LANES = 16;
/** A whole check of a large log takes as long as the disk does. */
const START_TIMEOUT_MS = 30 * 60_000;
const LOAD_BEFORE_KILL_MS = 3000;
const topics = Array.from({ length: Number(values.topics) }, (_, i) => `recovery-${i}`);
const queues = Number(values.queues);

/** By the one-letter names of SendMessageRequestHeaderV2. */
const FIXED_FIELDS = {
  a: 'bench-producer',
  c: 'TBW102',
  d: '4',
  f: '0',
  h: '0',
  i: '',
  j: '0',
  k: 'false',
  m: 'true',
  n: 'b',
};

interface Batch {
  readonly body: Buffer;
  readonly count: number;
}

function batchOf(bodyBytes: number): Batch {
  const count = Math.max(1, Math.floor(BATCH_BYTES / (bodyBytes + 100)));
  const body = Buffer.alloc(bodyBytes, 'x');
  const messages = Array.from({ length: count }, (_, i) =>
    encodeBatchedMessage(body, `UNIQ_KEY\u00017F0000010A2B18B4AAC2${String(i).padStart(12, '0')}\u0002`),
  );
  return { body: Buffer.concat(messages), count };
}

const batches = values.body.split(',').map((bytes) => batchOf(Number(bytes)));
/** Messages acknowledged, by queue. */
const acknowledged = new Float64Array(topics.length * queues);

/** Sends until `isOver`, or until the broker is gone. */
async function load(server: ServerUnderTest, isOver: () => boolean): Promise<void> {
  const client = await RequestClient.open('127.0.0.1', server.brokerPort);
  let sent = 0;
  const lane = async (): Promise<void> => {
    while (!isOver()) {
      const target = sent % acknowledged.length;
      const batch = batches[sent++ % batches.length];
      if (batch === undefined) return;
      const fields = {
        ...FIXED_FIELDS,
        b: topics[Math.floor(target / queues)] ?? '',
        e: String(target % queues),
        g: String(Date.now()),
      };
      try {
        await client.demand(SEND_BATCH_MESSAGE, fields, batch.body);
      } catch (error) {
        if (isOver()) return;
        throw error;
      }
      acknowledged[target] = (acknowledged[target] ?? 0) + batch.count;
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  client.close();
}

/** Bytes that the log takes on the disk. */
function logBytes(folder: string): number {
  const log = join(folder, 'store', 'commitlog');
  return readdirSync(log).reduce((sum, name) => sum + statSync(join(log, name)).blocks * 512, 0);
}

async function checkNothingIsMissing(server: ServerUnderTest): Promise<void> {
  const client = await RequestClient.open('127.0.0.1', server.brokerPort);
  for (const [i, count] of acknowledged.entries()) {
    const stored = await maxOffset(client, topics[Math.floor(i / queues)] ?? '', i % queues);
    if (stored < count) throw new Error(`queue ${i} has ${stored} messages, but ${count} were acknowledged`);
  }
  client.close();
}

async function start(folder: string, how: string): Promise<ServerUnderTest> {
  const server = await startRingMQ('ASYNC_FLUSH', folder, {}, START_TIMEOUT_MS);
  const { rssPeakMiB } = readProcess(server.brokerPid);
  print(
    `${how}: ready in ${(server.bootMs / 1000).toFixed(2)} s with ${(logBytes(folder) / GIB).toFixed(2)} GiB of log, peak RSS ${rssPeakMiB.toFixed(0)} MiB`,
  );
  await checkNothingIsMissing(server);
  const lines = readFileSync(server.logPath, 'utf8').split('\n');
  for (const line of lines.filter((text) => /recover|WARN|damage/.test(text)).slice(-2)) print(`    ${line}`);
  return server;
}

async function killUnderLoad(server: ServerUnderTest): Promise<void> {
  let isOver = false;
  const loading = load(server, () => isOver);
  await delay(LOAD_BEFORE_KILL_MS);
  isOver = true;
  process.kill(server.brokerPid, 'SIGKILL');
  await loading;
  await server.stop();
}

async function fill(server: ServerUnderTest, folder: string): Promise<void> {
  const client = await RequestClient.open('127.0.0.1', server.brokerPort);
  for (const topic of topics) await createTopic(client, topic, queues);
  client.close();
  const target = Number(values.gib) * GIB;
  const startMs = performance.now();
  let isOver = false;
  const filling = load(server, () => isOver);
  while (logBytes(folder) < target) await Promise.race([delay(100), filling]);
  isOver = true;
  await filling;
  const messages = acknowledged.reduce((sum, count) => sum + count, 0);
  print(`filled: ${messages} messages in ${((performance.now() - startMs) / 1000).toFixed(1)} s`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

const folder = join(values.data, 'store-under-test');
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
let server = await startRingMQ('ASYNC_FLUSH', folder);
try {
  print(`empty store: ready in ${(server.bootMs / 1000).toFixed(2)} s`);
  await fill(server, folder);
  for (let i = 0; i < Number(values.kills); i++) {
    await killUnderLoad(server);
    server = await start(folder, 'killed under load');
  }
  await server.stop();
  server = await start(folder, 'stopped in order');
  await killUnderLoad(server);
  rmSync(join(folder, 'store', 'checkpoint'));
  server = await start(folder, 'killed, no checkpoint');
} finally {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}
