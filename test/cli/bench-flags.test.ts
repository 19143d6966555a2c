/** The flags of `ringmq bench`: defaults, what each takes, and that a wrong one is refused with its name, its value and what it takes. */
import * as assert from 'uvu/assert';

import { BENCH_COMMANDS, formatBenchHelp, parseBenchFlags } from '#src/cli/bench-flags.js';
import { UsageError } from '#src/cli/exit-code.js';
import { readFileSync } from 'node:fs';
import { suite } from '../suite.js';

const test = suite('bench flags');

test('the defaults', () => {
  const produce = parseBenchFlags('produce', []);
  assert.equal(produce?.broker, { host: '127.0.0.1', port: 10911 });
  assert.equal([produce?.topics, produce?.connections, produce?.inFlight], [['ringmq-bench'], 4, 256]);
  assert.equal([produce?.warmupMs, produce?.durationMs, produce?.messagesPerSecond], [2000, 10_000, undefined]);
  const consume = parseBenchFlags('consume', []);
  assert.equal([consume?.warmupMs, consume?.durationMs], [0, Infinity]);
  assert.equal(
    [parseBenchFlags('e2e', [])?.messagesPerSecond, parseBenchFlags('connections', [])?.connections],
    [1000, 1000],
  );
  const counted = parseBenchFlags('produce', ['--messages', '5', '--topics', '2', '--topic', 'T']);
  assert.equal([counted?.warmupMs, counted?.durationMs, counted?.topics], [0, Infinity, ['T-0', 'T-1']]);
});

test('NameServers in place of a broker', () => {
  const options = parseBenchFlags('produce', ['--namesrv', 'a:9876;[::1]:9877;']);
  assert.is(options?.broker, undefined);
  assert.equal(options?.namesrvs, [
    { host: 'a', port: 9876 },
    { host: '::1', port: 9877 },
  ]);
});

test('wrong flags and values are refused in words', () => {
  for (const [command, args, expected] of [
    ['produce', '--boddy 3', 'there is no flag --boddy (did you mean --body?)'],
    ['produce', '--body 0', '--body 0: a whole number from 1 to 33554432'],
    ['produce', '--body 1.5', '--body 1.5: a whole number from 1 to'],
    ['produce', '--rate fast', '--rate fast: a number from 0.01 to 10000000'],
    ['produce', '--mode later', '--mode later: one of sync, async, oneway'],
    ['produce', '--broker here', '--broker here: bench produce takes HOST:PORT'],
    ['produce', '--broker a:1 --namesrv b:2', '--broker a:1 and --namesrv b:2: one or the other'],
    ['produce', '--topic a/b', '--topic a/b: letters, digits'],
    ['produce', '--tags A,,B', '--tags A,,B: letters, digits'],
    ['produce', '--delay 1 --batch 2', '--delay with --batch'],
    ['produce', '--held-pulls 5', 'bench produce takes no --held-pulls: it is for connections'],
    ['consume', '--rate 5', 'bench consume takes no --rate: it is for produce, e2e, connections'],
    ['e2e', '--body 15', '--body 15: e2e needs 16 or more'],
    ['pull', 'more', "Unexpected argument 'more'"],
    ['pull', '--json=', '--json is empty: it takes FILE'],
  ] as const) {
    assert.throws(
      () => parseBenchFlags(command, args.split(' ')),
      (error: unknown) => error instanceof UsageError && error.message.startsWith(expected),
      `${command} ${args}`,
    );
  }
});

test('the help and the documentation have every flag', () => {
  const documentation = readFileSync('docs/bench.md', 'utf8');
  const flags = new Set([...formatBenchHelp(undefined).matchAll(/^ {2}--([a-z-]+)/gm)].map(([, name]) => name ?? ''));
  assert.ok(flags.size > 25);
  for (const flag of flags) {
    if (flag !== 'help') assert.ok(documentation.includes(`\`--${flag}`), `docs/bench.md has no --${flag}`);
    const isTaken = BENCH_COMMANDS.some((command) => formatBenchHelp(command).includes(`  --${flag}`));
    assert.ok(isTaken, flag);
  }
  for (const command of BENCH_COMMANDS) assert.match(documentation, `| \`${command}\` |`);
});

test.run();
