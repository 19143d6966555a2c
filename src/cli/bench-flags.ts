/**
 * The flags of `ringmq bench` as data: parser, defaults, limits and help follow from one table. Main thread. Java: none.
 * Invariant: a value that a flag does not take is refused with the flag's name, the value and what it takes.
 */
import { parseArgs, type ParseArgsConfig } from 'node:util';

import { nearest } from '../base/config-warning.js';
import { parseHostPort } from '../remoting/host-address.js';
import { UsageError } from './exit-code.js';

/** What is measured. */
export const BENCH_COMMANDS = ['produce', 'consume', 'e2e', 'pull', 'connections'] as const;
/** One of {@link BENCH_COMMANDS}. */
export type BenchCommand = (typeof BENCH_COMMANDS)[number];

interface BenchFlag {
  readonly value: string;
  readonly doc: string;
  /** Shown in the help. */
  readonly default?: string;
  /** Commands that take it; all, if absent. */
  readonly of?: readonly BenchCommand[];
}

const SENDING = ['produce', 'e2e', 'connections'] as const;
const FILLING = [...SENDING, 'consume', 'pull'] as const;
const PULLING = ['consume', 'e2e', 'pull'] as const;

/** Flags with values, in the order of the help. */
const FLAGS = {
  broker: { value: 'HOST:PORT', doc: 'the broker', default: '127.0.0.1:10911' },
  namesrv: {
    value: 'LIST',
    doc: 'NameServers, ; between them, in place of --broker: all masters of the topic are used',
  },
  topic: { value: 'NAME', doc: 'the topic; made if it is missing', default: 'ringmq-bench' },
  topics: { value: 'N', doc: 'that many topics: NAME-0, NAME-1, …' },
  queues: { value: 'N', doc: 'queues of a topic that is made', default: '4' },
  body: { value: 'BYTES', doc: 'size of a message body', default: '1024', of: FILLING },
  connections: { value: 'N', doc: 'connections to all brokers together', default: '4; connections: 1000' },
  'in-flight': { value: 'N', doc: 'requests in flight over all connections', default: '256', of: SENDING },
  batch: { value: 'N', doc: 'messages a request; more than 1 are sent as batches', default: '1', of: FILLING },
  mode: {
    value: 'MODE',
    doc: 'sync (one request in flight a connection), async or oneway',
    default: 'async',
    of: SENDING,
  },
  tags: { value: 'A,B', doc: 'tags of the messages, in turn; consumers subscribe to them' },
  delay: { value: 'LEVEL', doc: 'delay level, from 1 on', of: SENDING },
  rate: {
    value: 'N',
    doc: 'messages a second, and latencies from when each was due',
    default: 'none; e2e: 1000',
    of: SENDING,
  },
  prepare: { value: 'N', doc: 'send N messages first, which are not measured', of: ['consume', 'pull'] },
  'pull-batch': { value: 'N', doc: 'messages a pull, at most', default: '32', of: PULLING },
  group: { value: 'NAME', doc: 'consumer group', default: 'ringmq-bench', of: [...PULLING, 'connections'] },
  'held-pulls': {
    value: 'N',
    doc: 'long polls left hanging over the connections',
    default: '10000',
    of: ['connections'],
  },
  suspend: { value: 'SECONDS', doc: 'how long a long poll waits', default: '15', of: ['e2e', 'connections'] },
  warmup: {
    value: 'SECONDS',
    doc: 'the same load before, not measured',
    default: '2; with --messages, and consume: 0',
  },
  duration: { value: 'SECONDS', doc: 'how long to measure', default: '10' },
  messages: { value: 'N', doc: 'measure so many messages, however long it takes' },
  pid: { value: 'PID', doc: "the broker's process, if it is on this machine: its CPU time and memory (Linux)" },
  json: { value: 'FILE', doc: 'write the result as JSON; - is stdout, in place of the table' },
  svg: { value: 'FILE', doc: 'write a plot of latencies and of throughput over time' },
} satisfies Record<string, BenchFlag>;

type FlagName = keyof typeof FLAGS;

const SWITCHES = {
  'no-create': 'use only topics that are there',
  progress: 'a line of progress each second, even where stderr is no terminal',
  'no-progress': 'no progress',
  help: 'print this and exit',
};

