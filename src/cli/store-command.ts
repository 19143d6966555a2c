/**
 * `ringmq store check` and `ringmq store dump`: looks at a store without a broker, and never writes to it. Main thread. Java: none.
 * Invariant: what is asked for goes to stdout, progress and warnings to stderr.
 */
import { resolve } from 'node:path';
import { parseArgs, type ParseArgsConfig } from 'node:util';

import { nodeFileSystem } from '../commitlog/file-system.js';
import { isStoreLocked } from '../commitlog/store-lock.js';
import { ProblemList } from '../inspection/problem.js';
import { type CheckProgress, checkStore, type StoreReport } from '../inspection/store-check.js';
import { type DumpedRecord, dumpRecords } from '../inspection/store-dump.js';
import { readStoreLayout, type StorePlace } from '../inspection/store-layout.js';
import { ExitCode, UsageError } from './exit-code.js';

const HELP = `usage: ringmq store check DIR [--json] [flags]
       ringmq store dump DIR [--topic T [--queue N]] [--from OFFSET] [--count N] [--key K] [--body text|hex|none] [--json] [flags]

check  reads the store in DIR, RingMQ's or Apache's, without writing to it: the log's records and their CRCs, consume queues against the log
       both ways, the index against the log, groups' offsets and the checkpoint. Ends with 0 if all is well, 1 if there is damage, 2 if it was
       asked wrongly. What the next start mends by itself, after a crash, is a note. Beside a running broker, what is being written may show as damage.
dump   prints records as they are stored: from physical offset --from of the log on, or with --topic and --queue along that queue from its offset
       --from on; --key takes a message's key or unique key; --count is 10 unless given.

  --json                  one JSON document (check), one JSON object a line (dump)
  --commitlog DIR         the log's folder, if it is not DIR/commitlog
  --hash-slots N          maxHashSlotNum and
  --index-entries N       maxIndexNum of the index files, if they are not Apache's defaults
  -h, --help              print this and exit
`;

const COMMON_OPTIONS = {
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
  commitlog: { type: 'string' },
  'hash-slots': { type: 'string', default: '5000000' },
  'index-entries': { type: 'string', default: '20000000' },
} as const;

const DUMP_OPTIONS = {
  ...COMMON_OPTIONS,
  topic: { type: 'string' },
  queue: { type: 'string' },
  from: { type: 'string', default: '0' },
  count: { type: 'string', default: '10' },
  key: { type: 'string' },
  body: { type: 'string', default: 'text' },
} as const;

/** Problems that are printed one by one; `--json` has up to a thousand. */
const PROBLEMS_PRINTED_MAX = 100;
const BAR_WIDTH = 30;
const PLAIN_STEP_PERCENT = 10;

/** Runs `ringmq store …`; resolves with the exit code. */
export async function runStore(argv: readonly string[]): Promise<number> {
  const [subcommand, ...rest] = argv;
  if (subcommand === undefined || subcommand === '--help' || subcommand === '-h') {
    process.stdout.write(HELP);
    return subcommand === undefined ? ExitCode.USAGE : ExitCode.OK;
  }
  if (subcommand === 'check') return runCheck(rest);
  if (subcommand === 'dump') return runDump(rest);
  throw new UsageError(`there is no command store ${subcommand}`);
}

async function runCheck(argv: readonly string[]): Promise<number> {
  const { values, positionals } = read(argv, COMMON_OPTIONS);
  if (values.help) return printHelp();
  const place = placeOf(positionals, values);
  if (await isStoreLocked(nodeFileSystem, place.folder)) {
    process.stderr.write('a broker has this store open: what it is writing just now may show as damage\n');
  }
  const report = await checkStore(place, values.json ? () => undefined : progressTo(process.stderr));
  process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : formatReport(report));
  return report.damageCount === 0 ? ExitCode.OK : ExitCode.FAILED;
}

function runDump(argv: readonly string[]): number {
  const { values, positionals } = read(argv, DUMP_OPTIONS);
  if (values.help) return printHelp();
  const place = placeOf(positionals, values);
  const { topic, key, body } = values;
  if (!['text', 'hex', 'none'].includes(body)) throw new UsageError(`--body is text, hex or none, not ${body}`);
  const queueId = values.queue === undefined ? undefined : wholeNumber('queue', values.queue);
  if (queueId !== undefined && topic === undefined) throw new UsageError('--queue needs --topic');
  const selection = {
    topic,
    key,
    queueId,
    from: wholeNumber('from', values.from),
    count: wholeNumber('count', values.count),
  };
  const layout = readStoreLayout(nodeFileSystem, place, new ProblemList());
  dumpRecords(layout, selection, (record) => {
    process.stdout.write(values.json ? `${JSON.stringify(toJson(record, body))}\n` : formatRecord(record, body));
  });
  return ExitCode.OK;
}

