/** RingMQ in this process, over real sockets and a real store: send, pull, filter, hold, restart, several at once, nothing left behind. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import * as assert from 'uvu/assert';

import { type RingMQ, startRingMQ } from '#src/index.js';
import { RequestCode } from '#src/remoting/request-code.js';
import { ResponseCode } from '#src/remoting/response-code.js';

import { suite } from '../suite.js';
import { TestClient } from './test-client.js';

const test = suite('embedded RingMQ');
const folders: string[] = [];

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ringmq-e2e-'));
  folders.push(folder);
  return folder;
}

test.after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A port that nobody listens on now. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A time later than that of anything before, and not later than that of anything after. */
async function nextMillisecond(): Promise<number> {
  const nowMs = Date.now();
  while (Date.now() === nowMs) await new Promise((resolve) => setImmediate(resolve));
  return Date.now();
}

async function withRingMQ(
  options: { data?: string; config?: Record<string, string> },
  use: (client: TestClient, mq: RingMQ) => Promise<void>,
): Promise<void> {
  const mq = await startRingMQ({ data: options.data ?? newFolder(), config: options.config ?? {} });
  const client = new TestClient(mq.brokerAddress);
  try {
    await use(client, mq);
  } finally {
    await client.close();
    await mq.stop();
  }
}

test('what is sent is pulled, in order, with its properties', () =>
  withRingMQ({}, async (client) => {
    for (let i = 0; i < 100; i++) {
      const sent = await client.send('Greetings', `hello ${i}`, { properties: `KEYS\u0001k${i}\u0002` });
      assert.is(sent.code, ResponseCode.SUCCESS, sent.remark);
      assert.is(sent.queueOffset, i);
    }
    const received = await client.pullAll('Greetings');
    assert.equal(
      received.map((message) => message.body),
      Array.from({ length: 100 }, (_, i) => `hello ${i}`),
    );
    assert.equal(
      received.map((message) => message.queueOffset),
      Array.from({ length: 100 }, (_, i) => i),
    );
    assert.match(received[7]?.properties ?? '', 'KEYS\u0001k7\u0002');
  }));

test('sends in flight together are all answered, each queue without a gap', () =>
  withRingMQ({}, async (client) => {
    const sends = Array.from({ length: 4000 }, (_, i) => client.send('Many', `m${i}`, { queueId: i % 4 }));
    const answers = await Promise.all(sends);
    assert.ok(answers.every((answer) => answer.code === ResponseCode.SUCCESS));
    const bodies = new Set<string>();
    for (let queueId = 0; queueId < 4; queueId++) {
      const received = await client.pullAll('Many', queueId);
      assert.is(received.length, 1000);
      received.forEach((message, i) => assert.is(message.queueOffset, i));
      for (const message of received) bodies.add(message.body);
    }
    assert.is(bodies.size, 4000);
  }));

test('tags are filtered at the broker, and the offset moves on past what does not match', () =>
  withRingMQ({}, async (client) => {
    for (let i = 0; i < 30; i++)
      await client.send('Tagged', String(i), { properties: `TAGS\u0001${i % 3 === 0 ? 'A' : 'B'}\u0002` });
    const pulled = await client.pull('Tagged', 0, { tags: 'A' });
    assert.equal(
      pulled.messages.map((message) => message.body),
      ['0', '3', '6', '9', '12', '15', '18', '21', '24', '27'],
    );
    assert.is(pulled.nextBeginOffset, 30);
    const none = await client.pull('Tagged', 0, { tags: 'C' });
    assert.is(none.code, ResponseCode.PULL_RETRY_IMMEDIATELY);
    assert.is(none.nextBeginOffset, 30);
  }));

test('a pull at the end is held and answered by the next message', () =>
  withRingMQ({}, async (client, mq) => {
    await client.send('Held', 'first');
    const other = new TestClient(mq.brokerAddress);
    const held = other.pull('Held', 1, { suspendMs: 20_000 });
    // The answer to a later request on the same connection shows that the pull has been taken.
    await other.invoke(RequestCode.GET_MAX_OFFSET, { topic: 'Held', queueId: '0' });
    await client.send('Held', 'second');
    assert.equal(
      (await held).messages.map((message) => message.body),
      ['second'],
    );
    await other.close();
  }));

