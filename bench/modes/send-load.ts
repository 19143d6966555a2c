/** Sends as fast as the answers come, with the load generator; a failure of any request is the run's. Generator process. */
import { systemClock } from '#src/base/clock.js';
import { LoadRecorder } from '#src/load/load-recorder.js';
import { measure } from '#src/load/measurement.js';
import { SendLoad as Sender } from '#src/load/send-load.js';
import type { QueueTarget } from '#src/load/send-template.js';
import { figuresOf, type LoadResult, type LoadTarget } from './load-result.js';

/** What to send. */
export interface SendLoad {
  readonly topic: string;
  readonly queues: number;
  readonly bodyBytes: number;
  /** Requests in flight over all connections. */
  readonly inFlight: number;
  readonly connections: number;
  /** Messages a request; more than 1 sends batches. */
  readonly batchSize: number;
  readonly durationMs: number;
  /** Ends the run sooner, when this many messages were answered. */
  readonly messagesMax?: number;
  /** Queues to send to in turn, in place of `topic` and `queues`. */
  readonly targets?: readonly QueueTarget[];
  /** Each message of a batch has a unique key of its own. */
  readonly distinctKeys?: boolean;
}

/** Runs `load` and reports what was answered between the first send and the end of the time. */
export async function runSendLoad({ host, port, pid }: LoadTarget, load: SendLoad): Promise<LoadResult> {
  const { topic, queues, targets, durationMs, messagesMax } = load;
  const all = targets ?? Array.from({ length: queues }, (_, queueId) => ({ topic, queueId }));
  const recorder = new LoadRecorder();
  const brokers = [{ host, port, queues: all }];
  const options = { ...load, brokers, mode: 'async' as const, tags: [], delayLevel: 0 };
  const sender = await Sender.open(options, recorder, systemClock);
  return figuresOf(await measure(sender, recorder, systemClock, { warmupMs: 0, durationMs, messagesMax, pid }));
}
