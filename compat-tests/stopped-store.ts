/**
 * A store that nobody has at the moment, looked at byte by byte: names and sizes of all files, every record of the log, the record that fills a full
 * segment, what each maker's stop leaves behind. Written on bare bytes: the tests must not lean on the code under test.
 * Invariant: what one broker wrote is still there after the other has had the store.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const MAGIC_V1 = 0xdaa320a7 | 0;
const MAGIC_V2 = 0xdaa320ab | 0;
const MAGIC_BLANK = 0xcbd43194 | 0;
const BLANK_BYTES = 8;
const SYS_FLAG_AT = 36;
const COMPRESSED = 1;
const TRANSACTION_TYPE = 0xc;
const TRANSACTION_COMMIT = 0x8;
const BORN_HOST_V6 = 0x10;
const CONSUME_QUEUE_FILE_BYTES = 6_000_000;
const INDEX_FILE_BYTES = 40 + 5_000_000 * 4 + 20_000_000 * 20;
const CHECKPOINT_BYTES = 4096;
/** Tables whose entries a handover must not change, and where in the file they are. */
const TABLES: readonly (readonly [string, string])[] = [
  ['topics.json', 'topicConfigTable'],
  ['subscriptionGroup.json', 'subscriptionGroupTable'],
  ['consumerFilter.json', 'filterDataByTopic'],
];
/** Files in `config` that both makers write. All others are Apache's own, and ours leaves them as they are. */
const SHARED_CONFIG = /^config\/(topics|subscriptionGroup|consumerOffset|delayOffset|consumerFilter)\.json/;
/** What changes in a filter when its consumers come and go. */
const PRESENCE = new Set(['dead', 'deadTime', 'clientVersion']);

/** Files that come and go as their maker likes: RocksDB's, and one that was being written. */
const OWN_AFFAIRS = /^rocksdbstore\/|\.tmp$/;

type Table = Readonly<Record<string, unknown>>;

/** How many records of the log are of each kind. */
interface Kinds {
  all: number;
  v2: number;
  bornV6: number;
  compressed: number;
  committed: number;
  rolls: number;
}

function fail(what: string): never {
  throw new Error(`the store's files: ${what}`);
}

function filesUnder(folder: string, prefix = ''): string[] {
  return readdirSync(join(folder, prefix), { withFileTypes: true }).flatMap((entry) => {
    const path = join(prefix, entry.name);
    return entry.isDirectory() ? filesUnder(folder, path) : [path];
  });
}

