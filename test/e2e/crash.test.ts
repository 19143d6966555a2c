/**
 * The real process, killed in the middle of its work: everything it acknowledged is there when it comes back, each queue without a gap,
 * every one is found by its key, and it goes on where it was. SYNC_FLUSH and ASYNC_FLUSH alike: an acknowledged message was given to the operating system.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import * as assert from 'uvu/assert';

import { RequestCode } from '#src/remoting/request-code.js';
import { ResponseCode } from '#src/remoting/response-code.js';

import { suite } from '../suite.js';
import { keysOfIndex, keysOfLog } from '../commitlog/index-harness.js';
import { startBroker } from './broker-process.js';
import { TestClient } from './test-client.js';

const QUEUES = 3;
const SENDERS = 16;
const INDEX_SHAPE = { hashSlotNum: 3000, indexNum: 1000 };
/** Messages that are asked for by key after each start. */
const QUERIES = 60;
const test = suite('crashes');

/** Index files so small that several are filled. */
const SETTINGS = { maxHashSlotNum: String(INDEX_SHAPE.hashSlotNum), maxIndexNum: String(INDEX_SHAPE.indexNum) };

/** Sends without pause until the broker is gone; gives every body that was acknowledged. */
async function sendUntilGone(
  address: string,
  round: number,
  onAcknowledged: (count: number) => void,
): Promise<Set<string>> {
  const acknowledged = new Set<string>();
  const client = new TestClient(address);
  let next = 0;
  const sender = async (): Promise<void> => {
    for (;;) {
      const id = next++;
      const body = `${round}-${id}-${'x'.repeat(id % 700)}`;
      try {
        const properties = `KEYS\u0001${keyOf(body)} all\u0002`;
        const { code } = await client.send('Crash', body, { queueId: id % QUEUES, properties });
        if (code === ResponseCode.SUCCESS) acknowledged.add(body);
        onAcknowledged(acknowledged.size);
      } catch {
        return; // The connection closed: the broker is gone, and this message was not acknowledged.
      }
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, sender));
  await client.close();
  return acknowledged;
}

function keyOf(body: string): string {
  return body.slice(0, body.lastIndexOf('-'));
}

/** The last of these messages are each found once by their keys. */
async function checkQueries(address: string, bodies: ReadonlySet<string>): Promise<void> {
  const client = new TestClient(address);
  const range = { maxNum: '32', beginTimestamp: '0', endTimestamp: '9223372036854775807' };
  for (const body of [...bodies].slice(-QUERIES)) {
    const header = { topic: 'Crash', key: keyOf(body), ...range };
    const answer = await client.invoke(RequestCode.QUERY_MESSAGE, header);
    const record = answer.body ?? Buffer.alloc(4);
    assert.equal([answer.code, record.length], [ResponseCode.SUCCESS, record.readInt32BE(0)], keyOf(body));
    assert.ok(record.includes(body));
  }
  await client.close();
}

async function stored(address: string): Promise<Set<string>> {
  const client = new TestClient(address);
  const bodies = new Set<string>();
  for (let queueId = 0; queueId < QUEUES; queueId++) {
    const received = await client.pullAll('Crash', queueId);
    received.forEach((message, i) => assert.is(message.queueOffset, i, `queue ${queueId} has a gap`));
    for (const message of received) {
      assert.not(bodies.has(message.body), 'a message is there once');
      bodies.add(message.body);
    }
  }
  await client.close();
  return bodies;
}

for (const flushDiskType of ['SYNC_FLUSH', 'ASYNC_FLUSH']) {
  test(`${flushDiskType}: kill -9 loses nothing that was acknowledged, five times in a row on one store`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ringmq-crash-'));
    const acknowledged = new Set<string>();
    let running = await startBroker(folder, { ...SETTINGS, flushDiskType });
    for (let round = 0; round < 5; round++) {
      const killAfter = 200 + round * 371;
      const { child, address } = running;
      const exited = once(child, 'exit');
      const sent = await sendUntilGone(address, round, (count) => {
        if (count === killAfter) child.kill('SIGKILL');
      });
      await exited;
      assert.ok(sent.size >= killAfter);
      for (const body of sent) acknowledged.add(body);
      running = await startBroker(folder, { ...SETTINGS, flushDiskType });
      const found = await stored(running.address);
      const missing = [...acknowledged].filter((body) => !found.has(body));
      assert.equal(missing, [], `round ${round}`);
      await checkQueries(running.address, acknowledged);
    }
    const exited = once(running.child, 'exit');
    running.child.kill('SIGTERM');
    assert.equal(await exited, [0, null], 'SIGTERM ends it in order');
    const keys = keysOfLog(folder);
    assert.ok(keys.length >= acknowledged.size * 2);
    assert.equal(
      keysOfIndex(folder, INDEX_SHAPE).findIndex((key, i) => key !== keys[i]),
      -1,
      'the index has each key of the log once, in its order',
    );
    assert.is(keysOfIndex(folder, INDEX_SHAPE).length, keys.length);
    rmSync(folder, { recursive: true, force: true });
  });
}

test('SIGTERM under load: what was acknowledged is there after the restart, and the exit code is 0', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ringmq-crash-'));
  const { child, address } = await startBroker(folder, { ...SETTINGS, flushDiskType: 'ASYNC_FLUSH' });
  const exited = once(child, 'exit');
  const acknowledged = await sendUntilGone(address, 0, (count) => {
    if (count === 1000) child.kill('SIGTERM');
  });
  assert.equal(await exited, [0, null]);
  const again = await startBroker(folder, { ...SETTINGS, flushDiskType: 'ASYNC_FLUSH' });
  const found = await stored(again.address);
  assert.equal(
    [...acknowledged].filter((body) => !found.has(body)),
    [],
  );
  const stopped = once(again.child, 'exit');
  again.child.kill('SIGTERM');
  await stopped;
  rmSync(folder, { recursive: true, force: true });
});

test.run();
