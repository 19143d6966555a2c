/**
 * A broker whose old segments have been deleted, over real sockets: what Apache's 5.5.0 broker answered in the same state
 * (`test/broker/golden/README.md`), and what goes on as before.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import * as assert from 'uvu/assert';

import { startRingMQ } from '#src/index.js';
import { RequestCode } from '#src/remoting/request-code.js';
import { ResponseCode } from '#src/remoting/response-code.js';

import { suite } from '../suite.js';
import { TestClient } from './test-client.js';

interface Exchange {
  readonly name: string;
  readonly request: { readonly code: number; readonly extFields: Readonly<Record<string, string>> };
  readonly response: {
    readonly code: number;
    readonly remark?: string;
    readonly extFields?: Readonly<Record<string, string>>;
  };
}

const golden = JSON.parse(
  readFileSync(new URL('../../../test/broker/golden/retention-exchanges.json', import.meta.url), 'utf8'),
) as readonly Exchange[];

const SEGMENT_BYTES = 65_536;
const CONFIG = {
  mappedFileSizeCommitLog: String(SEGMENT_BYTES),
  mappedFileSizeConsumeQueue: '2000',
  fileReservedTime: '0',
  cleanResourceInterval: '100',
  deleteCommitLogFilesInterval: '0',
  brokerIP1: '127.0.0.1',
};
/** As long as the one that Apache's broker made, so that as many messages go into a segment. */
const UNIQUE_KEY = 'FD00000000000000000000000000000000227155FFD2B276964CB560';
/** Another broker's answers have other times. */
const VARYING_FIELDS: ReadonlySet<string> = new Set(['timestamp']);
/** Apache sends an empty remark. */
const OTHER_REMARK: ReadonlySet<number> = new Set([RequestCode.GET_MIN_OFFSET]);

const test = suite('retention');
const folders: string[] = [];

test.after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ringmq-retention-'));
  folders.push(folder);
  return folder;
}

async function withBroker<T>(
  data: string,
  use: (client: TestClient) => Promise<T>,
  config: Readonly<Record<string, string>> = {},
): Promise<T> {
  const mq = await startRingMQ({ data, config: { ...CONFIG, ...config } });
  const client = new TestClient(mq.brokerAddress);
  try {
    return await use(client);
  } finally {
    await client.close();
    await mq.stop();
  }
}

async function send(client: TestClient, topic: string, from: number, to: number): Promise<number> {
  let queueOffset = -1;
  for (let i = from; i < to; i++) {
    const properties = `KEYS\u0001${topic}${i}\u0002UNIQ_KEY\u0001${UNIQUE_KEY}\u0002`;
    const sent = await client.send(topic, 'x'.repeat(400), { properties });
    assert.is(sent.code, ResponseCode.SUCCESS, sent.remark);
    queueOffset = sent.queueOffset;
  }
  return queueOffset;
}

async function runtimeInfo(client: TestClient): Promise<Record<string, string>> {
  const { body } = await client.invoke(RequestCode.GET_BROKER_RUNTIME_INFO, {});
  return (JSON.parse(body?.toString() ?? '{}') as { table: Record<string, string> }).table;
}

async function offset(client: TestClient, code: number, topic: string): Promise<number> {
  return Number((await client.invoke(code, { topic, queueId: '0' })).extFields?.['offset']);
}

/** A start on a log that ended in order: all of it is known to be on disk, so that all but the last segment may go. */
async function deleteAll(client: TestClient): Promise<void> {
  assert.is((await client.invoke(RequestCode.DELETE_EXPIRED_COMMITLOG, {})).code, ResponseCode.SUCCESS);
  for (;;) {
    const { commitLogMinOffset, commitLogMaxOffset } = await runtimeInfo(client);
    const isLastSegment = Number(commitLogMaxOffset) - Number(commitLogMinOffset) <= SEGMENT_BYTES;
    // Queues follow the log.
    if (isLastSegment && (await offset(client, RequestCode.GET_MIN_OFFSET, 'Mixed')) > 0) return;
  }
}

async function compare(client: TestClient, { name, request, response }: Exchange): Promise<void> {
  const answer = await client.invoke(request.code, request.extFields);
  assert.is(answer.code, response.code, `${name}: ${answer.remark}`);
  if (!OTHER_REMARK.has(request.code)) assert.is(answer.remark, response.remark, name);
  for (const [field, value] of Object.entries(response.extFields ?? {})) {
    const isVarying = VARYING_FIELDS.has(field) && value !== '-1';
    assert.is(isVarying ? '' : answer.extFields?.[field], isVarying ? '' : value, `${name} ${field}`);
  }
}

test('the answers are those of Apache’s broker, after the deletion and after restarts', async () => {
  const folder = newFolder();
  await withBroker(folder, async (client) => {
    await send(client, 'Young', 0, 1);
    await send(client, 'Old', 0, 250);
    await send(client, 'Mixed', 0, 400);
  });
  await withBroker(folder, async (client) => {
    await deleteAll(client);
    for (const exchange of golden) await compare(client, exchange);
    const { commitLogMinOffset, earliestMessageTimeStamp } = await runtimeInfo(client);
    const [first = ''] = readdirSync(join(folder, 'commitlog')).toSorted();
    assert.is(Number(commitLogMinOffset), Number(first));
    const earliest = await client.invoke(RequestCode.GET_EARLIEST_MSG_STORETIME, { topic: 'Mixed', queueId: '0' });
    assert.is(
      earliestMessageTimeStamp,
      earliest.extFields?.['timestamp'],
      'the first message that is left is of Mixed',
    );
  });
  await withBroker(folder, async (client) => {
    for (const exchange of golden) await compare(client, exchange);
    assert.is(await send(client, 'Old', 250, 251), 250, 'offsets go on');
    assert.is(await send(client, 'Young', 1, 2), 1);
    assert.is((await client.invoke(RequestCode.CLEAN_EXPIRED_CONSUMEQUEUE, {})).code, ResponseCode.SUCCESS);
    assert.is(await offset(client, RequestCode.GET_MAX_OFFSET, 'Young'), 2);
    assert.is(await offset(client, RequestCode.GET_MIN_OFFSET, 'Young'), 1);
  });
});

test.run();
