/** `ringmq bench` against our own broker and against an echo: what it counts is what the broker has, what it prints is whole, errors are clear. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import * as assert from 'uvu/assert';

import { type RingMQ, startRingMQ } from '#src/index.js';
import { maxOffset } from '#src/load/broker-topics.js';
import { RequestClient } from '#src/load/request-client.js';
import { ProtocolEcho } from '../../bench/generator/protocol-echo.js';
import { makeFolder, removeFolders } from '../commitlog/store-harness.js';
import { suite } from '../suite.js';
import { CommandProcess } from './command-process.js';
import { bench, benchJson } from './run-bench.js';
import { assertWellFormed } from './well-formed.js';

const test = suite('bench command');
let mq: RingMQ;

test.before(async () => {
  mq = await startRingMQ({ data: makeFolder(), config: { fileReservedTime: '72' } });
});
test.after(async () => {
  await mq.stop();
  removeFolders();
});

/** How many messages the topic has in each of its queues. */
async function stored(topic: string, queues: number): Promise<number[]> {
  const [host = '', port = ''] = mq.brokerAddress.split(':');
  const client = await RequestClient.open(host, Number(port));
  try {
    const ids = Array.from({ length: queues }, (_, queueId) => queueId);
    return await Promise.all(ids.map((queueId) => maxOffset(client, topic, queueId)));
  } finally {
    client.close();
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

test('produce: what it counts is what the broker has stored', async () => {
  for (const [topic, ...flags] of [
    ['Async', '--in-flight', '32'],
    ['Sync', '--mode', 'sync'],
    ['Batch', '--batch', '20'],
    ['Rate', '--rate', '4000'],
    ['Tags', '--tags', 'A,B', '--queues', '3'],
  ]) {
    const args = ['--broker', mq.brokerAddress, '--topic', topic ?? '', '--messages', '1000', '--body', '64'];
    const result = await benchJson('produce', ...args, ...flags);
    assert.equal([result.messages, result.failed, result.refused], [1000, {}, 0], topic);
    assert.is(sum(await stored(topic ?? '', topic === 'Tags' ? 3 : 4)), 1000, topic);
    assert.is(sum(result.perSecond.map(({ messages }) => messages)), 1000, topic);
  }
  const timed = await benchJson(
    'produce',
    '--broker',
    mq.brokerAddress,
    '--topic',
    'Timed',
    '--duration',
    '0.3',
    '--warmup',
    '0',
  );
  assert.is(sum(await stored('Timed', 4)), timed.messages + timed.afterEnd);
});

test('produce: several topics, by way of the NameServer', async () => {
  const flags = ['--namesrv', mq.namesrvAddresses, '--topic', 'Many', '--topics', '5', '--queues', '2'];
  const result = await benchJson('produce', ...flags, '--messages', '1000');
  assert.is(result.messages, 1000);
  const counts = await Promise.all([0, 1, 2, 3, 4].map((i) => stored(`Many-${i}`, 2)));
  assert.is(sum(counts.flat()), 1000);
  assert.ok(counts.flat().every((count) => count > 0));
  // Now there are routes, which have the number of queues.
  const again = await benchJson('produce', ...flags.slice(0, -2), '--messages', '1000', '--no-create');
  assert.is(again.messages, 1000);
});

test('a topic that is there keeps its queues', async () => {
  await benchJson('produce', '--broker', mq.brokerAddress, '--topic', 'Three', '--queues', '3', '--messages', '300');
  await benchJson('produce', '--broker', mq.brokerAddress, '--topic', 'Three', '--queues', '8', '--messages', '300');
  assert.is(sum(await stored('Three', 3)), 600);
});

test('oneway: everything arrives', async () => {
  const flags = ['--broker', mq.brokerAddress, '--topic', 'Oneway', '--mode', 'oneway', '--messages', '500'];
  const result = await benchJson('produce', ...flags, '--in-flight', '8');
  assert.is(result.messages, 500);
  while (sum(await stored('Oneway', 4)) < 500) await new Promise((resolve) => setImmediate(resolve));
  assert.is(sum(await stored('Oneway', 4)), 500);
});

test('consume reads everything, once; with tags, what has them', async () => {
  const base = ['--broker', mq.brokerAddress, '--topic', 'Backlog', '--body', '64'];
  const all = await benchJson('consume', ...base, '--prepare', '3001', '--tags', 'A,B,C', '--connections', '2');
  assert.equal([all.messages, all.ended, all.failed], [3001, 'messages', {}]);
  assert.ok(all.requests >= 3001 / 32);
  const some = await benchJson('consume', ...base, '--pull-batch', '10', '--tags', 'B');
  // 3,001 messages with three tags in turn, over connections that each begin with the first.
  assert.ok(some.messages >= 990 && some.messages <= 1010, String(some.messages));
});

test('pull goes over the same backlog again and again', async () => {
  const base = ['--broker', mq.brokerAddress, '--topic', 'Again'];
  const result = await benchJson('pull', ...base, '--prepare', '640', '--messages', '5000', '--connections', '2');
  assert.ok(result.messages >= 5000);
  assert.is(sum(await stored('Again', 4)), 640);
});

test('e2e: every message that was sent arrives, delayed ones after their delay', async () => {
  const base = [
    'e2e',
    '--broker',
    mq.brokerAddress,
    '--warmup',
    '0',
    '--messages',
    '300',
    '--rate',
    '2000',
    '--body',
    '32',
  ];
  const result = await benchJson(...base, '--topic', 'Through');
  assert.equal([result.messages, result.requests, result.failed, result.unsent], [300, 300, {}, 0]);
  const batches = await benchJson(...base, '--topic', 'Through', '--batch', '10', '--mode', 'oneway');
  assert.equal([batches.messages, batches.requests, batches.failed], [300, 30, {}]);
  const delayed = await benchJson(...base, '--topic', 'Delayed', '--delay', '1', '--queues', '2');
  assert.equal([delayed.messages, delayed.failed], [300, {}]);
  assert.ok(delayed.latencyMs.p50 >= 995);
});

test('connections: sends over all of them beside long polls', async () => {
  const base = ['--broker', mq.brokerAddress, '--topic', 'Wide', '--connections', '50', '--in-flight', '8'];
  const result = await benchJson('connections', ...base, '--held-pulls', '500', '--messages', '1000');
  assert.equal([result.messages, result.failed], [1000, {}]);
  assert.is(sum(await stored('Wide', 4)), 1000);
  assert.is(sum(await stored('Wide-held', 4)), 0);
});

test('the JSON has what the documentation says; the table and the plot are whole', async () => {
  const folder = makeFolder();
  const [json, svg] = [join(folder, 'result.json'), join(folder, 'plot.svg')];
  const flags = ['--broker', mq.brokerAddress, '--messages', '500', '--rate', '5000', '--pid', String(process.pid)];
  const { exitCode, stdout, stderr } = await bench('produce', ...flags, '--json', json, '--svg', svg);
  assert.equal([exitCode, stderr], [0, '']);
  for (const label of ['bench produce', 'messages ', 'throughput ', 'latency ', 'broker '])
    assert.match(stdout, new RegExp(`^${label}`, 'm'));
  assertWellFormed(readFileSync(svg, 'utf8'));
  const document = JSON.parse(readFileSync(json, 'utf8')) as Record<string, unknown>;
  const expected =
    'tool version command options startedAt elapsedMs ended messages requests messagesPerSecond megabytesPerSecond failed late refused afterEnd unsent latencyMs percentiles perSecond generator broker';
  assert.is(Object.keys(document).join(' '), expected);
  const keysOf = (value: unknown): string[] => Object.keys(value as object);
  assert.equal(keysOf(document['latencyMs']), ['mean', 'p50', 'p90', 'p99', 'p999', 'p9999', 'max']);
  assert.equal(keysOf(document['broker']), ['cpuSeconds', 'cpuMicrosPerMessage', 'rssMiB', 'ownMiB', 'rssPeakMiB']);
  const [second] = document['perSecond'] as unknown[];
  assert.equal(keysOf(second), ['second', 'elapsedMs', 'messages', 'p50', 'p99', 'max', 'rssMiB', 'cpuPercent']);
  const options = document['options'] as Record<string, unknown>;
  assert.equal([options['rate'], options['messages'], options['broker']], [5000, 500, mq.brokerAddress]);
});

test('what cannot work says why', async () => {
  const broker = ['--broker', mq.brokerAddress];
  for (const [expected, ...args] of [
    [/127\.0\.0\.1:1 takes no connection: .*ECONNREFUSED.*is a broker listening/, 'produce', '--broker', '127.0.0.1:1'],
    [/127\.0\.0\.1:1 takes no connection/, 'e2e', '--namesrv', '127.0.0.1:1;127.0.0.1:1'],
    [/the broker has no topic Nowhere/, 'consume', ...broker, '--topic', 'Nowhere'],
    [/the broker has no topic Nowhere/, 'produce', ...broker, '--topic', 'Nowhere', '--no-create'],
    [/no route of topic Nowhere/, 'pull', '--namesrv', mq.namesrvAddresses, '--topic', 'Nowhere'],
    [/MESSAGE_ILLEGAL|message body|SYSTEM_ERROR/i, 'produce', ...broker, '--body', '5000000', '--duration', '20'],
  ] as const) {
    const { exitCode, stderr, stdout } = await bench(...args);
    assert.is(exitCode, 1, args.join(' '));
    assert.match(stderr + stdout, expected, args.join(' '));
  }
  const empty = await bench(
    'produce',
    ...broker,
    '--topic',
    'Empty',
    '--rate',
    '0.01',
    '--duration',
    '0.1',
    '--warmup',
    '0',
  );
  assert.is(empty.exitCode, 1, 'not one message got through');
  assert.match((await bench('pull', ...broker, '--topic', 'Empty')).stderr, /there is nothing to read in Empty/);
});

test('Ctrl-C ends the measuring, and what was measured is printed', async () => {
  const echo = new ProtocolEcho();
  const port = await echo.listen();
  const command = new CommandProcess('ringmq', [
    'bench',
    'produce',
    '--broker',
    `127.0.0.1:${port}`,
    '--duration',
    '600',
    '--progress',
  ]);
  await command.untilLogged('1 s ');
  command.kill('SIGINT');
  const { exitCode, stdout, stderr } = await command.ended();
  await echo.close();
  assert.is(exitCode, 0, stderr);
  assert.match(stderr, /^warming up .*messages\/s/m);
  assert.match(stdout, /ended: interrupted/);
  assert.match(stdout, /throughput +[1-9]/);
});

test('the command line: help, and what makes no sense', async () => {
  for (const [args, exitCode, text] of [
    [['bench'], 2, 'usage: ringmq bench produce|consume|e2e|pull|connections [flags]'],
    [['bench', '--help'], 0, '--held-pulls N'],
    [['bench', 'consume', '-h'], 0, '--prepare N'],
    [['bench', 'drive'], 2, 'there is no bench drive: one of produce, consume'],
    [['bench', 'produce', '--body', 'big'], 2, '--body big: a whole number from 1 to'],
  ] as const) {
    const ended = await new CommandProcess('ringmq', args).ended();
    assert.is(ended.exitCode, exitCode, args.join(' '));
    assert.ok((ended.stdout + ended.stderr).includes(text), ended.stdout + ended.stderr);
  }
});

test.run();
