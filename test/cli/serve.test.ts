/** The commands as servers: boot lines, signals, ports in use. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';

import { suite } from '../suite.js';
import { CommandProcess } from './command-process.js';

const test = suite('servers', { folder: '' });

test.before.each(async (context) => {
  context.folder = await mkdtemp(join(tmpdir(), 'ringmq-serve-'));
});
test.after.each(({ folder }) => rm(folder, { recursive: true }));

function startBoth(folder: string, ...args: string[]): CommandProcess {
  return new CommandProcess('ringmq', ['start', '--port', '0', '--namesrv-port', '0', '--data', folder, ...args]);
}

async function occupyPort(): Promise<{ server: Server; port: number }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  return { server, port: (server.address() as AddressInfo).port };
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`ringmq start prints Apache's boot lines, and ${signal} ends it with 0`, async ({ folder }) => {
    const command = startBoth(folder, '--brokerName', 'b1', '--brokerIP1', '127.0.0.1');
    const output = await command.untilPrinted('The broker[');
    assert.match(output, /^The Name Server boot success\. serializeType=JSON, address 0\.0\.0\.0:\d+\n/);
    assert.match(
      output,
      /\nThe broker\[b1, 127\.0\.0\.1:\d+\] boot success\. serializeType=JSON and name server is 127\.0\.0\.1:\d+\n$/,
    );
    command.kill(signal);
    const { exitCode, stderr } = await command.ended();
    assert.is(exitCode, 0, stderr);
    assert.match(stderr, /clients are told to connect to 127\.0\.0\.1:\d+/);
  });
}

test('mqnamesrv prints its boot line, and SIGTERM ends it with 0', async () => {
  const command = new CommandProcess('mqnamesrv', ['--port', '0']);
  await command.untilPrinted('The Name Server boot success. serializeType=JSON, address 0.0.0.0:');
  command.kill('SIGTERM');
  assert.is((await command.ended()).exitCode, 0);
});

test('a port in use is an error in words', async () => {
  const { server, port } = await occupyPort();
  try {
    const { exitCode, stderr } = await new CommandProcess('mqnamesrv', ['--port', String(port)]).ended();
    assert.is(stderr, `mqnamesrv: listen EADDRINUSE: address already in use 0.0.0.0:${port}\n`);
    assert.is(exitCode, 1);
  } finally {
    server.close();
  }
});

test('a store that another broker holds is an error in words', async ({ folder }) => {
  const first = startBoth(folder);
  await first.untilPrinted('The broker[');
  const command = startBoth(folder);
  await command.untilPrinted('The broker[').then(
    () => command.kill('SIGKILL'),
    () => undefined,
  );
  const second = await command.ended();
  first.kill('SIGTERM');
  await first.ended();
  assert.is(second.exitCode, 1, 'it did not start');
  assert.match(second.stderr, /^ringmq start: the store \S+ is in use by another broker .*\n$/);
});

test.run();
