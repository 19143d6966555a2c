/**
 * Sends with DELAY and CONSUMER_SEND_MSG_BACK (36) as Apache's 5.5.0 broker answered them, and what it had in its queues afterwards
 * (`test/broker/golden/README.md`), against a whole broker whose clock is moved on.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import * as assert from 'uvu/assert';

import { type RingMQ, startRingMQ } from '#src/index.js';
import { createLogger } from '#src/base/log.js';
import { physicalOffsetOfMessageId } from '#src/message/message-id.js';
import { propertiesToMap } from '#src/message/message-properties.js';
import { decodeStoredMessage } from '#src/message/stored-message.js';
import { RequestCode } from '#src/remoting/request-code.js';

import { suite } from '../suite.js';
import { ShiftedClock } from './shifted-clock.js';
import { TestClient } from './test-client.js';

type Fields = Readonly<Record<string, string>>;

/** A message as the golden file shows it. */
interface Seen {
  readonly topic: string;
  readonly properties: Fields;
}

interface Exchange {
  readonly name: string;
  readonly request: { readonly code: number; readonly extFields: Fields; readonly body?: string };
  readonly response: {
    readonly code: number;
    readonly remark?: string;
    readonly extFields?: Fields;
    readonly body?: string;
  };
  readonly stored?: Seen;
}

const golden = JSON.parse(
  readFileSync(new URL('../../../test/broker/golden/delay-exchanges.json', import.meta.url), 'utf8'),
) as { readonly exchanges: readonly Exchange[]; readonly later: Readonly<Record<string, readonly Seen[]>> };

/** Apache's remark is a Java exception. */
const OTHER_REMARK: ReadonlySet<string> = new Set(['no number', 'not whole']);
/** What is due within a second is due after so long, whatever the machine did between two sends. */
const STEP_MS = 1000;

const test = suite('delay exchanges');
const folder = mkdtempSync(join(tmpdir(), 'ringmq-delay-'));
const offsets = new Map<string, string>();
const clock = new ShiftedClock();
let mq: RingMQ;
let client: TestClient;

test.before(async () => {
  mq = await startRingMQ({ data: folder, clock, logger: createLogger('test', 'silent') });
  client = new TestClient(mq.brokerAddress);
});

test.after(async () => {
  await client.close();
  await mq.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function view(offset: string): Promise<Seen> {
  const { body } = await client.invoke(RequestCode.VIEW_MESSAGE_BY_ID, { offset });
  const stored = body === undefined ? undefined : decodeStoredMessage(body);
  assert.ok(stored);
  const { topic, queueId, queueOffset, flag, sysFlag, bornTimestampMs, reconsumeTimes } = stored;
  const { preparedTransactionOffset, properties } = stored;
  const named = Object.fromEntries(propertiesToMap(properties));
  const origin = physicalOffsetOfMessageId(named['ORIGIN_MESSAGE_ID'] ?? '');
  if (origin !== undefined) named['ORIGIN_MESSAGE_ID'] = String(origin) === offsets.get('plain') ? '@plain' : '?';
  const place = { topic, queueId, queueOffset, flag, sysFlag, bornTimestampMs, reconsumeTimes };
  return { ...place, preparedTransactionOffset, properties: named } as Seen;
}

async function check({ name, request, response, stored }: Exchange): Promise<void> {
  const fields = { ...request.extFields };
  if (fields['offset'] === '@plain') fields['offset'] = offsets.get('plain') ?? '';
  const isSend = request.code === RequestCode.SEND_MESSAGE_V2;
  const body = isSend ? name : request.body;
  const answer = await client.invoke(request.code, fields, body === undefined ? undefined : Buffer.from(body));
  assert.is(answer.code, response.code, answer.remark);
  if (!OTHER_REMARK.has(name)) assert.is(answer.remark, response.remark);
  for (const [field, value] of Object.entries(response.extFields ?? {})) assert.is(answer.extFields?.[field], value);
  if (response.body !== undefined)
    assert.equal(JSON.parse(answer.body?.toString() ?? ''), JSON.parse(response.body) as unknown);
  if (stored === undefined) return;
  const offset = String(physicalOffsetOfMessageId(answer.extFields?.['msgId'] ?? ''));
  offsets.set(name, offset);
  assert.equal(await view(offset), stored);
}

for (const exchange of golden.exchanges) test(exchange.name, () => check(exchange));

for (const [queue, expected] of Object.entries(golden.later)) {
  test(`afterwards, in ${queue}`, async () => {
    const [topic = '', queueId = ''] = queue.split('/');
    const pull = (): ReturnType<TestClient['pullAll']> => client.pullAll(topic, Number(queueId));
    let found = await pull();
    while (found.length < expected.length) {
      clock.advance(STEP_MS);
      found = await pull();
    }
    const seen: Seen[] = [];
    for (const { physicalOffset } of found) seen.push(await view(String(physicalOffset)));
    assert.equal(seen, expected);
  });
}

test.run();