test('a restart keeps messages and goes on with the next offset', async () => {
  const data = newFolder();
  await withRingMQ({ data }, async (client) => {
    for (let i = 0; i < 50; i++) await client.send('Kept', `m${i}`);
  });
  await withRingMQ({ data }, async (client) => {
    assert.is((await client.pullAll('Kept')).length, 50);
    assert.is((await client.send('Kept', 'after')).queueOffset, 50);
    assert.is((await client.pullAll('Kept'))[50]?.body, 'after');
  });
});

test('small segments: the log rolls, and cold messages are read from files', async () => {
  const config = { mappedFileSizeCommitLog: '65536', mappedFileSizeConsumeQueue: '2000' };
  const data = newFolder();
  await withRingMQ({ data, config: { ...config, maxMessageSize: '16384' } }, async (client) => {
    const bodies = Array.from({ length: 500 }, (_, i) => `${i}:${'x'.repeat(i * 7)}`);
    for (const body of bodies) assert.is((await client.send('Rolling', body)).code, ResponseCode.SUCCESS);
    assert.equal(
      (await client.pullAll('Rolling')).map((message) => message.body),
      bodies,
    );
  });
  await withRingMQ({ data, config: { ...config, maxMessageSize: '16384' } }, async (client) => {
    const received = await client.pullAll('Rolling');
    assert.is(received.length, 500);
    assert.is(received[499]?.body.length, 4 + 499 * 7);
  });
});

test('offsets by time: in memory, and after a restart in the pool, from files', async () => {
  const data = newFolder();
  let middleMs = 0;
  const search = async (client: TestClient, timestampMs: number): Promise<string | undefined> => {
    const fields = { topic: 'Timed', queueId: '0', timestamp: String(timestampMs) };
    return (await client.invoke(RequestCode.SEARCH_OFFSET_BY_TIMESTAMP, fields)).extFields?.offset;
  };
  await withRingMQ({ data }, async (client) => {
    for (let i = 0; i < 40; i++) {
      if (i === 20) middleMs = await nextMillisecond();
      await client.send('Timed', String(i));
    }
    assert.is(await search(client, middleMs), '20');
    assert.is(await search(client, 0), '0');
    assert.is(await search(client, middleMs + 3_600_000), '40');
  });
  await withRingMQ({ data }, async (client) => {
    assert.is(await search(client, middleMs), '20');
    assert.is(await search(client, 0), '0');
    assert.is(await search(client, middleMs + 3_600_000), '40');
  });
});

test('a topic deleted while it is sent to: every send is answered, and the queue begins at 0 again', () =>
  withRingMQ({}, async (client) => {
    await client.send('Deleted', 'before');
    const sends = Array.from({ length: 2000 }, (_, i) => client.send('Deleted', `m${i}`));
    const deletions = Array.from({ length: 20 }, () =>
      client.invoke(RequestCode.DELETE_TOPIC_IN_BROKER, { topic: 'Deleted' }),
    );
    const moreSends = Array.from({ length: 2000 }, (_, i) => client.send('Deleted', `n${i}`));
    for (const deletion of await Promise.all(deletions)) assert.is(deletion.code, ResponseCode.SUCCESS);
    await Promise.all([...sends, ...moreSends]);
    await client.invoke(RequestCode.DELETE_TOPIC_IN_BROKER, { topic: 'Deleted' });
    const again = await client.send('Deleted', 'again');
    assert.is(again.queueOffset, 0);
    assert.equal(
      (await client.pullAll('Deleted')).map((message) => message.body),
      ['again'],
    );
  }));

test('deleting a topic whose name leads out of the store touches nothing', async () => {
  const data = newFolder();
  await withRingMQ({ data }, async (client) => {
    await client.send('Stays', 'x');
    for (const topic of ['..', '../..', '.', 'x'.repeat(300)]) {
      const { code } = await client.invoke(RequestCode.DELETE_TOPIC_IN_BROKER, { topic });
      assert.is(code, ResponseCode.SUCCESS);
    }
    assert.is((await client.pullAll('Stays')).length, 1);
  });
  assert.ok(readdirSync(data).includes('commitlog'));
});

