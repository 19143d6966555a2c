/**
 * Load for a broker that is going to be killed: several connections with several requests each under way: single messages, with keys or
 * delayed, batches, and a consumer that commits offsets. What was not acknowledged may be sent again in a later round.
 */
import { systemClock } from '#src/base/clock.js';
import { SendMessageRequestHeaderV2 } from '#src/remoting/headers/send-message-request-header.js';
import { RequestCode } from '#src/remoting/request-code.js';
import { ResponseCode } from '#src/remoting/response-code.js';

import { bodyOf, OffsetLedger, type Place, type StoreCrashLedger } from './store-crash-ledger.js';
import { TestClient } from './test-client.js';

/** Topics that are sent to, each with this number of queues. */
export const TOPICS = ['CrashOne', 'CrashTwo', 'CrashThree'] as const;
/** Of each. */
export const QUEUES = 4;
/** Where delayed messages wait, and where they come out. */
export const SCHEDULE_TOPIC = 'SCHEDULE_TOPIC_XXXX';
/** Of delayed messages. */
export const LATER_TOPIC = 'CrashLater';
/** That commits offsets. */
export const GROUP = 'crash-consumers';
const CONNECTIONS = 4;
const SENDERS_PER_CONNECTION = 4;
const BATCH_MAX = 20;
/** Bodies are up to this many ids long, a few of them much longer. */
const FILLER_MAX = 120;
const FILLER_LARGE = 3000;
const DELAY_LEVEL = 1;

/** A run's state over its rounds. */
export interface CrashLoad {
  readonly ledger: StoreCrashLedger;
  readonly offsets: Map<string, OffsetLedger>;
  readonly random: () => number;
  /** Last acknowledged offset by `topic/queueId`: nobody consumes further. */
  readonly ends: Map<string, number>;
  /** Sent and not acknowledged: a later round may send them again. */
  readonly unanswered: { readonly topic: string; readonly queueId: number; readonly id: string }[];
  nextId: number;
}

/** Sends without pause until the connections are gone; `onEvent` is called at each send and each acknowledgement. */
export async function loadUntilGone(address: string, load: CrashLoad, onEvent: () => void): Promise<void> {
  const clients = Array.from({ length: CONNECTIONS }, () => new TestClient(address));
  const untilGone = async (step: () => Promise<void>): Promise<void> => {
    for (;;) {
      try {
        await step();
      } catch (error) {
        // The connection is gone. A refusal is none of the broker's answers here.
        if (error instanceof UnexpectedAnswer) throw error;
        return;
      }
    }
  };
  const work = clients.flatMap((client, i) => [
    untilGone(() => commitOffsets(client, load, i)),
    ...Array.from({ length: SENDERS_PER_CONNECTION }, () => untilGone(() => sendSomething(client, load, onEvent))),
  ]);
  await Promise.all(work);
  await Promise.all(clients.map((client) => client.close()));
}

class UnexpectedAnswer extends Error {}

async function sendSomething(client: TestClient, load: CrashLoad, onEvent: () => void): Promise<void> {
  const dice = load.random();
  if (dice < 0.15) await sendBatch(client, load, onEvent);
  else if (dice < 0.25) await sendDelayed(client, load, onEvent);
  else await sendOne(client, load, onEvent);
}

function pick(load: CrashLoad, count: number): number {
  return Math.floor(load.random() * count);
}

function newId(load: CrashLoad): string {
  return `m${load.nextId++}`;
}

function fillerOf(load: CrashLoad): number {
  return load.random() < 0.01 ? FILLER_LARGE : pick(load, FILLER_MAX);
}

async function sendOne(client: TestClient, load: CrashLoad, onEvent: () => void): Promise<void> {
  const again = load.random() < 0.2 ? load.unanswered.pop() : undefined;
  const topic = again?.topic ?? TOPICS[pick(load, TOPICS.length)] ?? TOPICS[0];
  const queueId = again?.queueId ?? pick(load, QUEUES);
  const id = again?.id ?? newId(load);
  const properties = load.random() < 0.5 ? `KEYS\u0001${id} all\u0002TAGS\u0001tag${queueId}\u0002` : '';
  load.ledger.sent(id);
  onEvent();
  try {
    const answer = await client.send(topic, bodyOf(id, fillerOf(load)), { queueId, properties });
    acknowledge(load, answer, id, { topic, queueId, queueOffset: answer.queueOffset });
  } catch (error) {
    load.unanswered.push({ topic, queueId, id });
    throw error;
  }
  onEvent();
}