/** Fastjson writes numbers as keys without quotes. */
function parse(text: string): Table {
  return JSON.parse(text.replaceAll(/([{,]\s*)(\d+)\s*:/g, '$1"$2":')) as Table;
}

/** The same text for the same content, in whichever order a maker wrote it. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(
          Object.entries(inner)
            .filter(([name]) => !PRESENCE.has(name))
            .toSorted(([a], [b]) => (a < b ? -1 : 1)),
        )
      : inner,
  );
}

/** See the file's comment. */
export class StoppedStore {
  readonly #folder: string;
  readonly #segmentBytes: number;
  #filesBefore: readonly string[] = [];
  readonly #tablesBefore = new Map<string, Table>();
  readonly #ownConfigBefore = new Map<string, string>();
  #kinds: Kinds | undefined;

  constructor(folder: string, segmentBytes: number) {
    this.#folder = folder;
    this.#segmentBytes = segmentBytes;
  }

  /** Checks everything after a broker's SIGTERM; a sentence on what was seen. */
  checkAfterStop(maker: string): string {
    const files = filesUnder(this.#folder);
    const gone = this.#filesBefore.filter((path) => !files.includes(path) && !OWN_AFFAIRS.test(path));
    if (gone.length > 0) fail(`${maker} has removed ${gone.join(', ')}`);
    this.#filesBefore = files.filter((path) => !this.#isUnusedSegment(path));
    for (const path of files) this.#checkFile(path);
    if (files.includes('abort')) fail(`${maker} has left abort`);
    for (const needed of ['checkpoint', 'lock', 'config/topics.json', 'config/topics.json.bak']) {
      if (!files.includes(needed)) fail(`${maker} has left no ${needed}`);
    }
    for (const [file, table] of TABLES) this.#checkTable(maker, file, table);
    this.#checkOwnConfig(maker, files);
    const kinds = (this.#kinds = this.#readLog());
    return `${kinds.all} records, ${kinds.rolls} full segments, ${files.length} files`;
  }

  /** The log has records of every kind; otherwise the case proves less than it says. */
  checkEveryKind(): void {
    const missing = Object.entries(this.#kinds ?? { all: 0 }).filter(([, count]) => count === 0);
    if (missing.length > 0) fail(`no records of the kinds ${missing.map(([kind]) => kind).join(', ')}`);
  }

  /** A segment that was made ahead of its need. */
  #isUnusedSegment(path: string): boolean {
    if (!path.startsWith('commitlog/')) return false;
    return readFileSync(join(this.#folder, path)).readInt32BE(0) === 0;
  }

  #checkFile(path: string): void {
    const { size } = statSync(join(this.#folder, path));
    const [folder = '', ...rest] = path.split('/');
    const name = rest.at(-1) ?? '';
    const isSegment = /^\d{20}$/.test(name);
    if (folder === 'commitlog' && (!isSegment || size !== this.#segmentBytes)) fail(`${path} of ${size} bytes`);
    if (folder === 'commitlog' && Number(name) % this.#segmentBytes !== 0) fail(`the name ${path}`);
    if (folder === 'consumequeue' && (!isSegment || size !== CONSUME_QUEUE_FILE_BYTES))
      fail(`${path} of ${size} bytes`);
    if (folder === 'index' && (!/^\d{17}$/.test(name) || size !== INDEX_FILE_BYTES)) fail(`${path} of ${size} bytes`);
    if (path === 'checkpoint' && size !== CHECKPOINT_BYTES) fail(`a checkpoint of ${size} bytes`);
    if (path === 'lock' && readFileSync(join(this.#folder, path), 'utf8') !== 'lock') fail('another content of lock');
  }

  /** What was in a table when the store was last looked at is in it now, as it was. */
  #checkTable(maker: string, file: string, table: string): void {
    const path = join(this.#folder, 'config', file);
    if (!existsSync(path)) return;
    const now = parse(readFileSync(path, 'utf8'))[table] as Table | undefined;
    if (now === undefined) fail(`${file} without ${table}`);
    for (const [name, entry] of Object.entries(this.#tablesBefore.get(file) ?? {})) {
      if (canonical(now[name]) !== canonical(entry))
        fail(`${maker} has changed ${name} of ${file} from ${canonical(entry)} to ${canonical(now[name])}`);
    }
    this.#tablesBefore.set(file, now);
  }

  #checkOwnConfig(maker: string, files: readonly string[]): void {
    for (const path of files.filter((each) => each.startsWith('config/') && !SHARED_CONFIG.test(each))) {
      const content = readFileSync(join(this.#folder, path), 'latin1');
      const before = this.#ownConfigBefore.get(path);
      if (maker === 'ringmq' && before !== undefined && before !== content) fail(`ringmq has changed ${path}`);
      this.#ownConfigBefore.set(path, content);
    }
  }

  /** Every byte of the log up to its end belongs to a record or to the one that fills a segment. */
  #readLog(): Kinds {
    const kinds: Kinds = { all: 0, v2: 0, bornV6: 0, compressed: 0, committed: 0, rolls: 0 };
    const folder = join(this.#folder, 'commitlog');
    const names = readdirSync(folder).toSorted();
    let isAtEnd = false;
    for (const name of names) {
      const segment = readFileSync(join(folder, name));
      if (isAtEnd && segment.readInt32BE(0) !== 0) fail(`records in ${name}, behind the log's end`);
      if (isAtEnd) continue;
      isAtEnd = !readSegment(segment, name, kinds);
    }
    return kinds;
  }
}

/** True when the segment is full. */
function readSegment(segment: Buffer, name: string, kinds: Kinds): boolean {
  for (let at = 0; ;) {
    const sizeBytes = segment.readInt32BE(at);
    const magic = segment.readInt32BE(at + 4);
    if (sizeBytes === 0 && magic === 0) return false;
    if (magic === MAGIC_BLANK) {
      if (at + sizeBytes !== segment.length) fail(`the blank at ${at} of ${name} ends at ${at + sizeBytes}`);
      // What is behind size and magic code counts for nothing: Apache's leaves parts of a batch there that did not fit.
      kinds.rolls++;
      return true;
    }
    if (magic !== MAGIC_V1 && magic !== MAGIC_V2) fail(`no record at ${at} of ${name}`);
    const sysFlag = segment.readInt32BE(at + SYS_FLAG_AT);
    kinds.all++;
    if (magic === MAGIC_V2) kinds.v2++;
    if ((sysFlag & BORN_HOST_V6) !== 0) kinds.bornV6++;
    if ((sysFlag & COMPRESSED) !== 0) kinds.compressed++;
    if ((sysFlag & TRANSACTION_TYPE) === TRANSACTION_COMMIT) kinds.committed++;
    at += sizeBytes;
    if (at + BLANK_BYTES > segment.length) fail(`no blank at the end of ${name}`);
  }
}