test('the configuration of a topic is told, and of an unknown one that there is none', () =>
  withRingMQ({}, async (client) => {
    await client.send('Known', 'x');
    const { body } = await client.invoke(RequestCode.GET_TOPIC_CONFIG, { topic: 'Known' });
    assert.is((JSON.parse(String(body)) as { readQueueNums: number }).readQueueNums, 4);
    const unknown = await client.invoke(RequestCode.GET_TOPIC_CONFIG, { topic: 'Unknown' });
    assert.is(unknown.code, ResponseCode.TOPIC_NOT_EXIST);
    assert.is(unknown.remark, 'No topic in this broker. topic: Unknown');
  }));

test('a send whose sysFlag says half message is stored in no queue and stops nothing', () =>
  withRingMQ({}, async (client) => {
    for (const sysFlag of [4, 12, 255, -1, 2_147_483_648]) {
      assert.is((await client.send('Flags', 'odd', { sysFlag })).code, ResponseCode.SUCCESS);
    }
    const plain = await client.send('Flags', 'plain');
    const received = await client.pullAll('Flags');
    assert.is(received.at(-1)?.body, 'plain');
    assert.is(received.length, plain.queueOffset + 1);
  }));

test('two in one process do not meet; a folder in use is refused', async () => {
  const data = newFolder();
  const first = await startRingMQ({ data });
  try {
    const refusal: unknown = await startRingMQ({ data }).catch((error: unknown) => error);
    assert.match(String(refusal), data);
    const second = await startRingMQ({ data: newFolder() });
    assert.is.not(second.brokerAddress, first.brokerAddress);
    await second.stop();
  } finally {
    await first.stop();
  }
  await (await startRingMQ({ data })).stop();
});

test('an unknown request code is answered as Apache does', () =>
  withRingMQ({}, async (client) => {
    const response = await client.invoke(9999, {});
    assert.is(response.code, ResponseCode.REQUEST_CODE_NOT_SUPPORTED);
    assert.is(response.remark, ' request type 9999 not supported');
  }));

test('stop leaves no handle that keeps the process alive', async () => {
  const before = process.getActiveResourcesInfo().filter((name) => name !== 'Immediate' && name !== 'Timeout');
  await withRingMQ({}, async (client) => {
    await client.send('Gone', 'x');
  });
  const after = process.getActiveResourcesInfo().filter((name) => name !== 'Immediate' && name !== 'Timeout');
  assert.equal(after.toSorted(), before.toSorted());
});

// The port took clients before the broker knew its addresses; a topic made in that time was answered before it was in the route.
test('a topic made while the broker opens is in the route when it is answered', async () => {
  const [port, namesrvPort] = [await freePort(), await freePort()];
  const starting = startRingMQ({ port, namesrvPort, data: newFolder() });
  const broker = new TestClient(`127.0.0.1:${port}`);
  const namesrv = new TestClient(`127.0.0.1:${namesrvPort}`);
  const topic = { topic: 'Early', defaultTopic: 'TBW102', readQueueNums: '1', writeQueueNums: '1', perm: '6' };
  const create = { ...topic, topicFilterType: 'SINGLE_TAG', topicSysFlag: '0', order: 'false' };
  for (let isMade = false; !isMade;) {
    const answer = await broker.invoke(RequestCode.UPDATE_AND_CREATE_TOPIC, create).catch(() => undefined);
    isMade = answer?.code === ResponseCode.SUCCESS;
    if (!isMade) await new Promise((resolve) => setImmediate(resolve));
  }
  const route = await namesrv.invoke(RequestCode.GET_ROUTEINFO_BY_TOPIC, { topic: 'Early' });
  const mq = await starting;
  await Promise.all([broker.close(), namesrv.close()]);
  await mq.stop();
  assert.is(route.code, ResponseCode.SUCCESS, route.remark);
});

test.run();
