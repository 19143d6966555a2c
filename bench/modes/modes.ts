/** The modes of the load generator by name, each with its own topic so that none reads what another wrote. Generator process. */
import { createTopic } from '#src/load/broker-topics.js';
import { runDelayLoad } from './delay-load.js';
import type { LoadResult, LoadTarget } from '#src/load/load-result.js';
import { runLongPollLoad } from '#src/load/long-poll-load.js';
import { runPullLoad } from '#src/load/pull-load.js';
import { RequestClient } from '#src/load/request-client.js';
import { runSendLoad } from '#src/load/send-load.js';

/** What a mode takes from the command line. */
export interface ModeOptions {
  readonly durationMs: number;
  readonly bodyBytes: number;
  readonly inFlight: number;
  readonly connections: number;
  readonly queues: number;
  readonly messagesMax?: number;
  /** For `delay`: the levels of its messages, in turn. */
  readonly delayLevels?: readonly number[];
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
  return runPullLoad(target, { ...options, topic: 'bench-pull', messagesPerPull: 32 });
};

const longPoll: Mode = (target, options) =>
  runLongPollLoad(target, { ...options, topic: 'bench-long-poll', messagesPerSecond: LONG_POLL_RATE });

const delay: Mode = (target, { queues, bodyBytes, messagesMax, delayLevels }) =>
  runDelayLoad(target, {
    topic: 'bench-delay',
    queues,
    bodyBytes,
    messages: messagesMax ?? DELAYED_MESSAGES,
    messagesPerSecond: DELAYED_RATE,
    levels: delayLevels ?? DELAY_LEVELS,
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
