/**
 * `ringmq bench`: measures any RocketMQ-compatible broker. Main thread. Java: Apache's example benchmarks, Producer and Consumer.
 * Invariant: the result goes to stdout or files, progress to stderr; Ctrl-C ends the measuring and what was measured is still printed.
 */
import { writeFileSync } from 'node:fs';

import { systemClock } from '../base/clock.js';
import { EndToEndLoad } from '../load/end-to-end-load.js';
import { holdPulls } from '../load/held-pulls.js';
import { LoadRecorder } from '../load/load-recorder.js';
import type { LoadResult, SecondResult } from '../load/load-result.js';
import { UnreachableError } from '../load/load-socket.js';
import { findTargets } from '../load/load-targets.js';
import { DRAIN_MS, type Load, measure } from '../load/measurement.js';
import type { PullShape } from '../load/pull-connection.js';
import { PullLoad } from '../load/pull-load.js';
import { type BrokerQueues, SendLoad, type SendOptions } from '../load/send-load.js';
import { DelayLevelTable } from '../message/delay-level-table.js';
import { BENCH_COMMANDS, type BenchOptions, describeOptions, formatBenchHelp, parseBenchFlags } from './bench-flags.js';
import { plotResult } from './bench-plot.js';
import { formatResult, formatSecond } from './bench-report.js';
import { ExitCode, UsageError } from './exit-code.js';
import { packageVersion } from './package-version.js';

/** Where output goes. */
export interface BenchOutput {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  readonly isTerminal: boolean;
}

const HELD_TOPIC_SUFFIX = '-held';
const SIGNAL_EXIT = 130;
/** Apache's default messageDelayLevel: how long a consumer waits for delayed messages at the end. */
const DEFAULT_LEVELS = DelayLevelTable.parse('1s 5s 10s 30s 1m 2m 3m 4m 5m 6m 7m 8m 9m 10m 20m 30m 1h 2h');
/** Messages of `--prepare` that leave together: as many as are sent fast and stay well under the brokers' limit of 4 MiB. */
const PREPARE_BATCH_BYTES = 64 * 1024;
const PREPARE_BATCH_MAX = 32;

