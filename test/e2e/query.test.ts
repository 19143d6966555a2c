/** Queries by key over real sockets and a real store: what is acknowledged is found at once, across files, restarts and settings. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import * as assert from 'uvu/assert';

import { startRingMQ } from '#src/index.js';
import { RequestCode } from '#src/remoting/request-code.js';
import { ResponseCode } from '#src/remoting/response-code.js';

import { suite } from '../suite.js';
import { TestClient } from './test-client.js';

const test = suite('queries');
const folders: string[] = [];
const SMALL = { maxHashSlotNum: '1000', maxIndexNum: '100' };

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ringmq-query-'));
  folders.push(folder);
  return folder;
}

test.after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

async function withBroker(
  data: string,
  config: Record<string, string>,
  use: (client: TestClient) => Promise<void>,
): Promise<void> {
  const mq = await startRingMQ({ data, config });
  const client = new TestClient(mq.brokerAddress);
  try {
    await use(client);
  } finally {
    await client.close();
    await mq.stop();
  }
}

interface Found {
  readonly code: number;
  readonly bytes: number;
  readonly sizes: number;
}

/** How many records were found, and their bytes. */
async function query(client: TestClient, key: string, fields: Record<string, string> = {}): Promise<Found> {
  const header = { topic: 'Q', key, maxNum: '64', beginTimestamp: '0', endTimestamp: '9223372036854775807', ...fields };
  const { code, body = Buffer.alloc(0) } = await client.invoke(RequestCode.QUERY_MESSAGE, header);
  let count = 0;
  for (let at = 0; at < body.length; at += body.readInt32BE(at)) count++;
  return { code, bytes: body.length, sizes: count };
}

test('a message is found as soon as it is acknowledged, over index files of 100 places', async () => {
  const folder = newFolder();
  await withBroker(folder, SMALL, async (client) => {
    for (let i = 0; i < 150; i++) {
      const sent = await client.send('Q', `m${i}`, {
        properties: `UNIQ_KEY\u0001id${i}\u0002KEYS\u0001k${i} all\u0002`,
      });
      assert.is(sent.code, ResponseCode.SUCCESS);
      assert.is((await query(client, `k${i}`)).sizes, 1, `k${i}`);
    }
    assert.is((await query(client, 'all')).sizes, 64);
    assert.is((await query(client, 'id7', { _UNIQUE_KEY_QUERY: 'true', maxNum: '0' })).sizes, 1);
    assert.equal(await query(client, 'k150'), { code: ResponseCode.QUERY_NOT_FOUND, bytes: 0, sizes: 0 });
  });
  await withBroker(folder, SMALL, async (client) => {
    for (let i = 0; i < 150; i += 17) assert.is((await query(client, `k${i}`)).sizes, 1, `k${i} after a restart`);
    await client.send('Q', 'again', { properties: 'KEYS\u0001k3\u0002' });
    assert.is((await query(client, 'k3')).sizes, 2);
  });
  await withBroker(folder, { ...SMALL, messageIndexEnable: 'false' }, async (client) => {
    await client.send('Q', 'unseen', { properties: 'KEYS\u0001k3\u0002' });
    assert.is((await query(client, 'k3')).sizes, 2, 'what was there is found, what comes is not');
  });
});

test('queries in flight together are all answered', async () => {
  await withBroker(newFolder(), {}, async (client) => {
    await client.send('Q', 'one', { properties: 'KEYS\u0001k\u0002' });
    const answers = await Promise.all(Array.from({ length: 100 }, () => query(client, 'k')));
    assert.ok(answers.every(({ code, sizes }) => code === ResponseCode.SUCCESS && sizes === 1));
  });
});

test('an answer stays below the largest frame that clients take: the oldest messages are left out', async () => {
  await withBroker(newFolder(), {}, async (client) => {
    const body = Buffer.alloc(3 * 1024 * 1024);
    for (let i = 0; i < 6; i++) await client.send('Q', body, { properties: 'KEYS\u0001large\u0002' });
    const { sizes, bytes } = await query(client, 'large');
    assert.is(sizes, 3);
    assert.ok(bytes > 9 * 1024 * 1024 && bytes < 12 * 1024 * 1024);
  });
});

test.run();
