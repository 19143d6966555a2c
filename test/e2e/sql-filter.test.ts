/** SQL92 filters in a whole broker: from memory, for a held pull, and after a restart from disk by way of the pool. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import * as assert from 'uvu/assert';

import { startRingMQ } from '#src/index.js';
import { RequestCode } from '#src/remoting/request-code.js';
import { ResponseCode } from '#src/remoting/response-code.js';
import { suite } from '../suite.js';
import { type Received, TestClient } from './test-client.js';

const COUNT = 2_500;
const test = suite('SQL92 in a whole broker');
const data = mkdtempSync(join(tmpdir(), 'ringmq-e2e-sql-'));

test.after(() => {
  rmSync(data, { recursive: true, force: true });
});

async function withBroker(use: (client: TestClient) => Promise<void>): Promise<void> {
  const mq = await startRingMQ({ data, config: { enablePropertyFilter: 'true', mappedFileSizeCommitLog: '262144' } });
  const client = new TestClient(mq.brokerAddress);
  try {
    await use(client);
  } finally {
    await client.close();
    await mq.stop();
  }
}

/** All messages of a queue that fulfil `sql`, and how many pulls it took. */
async function pullAll(client: TestClient, sql: string): Promise<{ bodies: string[]; pulls: number }> {
  const messages: Received[] = [];
  let offset = 0;
  for (let pulls = 0; ; pulls++) {
    const pulled = await client.pull('Filtered', offset, { sql });
    if (pulled.code !== ResponseCode.SUCCESS && pulled.code !== ResponseCode.PULL_RETRY_IMMEDIATELY) {
      return { bodies: messages.map(({ body }) => body), pulls };
    }
    messages.push(...pulled.messages);
    assert.ok(pulled.nextBeginOffset > offset, 'each pull gets on');
    offset = pulled.nextBeginOffset;
  }
}

test('wanted messages are found in memory, and a held pull waits for one', () =>
  withBroker(async (client) => {
    const sends = Array.from({ length: COUNT }, (_, i) => {
      const properties = `i\u0001${i}\u0002name\u0001${i % 1_000 === 0 ? 'rare' : 'common'}\u0002`;
      return client.send('Filtered', `m${i}`, { properties });
    });
    await Promise.all(sends);
    assert.equal((await pullAll(client, "name = 'rare'")).bodies, ['m0', 'm1000', 'm2000']);
    assert.equal((await pullAll(client, 'i BETWEEN 998 AND 1001')).bodies, ['m998', 'm999', 'm1000', 'm1001']);

    const other = new TestClient(client.address);
    const held = other.pull('Filtered', COUNT, { sql: 'i < 0', suspendMs: 20_000 });
    // The answer to a later request on the same connection shows that the pull has been taken.
    await other.invoke(RequestCode.GET_MAX_OFFSET, { topic: 'Filtered', queueId: '0' });
    await client.send('Filtered', 'unwanted', { properties: 'i\u00011\u0002' });
    await client.send('Filtered', 'wanted', { properties: 'i\u0001-1\u0002' });
    const woken = await held;
    assert.equal([woken.messages.map(({ body }) => body), woken.nextBeginOffset], [['wanted'], COUNT + 2]);
    await other.close();
  }));

test('after a restart they are found on disk, 800 messages a pull', () =>
  withBroker(async (client) => {
    const { bodies, pulls } = await pullAll(client, "name = 'rare' OR i = -1");
    assert.equal(bodies, ['m0', 'm1000', 'm2000', 'wanted']);
    assert.is(pulls, Math.ceil((COUNT + 2) / 800));
    const client2 = new TestClient(client.address);
    const both = await Promise.all([pullAll(client, 'i > 2490'), pullAll(client2, 'i < 3 AND i >= 0')]);
    assert.equal(both[0].bodies, ['m2491', 'm2492', 'm2493', 'm2494', 'm2495', 'm2496', 'm2497', 'm2498', 'm2499']);
    assert.equal(both[1].bodies, ['m0', 'm1', 'm2', 'unwanted']);
    await client2.close();
  }));

test.run();
