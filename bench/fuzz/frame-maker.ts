/**
 * Random and mutated frames, each category one function. Fuzz process.
 * Invariant: none of them names the check's topic, and UPDATE_BROKER_CONFIG and UPDATE_NAMESRV_CONFIG (25, 318) never get a body with
 * a key that exists: everything else may be asked of a broker.
 */
import { SPECIAL_BODIES } from './fuzz-bodies.js';
import type { Random } from './random.js';
import {
  EXTREME_VALUES,
  fieldNames,
  FUZZ_NAMES,
  NAME_FIELDS,
  PLAUSIBLE_VALUES,
  REQUEST_CODES,
} from './request-catalogue.js';

/** What a broker may do with it: answer or close at once, or wait for bytes that never come. */
export type Expectation = 'handled' | 'awaits more';

/** Bytes to send. */
export interface FuzzFrame {
  readonly category: string;
  readonly bytes: Buffer;
  readonly expectation: Expectation;
}

const OPAQUES_PER_CODE = 1000;
const CONFIG_CODES = new Set([25, 318]);
const LENGTHS = [
  0, 1, 2, 3, 4, 5, 7, 8, 0xff, 0xffff, 16_777_215, 16_777_216, 16_777_217, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff,
];
const LANGUAGES = ['JAVA', 'GO', 'CPP', 'PYTHON', 'KLINGON', '', 7, null, {}];
const ODD_VALUES: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e300,
  [],
  {},
  [[[]]],
  { a: { b: 1 } },
  'x',
  '7',
  '',
];

interface Header {
  readonly [name: string]: unknown;
  readonly code: unknown;
}

/** `length`: what the frame says of itself, if not the truth. */
function frameOf(header: Buffer, body: Buffer, serialization: number, length?: number, headerLength?: number): Buffer {
  const frame = Buffer.allocUnsafe(8 + header.length + body.length);
  frame.writeUInt32BE((length ?? 4 + header.length + body.length) >>> 0, 0);
  frame.writeUInt32BE((((serialization & 0xff) << 24) | ((headerLength ?? header.length) & 0xff_ffff)) >>> 0, 4);
  header.copy(frame, 8);
  body.copy(frame, 8 + header.length);
  return frame;
}

function randomBody(random: Random, code: number): Buffer {
  if (CONFIG_CODES.has(code)) return Buffer.from('fuzzUnknownKey=1\n');
  const kind = random.below(4);
  if (kind === 0) return Buffer.alloc(0);
  if (kind === 1) return random.bytes(random.below(200));
  if (kind === 2) return random.bytes(random.below(8000));
  return random.pick(SPECIAL_BODIES);
}

function randomValue(random: Random, name: string): string {
  const names = NAME_FIELDS.get(name);
  if (names !== undefined && !random.oneIn(4)) return random.pick(FUZZ_NAMES[names]);
  if (random.oneIn(8)) return random.bytes(random.below(40)).toString('latin1');
  if (random.oneIn(2)) return random.pick(PLAUSIBLE_VALUES);
  if (random.oneIn(200)) return 'v'.repeat(random.below(70_000));
  return random.pick(EXTREME_VALUES);
}

function randomFields(random: Random, code: number): Record<string, string> {
  const fields: Record<string, string> = {};
  const keepOneIn = random.pick([1, 1, 1, 2, 4]);
  for (const name of fieldNames(code)) {
    if (keepOneIn === 1 ? !random.oneIn(10) : random.oneIn(keepOneIn)) fields[name] = randomValue(random, name);
  }
  return fields;
}

/** Tells the request code by itself, since answers may come late; stays below the sentinels' opaques. */
function fuzzOpaque(random: Random, code: number): number {
  return code * OPAQUES_PER_CODE + random.below(OPAQUES_PER_CODE);
}

/** The request code that an answer with this opaque is about. */
export function requestCodeOf(opaque: number): number {
  return Math.floor(opaque / OPAQUES_PER_CODE);
}

function jsonHeader(random: Random, code: number): Header {
  return {
    code,
    extFields: randomFields(random, code),
    flag: random.pick([0, 0, 0, 0, 0, 2, 1, 3, -1]),
    language: random.pick(['JAVA', 'GO', 'CPP']),
    opaque: fuzzOpaque(random, code),
    serializeTypeCurrentRPC: 'JSON',
    version: random.pick([0, 317, 497, 2 ** 31 - 1]),
  };
}

/** Java: RocketMQSerializable. | code 2 | language 1 | version 2 | opaque 4 | flag 4 | remark 4 + n | fields 4 + n × (2 + key, 4 + value) | */
function binaryHeader(random: Random, code: number): Buffer {
  const head = Buffer.alloc(17);
  head.writeUInt16BE(code & 0xffff, 0);
  head.writeUInt8(random.pick([0, 0, 9, 200]), 2);
  head.writeUInt16BE(497, 3);
  head.writeUInt32BE(fuzzOpaque(random, code), 5);
  head.writeUInt32BE(random.pick([0, 0, 0, 2, 1]), 9);
  const fields = Object.entries(randomFields(random, code)).map(([key, value]) => {
    const [keyBytes, valueBytes] = [Buffer.from(key), Buffer.from(value)];
    const lengths = [Buffer.alloc(2), Buffer.alloc(4)] as const;
    lengths[0].writeUInt16BE(keyBytes.length);
    lengths[1].writeUInt32BE(valueBytes.length);
    return Buffer.concat([lengths[0], keyBytes, lengths[1], valueBytes]);
  });
  const fieldBytes = Buffer.concat(fields);
  const fieldLength = Buffer.alloc(4);
  fieldLength.writeUInt32BE(fieldBytes.length);
  return Buffer.concat([head, fieldLength, fieldBytes]);
}

