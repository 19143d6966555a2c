/** Flags, environment, file and defaults, seen through `-p`; what is said of wrong ones; help and version. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';

import { parseProperties } from '#src/base/config-properties.js';

import { suite } from '../suite.js';
import { CommandProcess, type Ending } from './command-process.js';

const test = suite('commands', { folder: '' });

const run = (name: string, args: string[], env: Record<string, string> = {}): Promise<Ending> =>
  new CommandProcess(name, args, env).ended();

test.before(async (context) => {
  context.folder = await mkdtemp(join(tmpdir(), 'ringmq-cli-'));
});
test.after(({ folder }) => rm(folder, { recursive: true }));

test('a flag wins over the environment, that over the file, that over the default', async ({ folder }) => {
  const file = join(folder, 'broker.conf');
  await writeFile(file, 'brokerName = file\nlistenPort=1\nbrokerClusterName: file\nfileReservedTime=5\nunheardOf=x\n');
  const env = { RINGMQ_BROKER_NAME: 'env', RINGMQ_LISTEN_PORT: '2', NAMESRV_ADDR: 'env:9876' };
  const args = ['-c', file, '-p', '--brokerName', 'flag', '--set', 'defaultTopicQueueNums=3'];
  const { exitCode, stdout, stderr } = await run('mqbroker', args, env);
  const printed = parseProperties(stdout);
  const keys = [
    'brokerName',
    'listenPort',
    'brokerClusterName',
    'fileReservedTime',
    'defaultTopicQueueNums',
    'namesrvAddr',
    'deleteWhen',
    'unheardOf',
  ];
  assert.equal(
    keys.map((key) => printed.get(key)),
    ['flag', '2', 'file', '5', '3', 'env:9876', '04', 'x'],
  );
  assert.match(stderr, 'the key unheardOf is unknown; it is kept but has no effect');
  assert.is(exitCode, 0);
});

test('-m prints the important keys only', async () => {
  const { stdout } = await run('mqbroker', ['-m', '-n', 'a:1;b:2']);
  assert.match(stdout, 'namesrvAddr=a:1;b:2\n');
  assert.not.match(stdout, 'bindAddress');
});

test('mqnamesrv -p prints the keys of the NameServer and takes its own variables', async () => {
  const { stdout } = await run('mqnamesrv', ['-p'], { RINGMQ_NAMESRV_LISTEN_PORT: '1234', RINGMQ_LISTEN_PORT: '5' });
  assert.match(stdout, 'listenPort=1234\n');
});

const failures: readonly [title: string, name: string, args: string[], exitCode: number, stderr: string][] = [
  [
    'a wrong value',
    'mqbroker',
    ['--set', 'flushDiskType=FAST'],
    1,
    'mqbroker: flushDiskType="FAST" from the command line is not allowed: it takes ASYNC_FLUSH, SYNC_FLUSH\n',
  ],
  [
    'a file that is not there',
    'mqbroker',
    ['-c', 'none.conf'],
    1,
    "mqbroker: the configuration file cannot be read: ENOENT: no such file or directory, open 'none.conf'\n",
  ],
  [
    'an unknown flag',
    'ringmq',
    ['start', '--prot', '1'],
    2,
    'ringmq start: there is no flag --prot (did you mean --port?)\nTry ringmq start --help\n',
  ],
  [
    'a flag without its value',
    'mqnamesrv',
    ['-c'],
    2,
    "mqnamesrv: Option '-c, --configFile <value>' argument missing\nTry mqnamesrv --help\n",
  ],
  ['an argument too many', 'mqnamesrv', ['start'], 2, "mqnamesrv: Unexpected argument 'start'\nTry mqnamesrv --help\n"],
  [
    'an assignment without a key',
    'ringmq',
    ['start', '--set', 'x'],
    2,
    'ringmq start: --set takes KEY=VALUE, not "x"\nTry ringmq start --help\n',
  ],
  ['an unknown command', 'ringmq', ['stop'], 2, 'ringmq: there is no command stop\nTry ringmq --help\n'],
];

for (const [title, name, args, exitCode, stderr] of failures) {
  test(`${title} is an error in words, with no stack`, async () => {
    const ending = await run(name, args);
    assert.is(ending.stderr, stderr);
    assert.is(ending.exitCode, exitCode);
  });
}

test('a wrong variable names where it comes from', async () => {
  const { exitCode, stderr } = await run('mqbroker', [], { RINGMQ_LISTEN_PORT: 'x' });
  assert.is(stderr, 'mqbroker: listenPort="x" from the environment is not allowed: it takes a port from 0 to 65535\n');
  assert.is(exitCode, 1);
});

test('help names the flags, version the version', async () => {
  for (const [name, args] of [
    ['ringmq', ['start']],
    ['mqbroker', []],
    ['mqnamesrv', []],
  ] as const) {
    const { exitCode, stdout } = await run(name, [...args, '--help']);
    assert.match(stdout, '-c, --configFile FILE');
    assert.is(exitCode, 0);
  }
  assert.match((await run('ringmq', ['--version'])).stdout, /^\d+\.\d+\.\d+\n$/);
});

test.run();