/** Runs `ringmq bench …`; resolves with the exit code. */
export async function runBench(argv: readonly string[], output: BenchOutput = processOutput()): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === '--help' || name === '-h') {
    output.stdout(formatBenchHelp(undefined));
    return name === undefined ? ExitCode.USAGE : ExitCode.OK;
  }
  const command = BENCH_COMMANDS.find((one) => one === name);
  if (command === undefined) throw new UsageError(`there is no bench ${name}: one of ${BENCH_COMMANDS.join(', ')}`);
  const options = parseBenchFlags(command, rest);
  if (options === undefined) {
    output.stdout(formatBenchHelp(command));
    return ExitCode.OK;
  }
  const interrupt = new AbortController();
  const onSignal = (): void => {
    if (interrupt.signal.aborted) process.exit(SIGNAL_EXIT);
    interrupt.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  try {
    return await measureAndReport(options, output, interrupt.signal);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    // What went wrong is between the load and the broker, and said in words.
    output.stderr(`ringmq bench: ${error instanceof Error ? explain(error) : String(error)}\n`);
    return ExitCode.FAILED;
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

function processOutput(): BenchOutput {
  return {
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    isTerminal: process.stderr.isTTY,
  };
}

/** Errors of a kind that is expected as their message, others with their stack. */
function explain(error: Error): string {
  if (error instanceof UnreachableError)
    return `${error.message} (is a broker listening there? see --broker, --namesrv)`;
  return error instanceof TypeError || error instanceof RangeError ? (error.stack ?? error.message) : error.message;
}

async function measureAndReport(options: BenchOptions, output: BenchOutput, interrupted: AbortSignal): Promise<number> {
  const recorder = new LoadRecorder();
  const load = await openLoad(options, recorder, output, interrupted);
  const progress = new Progress(options, output);
  const { warmupMs, durationMs, messagesMax, pid } = options;
  const result = await measure(load, recorder, systemClock, {
    warmupMs,
    durationMs,
    messagesMax,
    pid,
    interrupted,
    drainMs: DRAIN_MS + delayMsOf(options),
    onSecond: (second, isWarmup) => progress.show(second, isWarmup),
  });
  progress.end();
  report(options, result, output);
  return result.ended === 'failed' || (result.messages === 0 && result.ended !== 'interrupted')
    ? ExitCode.FAILED
    : ExitCode.OK;
}

function delayMsOf({ command, delayLevel }: BenchOptions): number {
  return command === 'e2e' && delayLevel > 0 ? DEFAULT_LEVELS.deliverTimestampMs(delayLevel, 0) : 0;
}

function report(options: BenchOptions, result: LoadResult, { stdout }: BenchOutput): void {
  const { command, json, svg } = options;
  const version = packageVersion();
  const document = { tool: 'ringmq bench', version, command, options: describeOptions(options), ...result };
  if (svg !== undefined) writeFileSync(svg, plotResult(`ringmq bench ${command}`, result));
  if (json === '-') stdout(`${JSON.stringify(document)}\n`);
  else {
    if (json !== undefined) writeFileSync(json, `${JSON.stringify(document, undefined, 2)}\n`);
    stdout(formatResult(options, result));
  }
}

/** Connects and prepares what is to be measured. */
async function openLoad(
  options: BenchOptions,
  recorder: LoadRecorder,
  output: BenchOutput,
  interrupted: AbortSignal,
): Promise<Load> {
  const { command } = options;
  const isReading = command === 'consume' || command === 'pull';
  const brokers = await findTargets({
    ...options,
    // What is only read is not made: an empty topic has nothing to read.
    creates: options.creates && (!isReading || options.prepareMessages > 0),
    use: isReading ? 'read' : 'write',
  });
  if (options.connections < brokers.length)
    throw new UsageError(
      `--connections ${options.connections}: the topic has ${brokers.length} masters, each needs one`,
    );
  if (isReading && options.prepareMessages > 0) await prepare(options, brokers, output, interrupted);
  switch (command) {
    case 'produce':
      return SendLoad.open(sendOptions(options, brokers), recorder, systemClock);
    case 'e2e':
      return EndToEndLoad.open(sendOptions(options, brokers), pullShape(options), recorder, systemClock);
    case 'connections':
      return openConnections(options, brokers, recorder, output);
    case 'consume':
      return openPulls(options, brokers, 'once', recorder);
    case 'pull':
      return openPulls(options, brokers, 'endless', recorder);
    default:
      return command satisfies never;
  }
}

function openPulls(
  options: BenchOptions,
  brokers: readonly BrokerQueues[],
  way: 'once' | 'endless',
  recorder: LoadRecorder,
): Promise<Load> {
  const shape = { ...pullShape(options), suspendMs: 0 };
  return PullLoad.open({ brokers, connections: options.connections, shape, way }, recorder, systemClock);
}

function sendOptions(options: BenchOptions, brokers: readonly BrokerQueues[]): SendOptions {
  return { ...options, brokers };
}

function pullShape({ group, tags, pullBatch, suspendMs }: BenchOptions): PullShape {
  return { group, subscription: tags.length === 0 ? '*' : tags.join(' || '), maxMessages: pullBatch, suspendMs };
}

/** Fills the topic, as fast as it goes. */
async function prepare(
  options: BenchOptions,
  brokers: readonly BrokerQueues[],
  output: BenchOutput,
  interrupted: AbortSignal,
): Promise<void> {
  const recorder = new LoadRecorder();
  const { prepareMessages: messagesMax, bodyBytes } = options;
  const fitting = Math.max(1, Math.min(PREPARE_BATCH_MAX, Math.floor(PREPARE_BATCH_BYTES / bodyBytes)));
  // An even number of batches, so that it is exactly as many messages as were asked for.
  const batchSize = messagesMax % fitting === 0 ? fitting : 1;
  const send: SendOptions = {
    ...sendOptions(options, brokers),
    mode: 'async',
    inFlight: 64,
    batchSize,
    distinctKeys: true,
  };
  const load = await SendLoad.open(send, recorder, systemClock);
  if (options.showsProgress ?? output.isTerminal) output.stderr(`sending ${messagesMax} messages first\n`);
  const { messages, problem } = await measure(load, recorder, systemClock, {
    warmupMs: 0,
    durationMs: Infinity,
    messagesMax,
    interrupted,
  });
  if (messages < messagesMax) throw new Error(`only ${messages} messages could be sent first: ${problem ?? 'refused'}`);
}

async function openConnections(
  options: BenchOptions,
  brokers: readonly BrokerQueues[],
  recorder: LoadRecorder,
  output: BenchOutput,
): Promise<Load> {
  const load = await SendLoad.open(sendOptions(options, brokers), recorder, systemClock);
  const { heldPulls: count, group, suspendMs, topics } = options;
  const [broker] = brokers;
  if (count === 0 || broker === undefined) return load;
  try {
    if (brokers.length > 1)
      throw new UsageError('--held-pulls with several masters: name one of them with --broker, or use --held-pulls 0');
    // A topic of their own: a message would end a long poll.
    const held = [`${topics[0] ?? ''}${HELD_TOPIC_SUFFIX}`];
    const [target] = await findTargets({ ...options, broker, topics: held, use: 'read' });
    await holdPulls(load, { broker, queues: target?.queues ?? [], count, suspendMs, group });
  } catch (error) {
    load.close();
    throw error;
  }
  if (options.showsProgress ?? output.isTerminal)
    output.stderr(`${options.connections} connections are open, ${count} long polls hang\n`);
  return load;
}

/** Lines on stderr while it runs; on a terminal one line that changes. */
class Progress {
  readonly #output: BenchOutput;
  readonly #isShown: boolean;
  #hasLine = false;

  constructor({ showsProgress }: BenchOptions, output: BenchOutput) {
    this.#output = output;
    this.#isShown = showsProgress ?? output.isTerminal;
  }

  show(second: SecondResult, isWarmup: boolean): void {
    if (!this.#isShown) return;
    const line = formatSecond(second, isWarmup);
    this.#output.stderr(this.#output.isTerminal ? `\r\u001B[K${line}` : `${line}\n`);
    this.#hasLine = this.#output.isTerminal;
  }

  end(): void {
    if (this.#hasLine) this.#output.stderr('\n');
  }
}
