/** The modes of the load generator by name, each with its own topic so that none reads what another wrote. Generator process. */
import { createTopic } from '#src/load/broker-topics.js';
import { runDelayLoad } from './delay-load.js';
import { figuresOf, type LoadResult, type LoadTarget } from './load-result.js';
import { LoadRecorder } from '#src/load/load-recorder.js';
import { measure } from '#src/load/measurement.js';
import { PullLoad } from '#src/load/pull-load.js';
import { EndToEndLoad } from '#src/load/end-to-end-load.js';
import { systemClock } from '#src/base/clock.js';
import type { BrokerQueues } from '#src/load/send-load.js';
import { RequestClient } from '#src/load/request-client.js';
import { runSendLoad } from './send-load.js';

/** What every mode takes. */
export interface ModeOptions {
  readonly durationMs: number;
  readonly bodyBytes: number;
  readonly inFlight: number;
  readonly connections: number;
  readonly queues: number;
}

/** Issue's load: 1 KiB, 256 in flight over 4 connections. */
export const DEFAULT_MODE_OPTIONS: ModeOptions = {
  durationMs: 10_000,
  bodyBytes: 1024,
  inFlight: 256,
  connections: 4,
  queues: 4,
};

const BATCH_SIZE = 32;
const BATCHES_IN_FLIGHT = 16;
const CATCH_UP_MESSAGES = 200_000;
const LONG_POLL_RATE = 5000;
const DELAYED_MESSAGES = 100_000;
const DELAYED_RATE = 20_000;
/** Waits 10 s: all messages wait when the first is due. */
const DELAY_LEVELS = [3];

const PULL_SHAPE = { group: 'bench-consumer', subscription: '*', maxMessages: 32, suspendMs: 15_000 };

function brokerOf({ host, port }: LoadTarget, topic: string, queues: number): BrokerQueues {
  return { host, port, queues: Array.from({ length: queues }, (_, queueId) => ({ topic, queueId })) };
}

type Mode = (target: LoadTarget, options: ModeOptions) => Promise<LoadResult>;

async function prepareTopic(target: LoadTarget, topic: string, queues: number): Promise<void> {
  const client = await RequestClient.open(target.host, target.port);
  try {
    await createTopic(client, topic, queues);
  } finally {
    client.close();
  }
}

const send: Mode = async (target, options) => {
  await prepareTopic(target, 'bench-send', options.queues);
  return runSendLoad(target, { ...options, topic: 'bench-send', batchSize: 1 });
};

const single: Mode = async (target, options) => {
  await prepareTopic(target, 'bench-single', options.queues);
  return runSendLoad(target, { ...options, topic: 'bench-single', batchSize: 1, inFlight: 1, connections: 1 });
};

const batch: Mode = async (target, options) => {
  await prepareTopic(target, 'bench-batch', options.queues);
  const inFlight = Math.min(BATCHES_IN_FLIGHT, options.inFlight);
  return runSendLoad(target, { ...options, topic: 'bench-batch', batchSize: BATCH_SIZE, inFlight });
};

const pull: Mode = async (target, options) => {
  await prepareTopic(target, 'bench-pull', options.queues);
  const { pid: _unmeasured, ...unmeasured } = target;
  await runSendLoad(unmeasured, {
    ...options,
    topic: 'bench-pull',
    batchSize: 1,
    messagesMax: CATCH_UP_MESSAGES,
    durationMs: 60_000,
  });
  const recorder = new LoadRecorder();
  const load = await PullLoad.open(
    {
      brokers: [brokerOf(target, 'bench-pull', options.queues)],
      connections: options.connections,
      shape: { ...PULL_SHAPE, suspendMs: 0 },
      way: 'endless',
    },
    recorder,
    systemClock,
  );
  const { durationMs } = options;
  return figuresOf(await measure(load, recorder, systemClock, { warmupMs: 0, durationMs, pid: target.pid }));
};

const longPoll: Mode = async (target, options) => {
  const topic = 'bench-long-poll';
  await prepareTopic(target, topic, options.queues);
  const recorder = new LoadRecorder();
  const load = await EndToEndLoad.open(
    {
      ...options,
      brokers: [brokerOf(target, topic, options.queues)],
      connections: 1,
      batchSize: 1,
      mode: 'async',
      tags: [],
      delayLevel: 0,
      messagesPerSecond: LONG_POLL_RATE,
    },
    PULL_SHAPE,
    recorder,
    systemClock,
  );
  const { durationMs } = options;
  return figuresOf(await measure(load, recorder, systemClock, { warmupMs: 0, durationMs, pid: target.pid }));
};

const delay: Mode = (target, { queues, bodyBytes }) =>
  runDelayLoad(target, {
    topic: 'bench-delay',
    queues,
    bodyBytes,
    messages: DELAYED_MESSAGES,
    messagesPerSecond: DELAYED_RATE,
    levels: DELAY_LEVELS,
  });

/** Mode by name; what each does is told in `bench/README.md`. */
export const MODES: ReadonlyMap<string, Mode> = new Map([
  ['send', send],
  ['single', single],
  ['batch', batch],
  ['pull', pull],
  ['long-poll', longPoll],
  ['delay', delay],
]);