async function sendDelayed(client: TestClient, load: CrashLoad, onEvent: () => void): Promise<void> {
  const id = newId(load);
  load.ledger.sent(id);
  onEvent();
  const fields = { queueId: 0, properties: `DELAY\u0001${DELAY_LEVEL}\u0002` };
  const answer = await client.send(LATER_TOPIC, bodyOf(id, fillerOf(load)), fields);
  acknowledge(load, answer, id, {
    topic: SCHEDULE_TOPIC,
    queueId: DELAY_LEVEL - 1,
    queueOffset: answer.queueOffset,
  });
  onEvent();
}

async function sendBatch(client: TestClient, load: CrashLoad, onEvent: () => void): Promise<void> {
  const topic = TOPICS[pick(load, TOPICS.length)] ?? TOPICS[0];
  const queueId = pick(load, QUEUES);
  const ids = Array.from({ length: 2 + pick(load, BATCH_MAX - 1) }, () => newId(load));
  for (const id of ids) load.ledger.sent(id);
  const messages = ids.map((id) => encodeBatched(bodyOf(id, pick(load, FILLER_MAX)), `UNIQ_KEY\u0001${id}\u0002`));
  onEvent();
  const header = SendMessageRequestHeaderV2.encode({
    producerGroup: 'test-producer',
    topic,
    defaultTopic: 'TBW102',
    defaultTopicQueueNums: 4,
    queueId,
    sysFlag: 0,
    bornTimestamp: systemClock.nowMs(),
    flag: 0,
    properties: '',
    reconsumeTimes: 0,
    unitMode: false,
    batch: true,
  });
  const { code, remark, extFields } = await client.invoke(
    RequestCode.SEND_BATCH_MESSAGE,
    header,
    Buffer.concat(messages),
  );
  const firstOffset = Number(extFields?.['queueOffset']);
  ids.forEach((id, i) => acknowledge(load, { code, remark }, id, { topic, queueId, queueOffset: firstOffset + i }));
  onEvent();
}

function acknowledge(
  load: CrashLoad,
  { code, remark }: { code: number; remark: string | undefined },
  id: string,
  place: Place,
): void {
  if (code !== ResponseCode.SUCCESS) throw new UnexpectedAnswer(`${id} was answered ${code}: ${remark}`);
  load.ledger.acknowledge(id, place);
  const queue = `${place.topic}/${place.queueId}`;
  load.ends.set(queue, Math.max(place.queueOffset, load.ends.get(queue) ?? 0));
}

/** The client's form of a message in a batch; see `batch-decoder`. */
function encodeBatched(body: string, properties: string): Buffer {
  const bodyBytes = Buffer.from(body);
  const propertiesBytes = Buffer.from(properties);
  const message = Buffer.alloc(22 + bodyBytes.length + propertiesBytes.length);
  message.writeInt32BE(message.length, 0);
  message.writeInt32BE(bodyBytes.length, 16);
  bodyBytes.copy(message, 20);
  message.writeInt16BE(propertiesBytes.length, 20 + bodyBytes.length);
  propertiesBytes.copy(message, 22 + bodyBytes.length);
  return message;
}

/** One more for each of a connection's queues, so that commits of a queue are in order. */
async function commitOffsets(client: TestClient, load: CrashLoad, connection: number): Promise<void> {
  for (const [queue, ledger] of [...load.offsets].filter((_, i) => i % CONNECTIONS === connection)) {
    const [topic = '', queueId = ''] = queue.split('/');
    const end = load.ends.get(queue);
    // Before its first message there may be no such topic.
    if (end === undefined) continue;
    const offset = Math.min(ledger.next, end);
    const fields = { consumerGroup: GROUP, topic, queueId, commitOffset: String(offset) };
    const { code, remark } = await client.invoke(RequestCode.UPDATE_CONSUMER_OFFSET, fields);
    if (code !== ResponseCode.SUCCESS) throw new UnexpectedAnswer(`a commit was answered ${code}: ${remark}`);
    ledger.committed(offset, systemClock.monotonicMs());
  }
  // Held for a moment: as many commits as a consumer makes, and not as many as a broker bears.
  await client.pull('Nothing', 1, { suspendMs: 20 });
}
