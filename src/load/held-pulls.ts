/**
 * Long polls left hanging over a producer's connections: what a broker has from consumers that are up to date. Generator's thread.
 * Java: PullRequestHoldService holds them; DefaultMQPushConsumer makes them.
 * Invariant: a long poll that is answered, because its time was over, is made again at once.
 */
import { ResponseCode } from '../remoting/response-code.js';
import { createDeferred, type Deferred } from '../base/deferred.js';
import { type Answer, parseHeader } from './answer-reader.js';
import { maxOffset, pullRequest } from './broker-topics.js';
import type { ServerAddress } from './load-socket.js';
import { RequestClient } from './request-client.js';
import { encodeRequest } from './request-template.js';
import { OTHER_OPAQUE_BASE, type SendConnection } from './send-connection.js';
import type { SendLoad } from './send-load.js';
import type { QueueTarget } from './send-template.js';

/** What to leave hanging. */
export interface HeldPullOptions {
  readonly broker: ServerAddress;
  /** Queues to which nobody sends. */
  readonly queues: readonly QueueTarget[];
  readonly count: number;
  readonly suspendMs: number;
  readonly group: string;
}

/** A long poll's time is over, or it was held for a while and let go. */
const TIME_IS_OVER: ReadonlySet<number> = new Set([ResponseCode.PULL_NOT_FOUND, ResponseCode.PULL_RETRY_IMMEDIATELY]);
/** A broker that does not hold it is asked again after this. */
const RETRY_MS = 1000;
const GET_MAX_OFFSET = 30;
/** Asked after a connection's polls: what comes after them was read after them. */
const PROBE_OPAQUE = 2_147_483_647;
const WRITTEN_TOGETHER = 256;

/** Lets `count` long polls hang over all connections of `load`; resolves when the broker has read them. */
export async function holdPulls(load: SendLoad, options: HeldPullOptions): Promise<void> {
  const { broker, queues, count, suspendMs, group } = options;
  const client = await RequestClient.open(broker.host, broker.port);
  const offsets: number[] = [];
  try {
    for (const { topic, queueId } of queues) offsets.push(await maxOffset(client, topic, queueId));
  } finally {
    client.close();
  }
  const { connections } = load;
  const probes = new Map<SendConnection, Deferred<void>>();
  const pullOf = (index: number): Buffer => {
    const at = index % queues.length;
    const queue = queues[at];
    if (queue === undefined) throw new Error('long polls need a queue');
    const offset = offsets[at] ?? 0;
    const { code, extFields } = pullRequest({ ...queue, group, offset, maxMessages: 32, suspendMs });
    return encodeRequest(code, extFields, OTHER_OPAQUE_BASE + index);
  };
  load.otherAnswered = (connection: SendConnection, answer: Answer): void => {
    const { opaque, code } = answer;
    const again = (): void => connection.writeOther(pullOf(opaque - OTHER_OPAQUE_BASE));
    if (opaque === PROBE_OPAQUE) probes.get(connection)?.resolve();
    else if (TIME_IS_OVER.has(code)) again();
    else {
      load.recorder.failedWith(code, 1, parseHeader(answer).remark ?? '');
      load.clock.after(RETRY_MS, again);
    }
  };
  for (const [turn, connection] of connections.entries()) {
    const own: Buffer[] = [];
    for (let index = turn; index < count; index += connections.length) {
      own.push(pullOf(index));
      if (own.length === WRITTEN_TOGETHER) connection.writeOther(Buffer.concat(own.splice(0)));
    }
    const [queue] = queues;
    if (queue === undefined) throw new Error('long polls need a queue');
    const probeFields = { topic: queue.topic, queueId: String(queue.queueId), committed: 'true' };
    own.push(encodeRequest(GET_MAX_OFFSET, probeFields, PROBE_OPAQUE));
    const probe = createDeferred<void>();
    probes.set(connection, probe);
    connection.writeOther(Buffer.concat(own));
  }
  await Promise.race([load.failed, Promise.all([...probes.values()].map(({ promise }) => promise))]);
}
