/** The commands when the store's thread dies or hangs: what its clients are told, and how the process ends. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';

import { ResponseCode } from '#src/remoting/response-code.js';

import { TestClient } from '../e2e/test-client.js';
import { suite } from '../suite.js';
import { CommandProcess } from './command-process.js';

const test = suite('a store that fails', { folder: '' });

test.before.each(async (context) => {
  context.folder = await mkdtemp(join(tmpdir(), 'ringmq-failure-'));
});
test.after.each(({ folder }) => rm(folder, { recursive: true }));

/** A broker with a worker that does what `way` says at the first message. */
async function start(folder: string, way: 'dies' | 'hangs'): Promise<{ command: CommandProcess; address: string }> {
  const data = join(folder, way);
  await mkdir(data);
  const flags = ['start', '--port', '0', '--namesrv-port', '0', '--host', '127.0.0.1', '--data', data];
  const preload = new URL('../workers/faulty-worker-preload.js', import.meta.url);
  const command = new CommandProcess('ringmq', flags, { NODE_OPTIONS: `--import=${preload.href}` });
  const output = await command.untilPrinted('] boot success');
  const address = /The broker\[[^,]+, ([^\]]+)\]/.exec(output)?.[1];
  assert.ok(address !== undefined, output);
  return { command, address };
}

test('a worker that dies: the sender is told why, and the process ends with 1 and the cause', async ({ folder }) => {
  const { command, address } = await start(folder, 'dies');
  const client = new TestClient(address);
  try {
    const { code, remark } = await client.send('T', 'x');
    assert.is(code, ResponseCode.SERVICE_NOT_AVAILABLE);
    assert.match(remark ?? '', 'a bug of the worker');
    const { exitCode, stderr } = await command.ended();
    assert.is(exitCode, 1);
    assert.match(stderr, 'a bug of the worker');
  } finally {
    await client.close();
  }
});

test('a second signal ends a process at once whose store does not', async ({ folder }) => {
  const { command, address } = await start(folder, 'hangs');
  const client = new TestClient(address);
  const unanswered = client.send('T', 'x').catch((error: unknown) => error);
  // Answered by the same thread behind the send: the worker has it.
  assert.is((await client.invoke(30, { topic: 'T', queueId: '0' })).code, ResponseCode.SUCCESS);
  command.kill('SIGTERM');
  await command.untilLogged('SIGTERM: stopping');
  command.kill('SIGINT');
  const { exitCode } = await command.ended();
  assert.is(exitCode, 128 + 2);
  assert.instance(await unanswered, Error);
  await client.close();
});

test.run();