/** Limits of numbers: what is below or above is refused. */
const LIMITS: Readonly<Partial<Record<FlagName, readonly [least: number, most: number]>>> = {
  topics: [1, 100_000],
  queues: [1, 1024],
  body: [1, 32 * 1024 * 1024],
  connections: [1, 60_000],
  'in-flight': [1, 1_000_000],
  batch: [1, 10_000],
  delay: [1, 1000],
  prepare: [1, 1e12],
  'pull-batch': [1, 1024],
  'held-pulls': [0, 10_000_000],
  messages: [1, 1e12],
  pid: [1, 2 ** 31],
};
/** Numbers that may be fractions. */
const FRACTIONS: Readonly<Partial<Record<FlagName, readonly [least: number, most: number]>>> = {
  rate: [0.01, 10_000_000],
  suspend: [0.1, 86_400],
  warmup: [0, 86_400],
  duration: [0.1, 31 * 86_400],
};

/** The longest topic or group name that brokers take. Java: Validators.TOPIC_MAX_LENGTH, CHARACTER_MAX_LENGTH. */
const NAME = /^[%|a-zA-Z0-9_-]{1,127}$/;
const TAG = /^[\w.-]+$/;
const MODES = ['sync', 'async', 'oneway'] as const;
/** Two marks of 8 bytes each: see MARKED_BODY_BYTES_MIN. */
const E2E_BODY_MIN = 16;

/** Where a server listens. */
interface Address {
  readonly host: string;
  readonly port: number;
}

/** What was asked for, checked. */
export interface BenchOptions {
  readonly command: BenchCommand;
  readonly broker: Address | undefined;
  readonly namesrvs: readonly Address[];
  readonly topics: readonly string[];
  readonly queues: number;
  readonly creates: boolean;
  readonly bodyBytes: number;
  readonly connections: number;
  readonly inFlight: number;
  readonly batchSize: number;
  readonly mode: (typeof MODES)[number];
  readonly tags: readonly string[];
  readonly delayLevel: number;
  readonly messagesPerSecond: number | undefined;
  readonly prepareMessages: number;
  readonly pullBatch: number;
  readonly group: string;
  readonly heldPulls: number;
  readonly suspendMs: number;
  readonly warmupMs: number;
  /** Infinity: until the load is done. */
  readonly durationMs: number;
  readonly messagesMax: number | undefined;
  readonly pid: number | undefined;
  readonly json: string | undefined;
  readonly svg: string | undefined;
  /** Undefined: where stderr is a terminal. */
  readonly showsProgress: boolean | undefined;
}

/** Reads the flags of `command`. Undefined: help was asked for. Throws {@link UsageError}. */
export function parseBenchFlags(command: BenchCommand, argv: readonly string[]): BenchOptions | undefined {
  const given = new GivenFlags(command, readArguments(command, argv));
  if (given.has('help')) return undefined;
  const isConsume = command === 'consume';
  const messagesMax = given.optional('messages');
  const base = given.name('topic', 'ringmq-bench');
  const topicCount = given.optional('topics');
  const options: BenchOptions = {
    command,
    ...given.servers(),
    topics: topicCount === undefined ? [base] : Array.from({ length: topicCount }, (_, i) => `${base}-${i}`),
    queues: given.number('queues', 4),
    creates: !given.has('no-create'),
    bodyBytes: given.number('body', 1024),
    connections: given.number('connections', command === 'connections' ? 1000 : 4),
    inFlight: given.number('in-flight', 256),
    batchSize: given.number('batch', 1),
    mode: given.mode(),
    tags: given.tags(),
    delayLevel: given.optional('delay') ?? 0,
    messagesPerSecond: given.optional('rate') ?? (command === 'e2e' ? 1000 : undefined),
    prepareMessages: given.optional('prepare') ?? 0,
    pullBatch: given.number('pull-batch', 32),
    group: given.name('group', 'ringmq-bench'),
    heldPulls: given.number('held-pulls', 10_000),
    suspendMs: given.number('suspend', 15) * 1000,
    warmupMs: given.number('warmup', messagesMax !== undefined || isConsume ? 0 : 2) * 1000,
    durationMs: given.number('duration', messagesMax !== undefined || isConsume ? Infinity : 10) * 1000,
    messagesMax,
    pid: given.optional('pid'),
    json: given.text('json'),
    svg: given.text('svg'),
    showsProgress: given.has('progress') ? true : given.has('no-progress') ? false : undefined,
  };
  if (command === 'e2e' && options.bodyBytes < E2E_BODY_MIN)
    throw new UsageError(
      `--body ${options.bodyBytes}: e2e needs ${E2E_BODY_MIN} or more, for what the consumer measures by`,
    );
  if (options.delayLevel > 0 && options.batchSize > 1)
    throw new UsageError('--delay with --batch: brokers take no delayed messages in batches');
  return options;
}

