/**
 * A command's flags as data: the parser, the help text and the settings that they stand for follow from one table. Main thread.
 * Java: ServerUtil.buildCommandlineOptions, commons-cli.
 * Invariant: every configuration key is a flag too (`--brokerName a`), beside those of the table.
 */
import { parseArgs, type ParseArgsConfig } from 'node:util';

import type { ConfigSchema } from '../base/config-schema.js';
import { nearest } from '../base/config-warning.js';
import { UsageError } from './exit-code.js';

/** One flag. */
export interface Flag {
  readonly name: string;
  readonly short?: string;
  /** How the help calls its value; none: a switch. */
  readonly value?: string;
  /** The key that the flag sets. */
  readonly key?: string;
  readonly doc: string;
}

/** A command and its flags. */
export interface Command {
  readonly name: string;
  /** What stands behind the name in the usage line. */
  readonly usage: string;
  readonly summary: string;
  readonly flags: readonly Flag[];
  /** Its keys can be given as flags as well. */
  readonly schema: ConfigSchema;
}

/** What was on the command line. */
export interface CommandLine {
  readonly switches: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, string>;
  /** Keys and values in the order of their precedence: flags, then `--set`. */
  readonly settings: ReadonlyMap<string, string>;
}

const HELP_INDENT = 34;

/** Flags that every command has. */
export const COMMON_FLAGS: readonly Flag[] = [
  { name: 'set', value: 'KEY=VALUE', doc: 'set any key; may come several times' },
  { name: 'log-level', value: 'LEVEL', key: 'logLevel', doc: 'debug, info, warn, error or silent' },
  { name: 'help', short: 'h', doc: 'print this and exit' },
  { name: 'version', doc: 'print the version and exit' },
];

/** Reads `argv`. Throws {@link UsageError} for a flag that there is not, a value that is missing, an argument too many. */
export function parseCommandLine(command: Command, argv: readonly string[]): CommandLine {
  const flags = [...command.flags, ...COMMON_FLAGS];
  const given = readFlags(command, flags, argv);
  const switches = new Set<string>();
  const values = new Map<string, string>();
  const settings = new Map<string, string>();
  const assignments: string[] = [];
  for (const [name, value] of Object.entries(given)) {
    const key = flags.find((flag) => flag.name === name)?.key ?? (name in command.schema ? name : undefined);
    if (Array.isArray(value)) assignments.push(...value.map(String));
    else if (typeof value !== 'string') switches.add(name);
    else if (key === undefined) values.set(name, value);
    else settings.set(key, value);
  }
  for (const assignment of assignments) settings.set(...splitAssignment(assignment));
  return { switches, values, settings };
}

type GivenFlags = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

function readFlags(command: Command, flags: readonly Flag[], argv: readonly string[]): GivenFlags {
  const options: NonNullable<ParseArgsConfig['options']> = {};
  for (const key of Object.keys(command.schema)) options[key] = { type: 'string' };
  for (const { name, short, value } of flags) {
    const type = value === undefined ? 'boolean' : 'string';
    options[name] = { type, multiple: name === 'set', ...(short === undefined ? {} : { short }) };
  }
  try {
    return parseArgs({ args: [...argv], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(describeParseError(error as NodeJS.ErrnoException, Object.keys(options)), { cause: error });
  }
}

function describeParseError(error: NodeJS.ErrnoException, names: readonly string[]): string {
  const [, unknown] = /^Unknown option '(-[^']*)'/.exec(error.message) ?? [];
  if (unknown !== undefined) {
    const near = nearest(unknown.replace(/^-+/, ''), names);
    return `there is no flag ${unknown}${near === undefined ? '' : ` (did you mean --${near}?)`}`;
  }
  const [first = error.message] = error.message.split(/\. /, 1);
  return first;
}

function splitAssignment(assignment: string): [key: string, value: string] {
  const equals = assignment.indexOf('=');
  if (equals <= 0) throw new UsageError(`--set takes KEY=VALUE, not "${assignment}"`);
  return [assignment.slice(0, equals).trim(), assignment.slice(equals + 1)];
}

/** The text for `--help`. */
export function formatHelp(command: Command): string {
  const lines = [...command.flags, ...COMMON_FLAGS].map((flag) => {
    const name = `  ${flag.short === undefined ? '    ' : `-${flag.short}, `}--${flag.name}`;
    const left = flag.value === undefined ? name : `${name} ${flag.value}`;
    return `${left.padEnd(HELP_INDENT - 1)} ${flag.doc}`;
  });
  return [
    `usage: ${command.name} ${command.usage}`,
    '',
    command.summary,
    '',
    ...lines,
    '',
    'Every configuration key is a flag too, e.g. --flushDiskType SYNC_FLUSH. A flag wins over the environment',
    '(RINGMQ_FLUSH_DISK_TYPE), the environment over the file, the file over the default. Keys: docs/configuration.md.',
    '',
  ].join('\n');
}
