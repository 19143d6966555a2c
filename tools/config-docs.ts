/**
 * `node build/tools/config-docs.js`: writes docs/configuration.md from the declarations of the keys.
 * A test fails when the file is not what this writes. Java: none.
 */
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

import type { ConfigKey, ConfigSchema } from '#src/base/config-schema.js';
import { brokerConfigSchema } from '#src/broker/broker-config.js';
import { startSchema } from '#src/cli/start-command.js';
import { namesrvConfigSchema } from '#src/namesrv/namesrv-config.js';

const INTRODUCTION = `# Configuration

This page is written by \`tools/config-docs.ts\` from the declarations of the keys; do not edit it.

Keys have Apache RocketMQ's names and defaults (5.5.0) where it has them. There are four ways to set one; each wins over those below it:

| Way | Example for \`flushDiskType\` |
| --- | --- |
| flag | \`--flushDiskType SYNC_FLUSH\`, or \`--set flushDiskType=SYNC_FLUSH\` |
| environment | \`RINGMQ_FLUSH_DISK_TYPE=SYNC_FLUSH\` |
| file, named with \`-c\` | \`flushDiskType=SYNC_FLUSH\` (Java's \`.properties\` text) |
| default | |

- A variable is \`RINGMQ_\` and the key in upper case, with \`_\` before each capital that follows a small letter: \`brokerIP1\` is
  \`RINGMQ_BROKER_IP1\`. For a NameServer alone (\`mqnamesrv\`) the prefix is \`RINGMQ_NAMESRV_\`.
- Apache's \`NAMESRV_ADDR\` sets \`namesrvAddr\` and its \`ROCKETMQ_HOME\` sets \`rocketmqHome\`; the variables above win over them.
- A value that is not allowed ends the start with exit code 1 and one line: the key, the value, where it came from and what is allowed.
- A key that nobody knows is warned about and kept: \`mqadmin getBrokerConfig\` shows it. Apache's keys that have no use here are treated alike.
- Keys marked *at once* can be changed while running, with \`mqadmin updateBrokerConfig\` (25) or \`updateNamesrvConfig\` (318). Others are read at the start only.
- Keys marked *no effect* are checked and shown, and warned about when they are set, but nothing reads them in this version.
- Keys marked *-m* are those that \`mqbroker -m\` prints; \`-p\` prints all.
- Exit codes: 0 after an orderly stop, 1 for a failure or a wrong value, 2 for a command line that cannot be read, 128 + the signal's number when a second
  signal cut the stop short.
`;

const SECTIONS: readonly [title: string, text: string, schema: ConfigSchema][] = [
  ['Broker', 'For `ringmq start`, `mqbroker` and the `config` option of `startRingMQ`.', brokerConfigSchema],
  [
    '`ringmq start` only',
    'Beside the keys of the broker. Its NameServer keeps its files in `namesrv` under the folder of the store.',
    startSchema,
  ],
  ['NameServer', 'For `mqnamesrv` and `ringmq-namesrv`.', namesrvConfigSchema],
];

/** The whole page. */
export function formatConfigDocs(): string {
  const sections = SECTIONS.map(([title, text, schema]) => `## ${title}\n\n${text}\n\n${formatTable(schema)}`);
  return [INTRODUCTION, ...sections].join('\n');
}

function formatTable(schema: ConfigSchema): string {
  const rows = Object.entries<ConfigKey<unknown>>(schema).map(([name, key]) => {
    const marks = [key.pending ? 'no effect' : key.changeable ? 'at once' : '', key.important ? '-m' : '']
      .filter((mark) => mark !== '')
      .join(', ');
    const defaultText = key.defaultText === '' ? '' : escapeCell(key.defaultText);
    return `| \`${name}\` | ${escapeCell(key.doc)} | ${defaultText} | ${escapeCell(key.allowed)} | ${marks} |`;
  });
  return ['| Key | What it does | Default | Allowed | |', '| --- | --- | --- | --- | --- |', ...rows, ''].join('\n');
}

function escapeCell(text: string): string {
  return text.replaceAll('|', String.raw`\|`);
}

const isCommand = import.meta.url === pathToFileURL(process.argv[1] ?? '').href;
if (isCommand) writeFileSync('docs/configuration.md', formatConfigDocs());