/** The options as the result's JSON names them: as flags. */
export function describeOptions(options: BenchOptions): Record<string, unknown> {
  const { broker, namesrvs, topics, messagesPerSecond, durationMs, messagesMax, pid } = options;
  const addressText = ({ host, port }: Address): string => `${host}:${port}`;
  return {
    ...(broker === undefined ? { namesrv: namesrvs.map(addressText).join(';') } : { broker: addressText(broker) }),
    topic: topics.length === 1 ? topics[0] : topics[0]?.replace(/-0$/, ''),
    topics: topics.length,
    queues: options.queues,
    body: options.bodyBytes,
    connections: options.connections,
    inFlight: options.mode === 'sync' ? options.connections : options.inFlight,
    batch: options.batchSize,
    mode: options.mode,
    tags: options.tags,
    delay: options.delayLevel,
    ...(messagesPerSecond === undefined ? {} : { rate: messagesPerSecond }),
    prepare: options.prepareMessages,
    pullBatch: options.pullBatch,
    heldPulls: options.command === 'connections' ? options.heldPulls : 0,
    suspendSeconds: options.suspendMs / 1000,
    warmupSeconds: options.warmupMs / 1000,
    ...(Number.isFinite(durationMs) ? { durationSeconds: durationMs / 1000 } : {}),
    ...(messagesMax === undefined ? {} : { messages: messagesMax }),
    ...(pid === undefined ? {} : { pid }),
  };
}

type Arguments = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

function readArguments(command: BenchCommand, argv: readonly string[]): Arguments {
  const options: NonNullable<ParseArgsConfig['options']> = {};
  for (const name of Object.keys(FLAGS)) options[name] = { type: 'string' };
  for (const name of Object.keys(SWITCHES)) options[name] = { type: 'boolean' };
  options['help'] = { type: 'boolean', short: 'h' };
  try {
    const { values } = parseArgs({ args: [...argv], options, strict: true, allowPositionals: false });
    const foreign = Object.keys(values).find((name) => !takes(command, name));
    if (foreign !== undefined)
      throw new UsageError(`bench ${command} takes no --${foreign}: it is for ${commandsOf(foreign)}`);
    return values;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const { message } = error as Error;
    const [, unknown] = /^Unknown option '--?([^']*)'/.exec(message) ?? [];
    if (unknown === undefined) throw new UsageError(message.split('. ', 1)[0], { cause: error });
    const near = nearest(unknown, Object.keys(options));
    const hint = near === undefined ? '' : ` (did you mean --${near}?)`;
    throw new UsageError(`there is no flag --${unknown}${hint}`, { cause: error });
  }
}

function flagOf(name: string): BenchFlag | undefined {
  return Object.hasOwn(FLAGS, name) ? FLAGS[name as FlagName] : undefined;
}

function takes(command: BenchCommand, name: string): boolean {
  return flagOf(name)?.of?.includes(command) ?? true;
}

function commandsOf(name: string): string {
  return (flagOf(name)?.of ?? BENCH_COMMANDS).join(', ');
}

/** What was given, by name and type. */
class GivenFlags {
  readonly #command: BenchCommand;
  readonly #values: Arguments;

  constructor(command: BenchCommand, values: Arguments) {
    [this.#command, this.#values] = [command, values];
  }

  has(name: keyof typeof SWITCHES): boolean {
    return this.#values[name] === true;
  }

  text(name: FlagName): string | undefined {
    const value = this.#values[name];
    if (value === '') throw new UsageError(`--${name} is empty: it takes ${FLAGS[name].value}`);
    return typeof value === 'string' ? value : undefined;
  }

  optional(name: FlagName): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const isFraction = FRACTIONS[name] !== undefined;
    const [least, most] = FRACTIONS[name] ?? LIMITS[name] ?? [0, Number.MAX_SAFE_INTEGER];
    const value = Number(text);
    if (/^\d+(\.\d+)?$/.test(text) && (isFraction || Number.isInteger(value)) && value >= least && value <= most)
      return value;
    throw new UsageError(`--${name} ${text}: a ${isFraction ? '' : 'whole '}number from ${least} to ${most}`);
  }