function printHelp(): number {
  process.stdout.write(HELP);
  return ExitCode.OK;
}

function read<Options extends NonNullable<ParseArgsConfig['options']>>(argv: readonly string[], options: Options) {
  try {
    return parseArgs({ args: [...argv], options, strict: true, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? (error.message.split('. ', 1)[0] ?? '') : '', { cause: error });
  }
}

interface PlaceFlags {
  readonly commitlog?: string | undefined;
  readonly 'hash-slots': string;
  readonly 'index-entries': string;
}

function placeOf(positionals: readonly string[], flags: PlaceFlags): StorePlace {
  const [folder] = positionals;
  if (folder === undefined || positionals.length > 1) throw new UsageError('one folder of a store is needed');
  const place: StorePlace = {
    folder: resolve(folder),
    commitLogFolder: resolve(flags.commitlog ?? `${folder}/commitlog`),
    indexShape: {
      hashSlotNum: wholeNumber('hash-slots', flags['hash-slots']),
      indexNum: wholeNumber('index-entries', flags['index-entries']),
    },
  };
  if (nodeFileSystem.exists(place.commitLogFolder)) return place;
  throw new UsageError(`${folder} is no store: there is no folder ${place.commitLogFolder}`);
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value))
    throw new UsageError(`--${name} takes a number, not ${text}`);
  return value;
}

/** A bar on a terminal, a line for every tenth elsewhere. */
function progressTo(stream: NodeJS.WriteStream): CheckProgress {
  let lastStep = '';
  let lastPercent = 0;
  return (step, done, total) => {
    const percent = total === 0 ? 100 : Math.floor((done / total) * 100);
    if (step !== lastStep) lastPercent = -PLAIN_STEP_PERCENT;
    if (stream.isTTY) {
      if (step === lastStep && percent === lastPercent) return;
      const filled = Math.round((percent / 100) * BAR_WIDTH);
      const bar = `${'#'.repeat(filled)}${'.'.repeat(BAR_WIDTH - filled)}`;
      stream.write(`\r${step.padEnd(6)} [${bar}] ${String(percent).padStart(3)} %${percent === 100 ? '\n' : ''}`);
    } else {
      if (step === lastStep && percent < lastPercent + PLAIN_STEP_PERCENT) return;
      stream.write(`checking ${step}: ${percent} %\n`);
    }
    lastStep = step;
    lastPercent = percent;
  };
}

function formatReport(report: StoreReport): string {
  const { log, queues, index, problems, damageCount, noteCount } = report;
  const lines = problems.slice(0, PROBLEMS_PRINTED_MAX).map(({ severity, area, file, offset, text }) => {
    return `${severity.toUpperCase()} ${area} ${file}${offset < 0 ? '' : ` at ${offset}`}: ${text}`;
  });
  const notPrinted = damageCount + noteCount - lines.length;
  if (notPrinted > 0) lines.push(`… and ${notPrinted} more`);
  lines.push(
    `log      ${log.records} records in ${log.files} files, from ${log.minOffset} to ${log.endOffset}; ${log.damagedBytes} bytes damaged`,
    `queues   ${queues.entries} entries in ${queues.queues} queues; ${queues.blanks} blanks, ${queues.pendingRecords} still to be made, ${queues.recordsOfDeletedTopics} records of deleted topics`,
    `index    ${index.entries} entries in ${index.files} files`,
    `offsets  ${report.offsets} of groups and delay levels`,
    `${report.wasCleanStop ? 'stopped in order' : 'not stopped in order'}: ${damageCount} damages, ${noteCount} notes`,
    '',
  );
  return lines.join('\n');
}

function bodyOf({ body }: DumpedRecord, how: string): string | undefined {
  if (how === 'none') return undefined;
  return how === 'hex' ? body.toString('hex') : body.toString('utf8');
}

function toJson(record: DumpedRecord, how: string): object {
  return { ...record, bodySizeBytes: record.body.length, body: bodyOf(record, how) };
}

function formatRecord(record: DumpedRecord, how: string): string {
  const { topic, queueId, queueOffset, physicalOffset, sizeBytes, properties } = record;
  const times = `born ${new Date(record.bornTimestampMs).toISOString()} stored ${new Date(record.storeTimestampMs).toISOString()}`;
  const head = `${physicalOffset} ${topic}/${queueId} offset ${queueOffset} size ${sizeBytes} sysFlag ${record.sysFlag} ${times}`;
  const body = bodyOf(record, how);
  const bodyText = body === undefined ? '' : `    ${how === 'hex' ? body : JSON.stringify(body)}\n`;
  return `${head}\n    ${JSON.stringify(properties)}\n${bodyText}`;
}
