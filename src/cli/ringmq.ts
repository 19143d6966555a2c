#!/usr/bin/env node
/** The `ringmq` command: picks the subcommand. Main thread. */
import { UsageError } from './exit-code.js';
import { packageVersion } from './package-version.js';
import { fail, runCommand } from './run-command.js';
import { runStart, startCommand } from './start-command.js';
import { runStore } from './store-command.js';

const HELP = `usage: ringmq start [flags]

A broker and a NameServer that Apache RocketMQ's clients connect to.

  ringmq start             start both; ringmq start --help has the flags
  ringmq store check DIR   check the files of a store; ringmq store --help has more
  ringmq store dump DIR    print records of a store
  ringmq bench COMMAND     measure a broker; ringmq bench --help has more
  ringmq --version         print the version
  ringmq-namesrv, mqnamesrv   start a NameServer alone
  mqbroker                 start a broker alone, with Apache's flags
`;

const [subcommand = 'help', ...rest] = process.argv.slice(2);
switch (subcommand) {
  case 'start':
    await runCommand(startCommand, rest, runStart);
    break;
  case 'store':
    try {
      process.exitCode = await runStore(rest);
    } catch (error) {
      fail('ringmq store', error);
    }
    break;
  case 'bench':
    try {
      // Late, so that the servers' start does not read what only this needs.
      const { runBench } = await import('./bench-command.js');
      process.exitCode = await runBench(rest);
    } catch (error) {
      fail('ringmq bench', error);
    }
    break;
  case 'help':
  case '--help':
  case '-h':
    process.stdout.write(HELP);
    break;
  case '--version':
    process.stdout.write(`${packageVersion()}\n`);
    break;
  default:
    fail('ringmq', new UsageError(`there is no command ${subcommand}`));
}