  number(name: FlagName, fallback: number): number {
    return this.optional(name) ?? fallback;
  }

  name(name: 'topic' | 'group', fallback: string): string {
    const text = this.text(name) ?? fallback;
    if (!NAME.test(text)) throw new UsageError(`--${name} ${text}: letters, digits, %, |, - and _, 127 at most`);
    return text;
  }

  mode(): BenchOptions['mode'] {
    const text = this.text('mode') ?? 'async';
    const mode = MODES.find((one) => one === text);
    if (mode === undefined) throw new UsageError(`--mode ${text}: one of ${MODES.join(', ')}`);
    return mode;
  }

  tags(): string[] {
    const tags = this.text('tags')?.split(',') ?? [];
    const wrong = tags.find((tag) => !TAG.test(tag));
    if (wrong === undefined) return tags;
    throw new UsageError(`--tags ${tags.join(',')}: letters, digits, _, . and -, with a comma between tags`);
  }

  servers(): Pick<BenchOptions, 'broker' | 'namesrvs'> {
    const [broker, namesrv] = [this.text('broker'), this.text('namesrv')];
    if (broker !== undefined && namesrv !== undefined)
      throw new UsageError(`--broker ${broker} and --namesrv ${namesrv}: one or the other`);
    if (namesrv === undefined) return { broker: this.#address('broker', broker ?? FLAGS.broker.default), namesrvs: [] };
    const namesrvs = namesrv.split(';').filter((text) => text !== '');
    return { broker: undefined, namesrvs: namesrvs.map((text) => this.#address('namesrv', text)) };
  }

  #address(name: FlagName, text: string): Address {
    const address = parseHostPort(text);
    if (address !== undefined && address.port > 0) return address;
    throw new UsageError(`--${name} ${text}: bench ${this.#command} takes ${FLAGS[name].value}, as in 127.0.0.1:10911`);
  }
}

const DESCRIPTIONS: Readonly<Record<BenchCommand, string>> = {
  produce: 'sends messages; latency is from request to answer, at a fixed --rate from when the request was due',
  consume: "reads a topic's backlog once, from the beginning of every queue to where it ends now; latency is a pull's",
  e2e: 'sends at a fixed rate to a consumer that waits in long polls; latency is from when a send was due to its arrival',
  pull: "reads the same backlog again and again over every connection; latency is a pull's",
  connections: 'opens many connections with many long polls left hanging, and sends over all of them',
};

const HELP_WIDTH = 26;

/** The text for `--help`, of one command or of all. */
export function formatBenchHelp(command: BenchCommand | undefined): string {
  const flags = Object.entries<BenchFlag>(FLAGS)
    .filter(([name]) => command === undefined || takes(command, name))
    .map(([name, { value, doc, default: fallback, of }]) => {
      const left = `  --${name} ${value}`.padEnd(HELP_WIDTH);
      const only = command === undefined && of !== undefined && of.length < 5 ? ` [${of.join(', ')}]` : '';
      return `${left} ${doc}${fallback === undefined ? '' : ` (${fallback})`}${only}`;
    });
  const switches = Object.entries(SWITCHES).map(([name, doc]) => `${`  --${name}`.padEnd(HELP_WIDTH)} ${doc}`);
  const commands = BENCH_COMMANDS.filter((name) => command === undefined || name === command);
  return [
    `usage: ringmq bench ${command ?? BENCH_COMMANDS.join('|')} [flags]`,
    '',
    'Measures any RocketMQ-compatible broker.',
    '',
    ...commands.map((name) => `  ${name.padEnd(HELP_WIDTH - 2)} ${DESCRIPTIONS[name]}`),
    '',
    ...flags,
    ...switches,
    '',
    'Ctrl-C ends the measuring; what was measured until then is printed. docs/bench.md tells what the figures mean.',
    '',
  ].join('\n');
}