type Maker = (random: Random) => Omit<FuzzFrame, 'category'>;

const validJson: Maker = (random) => {
  const code = random.pick(REQUEST_CODES);
  const header = Buffer.from(JSON.stringify(jsonHeader(random, code)));
  return { bytes: frameOf(header, randomBody(random, code), 0), expectation: 'handled' };
};

const validBinary: Maker = (random) => {
  const code = random.pick(REQUEST_CODES) & 0xffff;
  return { bytes: frameOf(binaryHeader(random, code), randomBody(random, code), 1), expectation: 'handled' };
};

const randomBytes: Maker = (random) => ({
  bytes: random.bytes(1 + random.below(300)),
  expectation: 'awaits more',
});

const randomAfterLength: Maker = (random) => {
  const frame = random.bytes(5 + random.below(300));
  frame.writeUInt32BE(frame.length - 4, 0);
  return { bytes: frame, expectation: 'handled' };
};

const truncated: Maker = (random) => {
  const { bytes } = random.oneIn(2) ? validJson(random) : validBinary(random);
  return { bytes: bytes.subarray(0, random.below(bytes.length)), expectation: 'awaits more' };
};

const wrongLength: Maker = (random) => {
  const { bytes } = random.oneIn(2) ? validJson(random) : validBinary(random);
  bytes.writeUInt32BE(random.oneIn(2) ? random.pick(LENGTHS) : random.uint32(), 0);
  return { bytes, expectation: 'awaits more' };
};

const wrongHeaderLength: Maker = (random) => {
  const { bytes } = random.oneIn(2) ? validJson(random) : validBinary(random);
  const length = random.oneIn(2) ? random.pick(LENGTHS) : random.below(bytes.length + 20);
  bytes.writeUIntBE(length & 0xff_ffff, 5, 3);
  return { bytes, expectation: 'handled' };
};

const unknownSerialization: Maker = (random) => {
  const { bytes } = validJson(random);
  bytes.writeUInt8(2 + random.below(254), 4);
  return { bytes, expectation: 'handled' };
};

const oddTypes: Maker = (random) => {
  const code = random.pick(REQUEST_CODES);
  const header: Record<string, unknown> = { ...jsonHeader(random, code) };
  for (const name of Object.keys(header)) if (random.oneIn(3)) header[name] = random.pick(ODD_VALUES);
  if (random.oneIn(3)) header['language'] = random.pick(LANGUAGES);
  if (random.oneIn(3))
    header['extFields'] = Object.fromEntries(fieldNames(code).map((name) => [name, random.pick(ODD_VALUES)]));
  const top = random.oneIn(10) ? random.pick(ODD_VALUES) : header;
  return {
    code,
    bytes: frameOf(Buffer.from(JSON.stringify(top)), randomBody(random, code), 0),
    expectation: 'handled',
  };
};

const brokenHeader: Maker = (random) => {
  const code = random.pick(REQUEST_CODES);
  const isJson = random.oneIn(2);
  const header = isJson ? Buffer.from(JSON.stringify(jsonHeader(random, code))) : binaryHeader(random, code & 0xffff);
  for (let flips = 1 + random.below(6); flips > 0; flips--) header[random.below(header.length)] = random.below(256);
  return { bytes: frameOf(header, randomBody(random, 25), isJson ? 0 : 1), expectation: 'handled' };
};

const deepJson: Maker = (random) => {
  const depth = 1 + random.below(20_000);
  const header = Buffer.from(`{"code":310,"opaque":1,"extFields":${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}}`);
  return { bytes: frameOf(header, Buffer.alloc(0), 0), expectation: 'handled' };
};

/** Category, its share of all frames, its maker. Most frames get past the frame decoder: that is where the code is. */
const CATEGORIES: readonly (readonly [category: string, weight: number, maker: Maker])[] = [
  ['valid frame, JSON header', 35, validJson],
  ['valid frame, ROCKETMQ header', 20, validBinary],
  ['odd field types', 15, oddTypes],
  ['header with flipped bytes', 8, brokenHeader],
  ['random bytes', 4, randomBytes],
  ['random bytes after a right length', 4, randomAfterLength],
  ['truncated', 4, truncated],
  ['wrong frame length', 4, wrongLength],
  ['wrong header length', 4, wrongHeaderLength],
  ['unknown serialisation', 1, unknownSerialization],
  ['deeply nested header', 1, deepJson],
];
const WEIGHT_SUM = CATEGORIES.reduce((sum, [, weight]) => sum + weight, 0);

/** The next frame of the stream that `random` makes. */
export function makeFrame(random: Random): FuzzFrame {
  let at = random.below(WEIGHT_SUM);
  for (const [category, weight, maker] of CATEGORIES) {
    if (at < weight) return { category, ...maker(random) };
    at -= weight;
  }
  throw new Error('the weights do not add up');
}
