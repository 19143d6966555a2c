/**
 * Random and mutated frames against a running broker and NameServer: `node build/bench/fuzz/run.js --seed 7`. Fuzz process.
 * Exits with 1 unless every frame was answered or its connection closed, the broker still serves after every round, its memory stays
 * flat and its log tells of no bug. Starts a broker of its own unless `--broker`, `--namesrv` and `--pid` say where one runs.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readProcess } from '#src/load/process-meter.js';
import { startRingMQ } from '../servers/ringmq-server.js';
import { NAMESRV_PROBE, PROBE } from '../servers/server-under-test.js';
import { FuzzConnection, type FuzzTarget } from './fuzz-connection.js';
import { FuzzSummary } from './fuzz-summary.js';
import { makeFrame } from './frame-maker.js';
import { LivenessCheck } from './liveness-check.js';
import { Random } from './random.js';

const ROUNDS = 10;
/** Rounds in which rings and pools are first touched and code is compiled. */
const WARM_ROUNDS = 3;
/** What the highest of the later rounds may be over the last warm one; a leak of 1 KiB a frame would be 70 MiB. */
const GROWTH_MAX_MIB = 48;
const CONNECTIONS = 16;
/** One connection in so many aims at the NameServer. */
const NAMESRV_SHARE = 4;
const BUG = /TypeError|RangeError|ReferenceError|SyntaxError|AssertionError|[Uu]nhandled|[Uu]ncaught|out of memory/;

const { values } = parseArgs({
  options: {
    broker: { type: 'string' },
    namesrv: { type: 'string' },
    pid: { type: 'string' },
    log: { type: 'string' },
    frames: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
  },
});

/** Who is fuzzed. */
interface Subject {
  readonly broker: FuzzTarget;
  readonly namesrv: FuzzTarget;
  readonly pid: number | undefined;
  readonly logPath: string | undefined;
  stop(): Promise<void>;
  /** Removes what `stop` left; not called after a failure. */
  cleanUp(): void;
}

function brokerAt(host: string, port: number): FuzzTarget {
  return { name: 'broker', host, port, probe: PROBE };
}

function namesrvAt(host: string, port: number): FuzzTarget {
  return { name: 'NameServer', host, port, probe: NAMESRV_PROBE };
}

function split(address: string): [host: string, port: number] {
  const [host = '', port = ''] = address.split(':');
  return [host, Number(port)];
}

async function findSubject(): Promise<Subject> {
  if (values.broker !== undefined && values.namesrv !== undefined) {
    return {
      broker: brokerAt(...split(values.broker)),
      namesrv: namesrvAt(...split(values.namesrv)),
      pid: values.pid === undefined ? undefined : Number(values.pid),
      logPath: values.log,
      stop: () => Promise.resolve(),
      cleanUp: () => undefined,
    };
  }
  const folder = mkdtempSync(join(tmpdir(), 'ringmq-fuzz-'));
  const server = await startRingMQ('ASYNC_FLUSH', folder);
  return {
    broker: brokerAt('127.0.0.1', server.brokerPort),
    namesrv: namesrvAt('127.0.0.1', server.namesrvPort),
    pid: server.brokerPid,
    logPath: server.logPath,
    stop: () => server.stop(),
    cleanUp: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** One round: the connections take frames from one stream until `frames` are sent. */
async function fuzzRound(subject: Subject, random: Random, frames: number, summary: FuzzSummary): Promise<void> {
  let left = frames;
  const work = async (index: number): Promise<void> => {
    const connection = new FuzzConnection(index % NAMESRV_SHARE === 0 ? subject.namesrv : subject.broker, summary);
    while (left-- > 0 && summary.failures.length === 0) {
      const frame = makeFrame(random);
      await connection.send(frame, random.oneIn(4) ? random.below(frame.bytes.length) : frame.bytes.length);
    }
    connection.close();
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, (_, index) => work(index)));
}

async function fuzz(subject: Subject, seed: number, frames: number, summary: FuzzSummary): Promise<void> {
  const random = new Random(seed);
  const check = new LivenessCheck(subject.broker, subject.namesrv, `check-${seed}`, new Random(~seed));
  await check.prepare();
  await check.check();
  const memory: number[] = [];
  for (let round = 1; round <= ROUNDS && summary.failures.length === 0; round++) {
    await fuzzRound(subject, random, Math.ceil(frames / ROUNDS), summary);
    await check.check();
    if (subject.pid === undefined) continue;
    const { rssMiB, ownMiB } = readProcess(subject.pid);
    memory.push(ownMiB);
    process.stdout.write(
      `round ${round}: ${summary.frames} frames, RSS ${rssMiB.toFixed(0)} MiB, ${ownMiB.toFixed(0)} of it its own\n`,
    );
  }
  if (memory.length < ROUNDS) return;
  const growth = Math.max(...memory.slice(WARM_ROUNDS)) - (memory[WARM_ROUNDS - 1] ?? 0);
  process.stdout.write(
    `memory grew by ${growth.toFixed(0)} MiB after round ${WARM_ROUNDS} (at most ${GROWTH_MAX_MIB})\n`,
  );
  if (growth > GROWTH_MAX_MIB) summary.failed(`memory grew by ${growth.toFixed(0)} MiB`);
}

function checkLog(logPath: string, summary: FuzzSummary): void {
  const log = readFileSync(logPath, 'utf8');
  const bugs = log.split('\n').filter((line) => BUG.test(line));
  process.stdout.write(`log: ${(log.length / 1024).toFixed(0)} KiB, ${bugs.length} lines that tell of a bug\n`);
  for (const line of bugs.slice(0, 5)) summary.failed(`in the log: ${line.slice(0, 300)}`);
}

const seed = Number(values.seed);
const summary = new FuzzSummary();
const subject = await findSubject();
process.stdout.write(`seed ${seed}\n`);
try {
  await fuzz(subject, seed, Number(values.frames), summary);
} catch (error) {
  summary.failed(error instanceof Error ? error.message : String(error));
}
await subject.stop().catch((error: unknown) => summary.failed(`stopping: ${String(error)}`));
if (subject.logPath !== undefined) checkLog(subject.logPath, summary);
if (summary.failures.length === 0) subject.cleanUp();
else process.stdout.write(`the log is ${subject.logPath ?? 'not known'}\n`);
process.stdout.write(`${summary.report()}\n`);
for (const failure of summary.failures) process.stdout.write(`FAILED ${failure}\n`);
process.stdout.write(summary.failures.length === 0 ? `passed with seed ${seed}\n` : `failed with seed ${seed}\n`);
process.exitCode = summary.failures.length === 0 ? 0 : 1;
