/**
 * Which bits a group and topic have in the bitmaps of Apache's extended consume queues. Main thread. Java: BloomFilter, Guava's murmur3_128.
 * We make no such bitmaps, but an Apache broker that reads our consumerFilter.json throws all of it away unless the bits are right.
 */
import type { BloomFilterData } from '../remoting/bodies/consumer-filter-table.js';

const BITS_A_BYTE = 8;

/** A filter's size, from which the bits follow. */
export class BloomFilter {
  readonly #hashes: number;
  readonly #bits: number;

  /** For `expectedCount` members of which `errorRatePercent` may be taken for others. */
  constructor(errorRatePercent: number, expectedCount: number) {
    const errorRate = errorRatePercent / 100;
    this.#hashes = Math.ceil(Math.log(errorRate) / Math.log(0.5));
    const bits = Math.ceil(expectedCount * (Math.log(1 / errorRate) / Math.log(2)) * (Math.log(Math.E) / Math.log(2)));
    this.#bits = BITS_A_BYTE * Math.ceil(bits / BITS_A_BYTE);
  }

  /** The bits of `member`. Java: generate. */
  dataOf(member: string): BloomFilterData {
    const hash = murmur3(Buffer.from(member));
    const low = Number(BigInt.asIntN(32, hash));
    const high = Number(BigInt.asIntN(32, hash >> 32n));
    const bitPos: number[] = [];
    for (let i = 1; i <= this.#hashes; i++) {
      const combined = (low + Math.imul(i, high)) | 0;
      bitPos.push((combined < 0 ? ~combined : combined) % this.#bits);
    }
    return { bitNum: this.#bits, bitPos };
  }
}

const BLOCK_BYTES = 16;
const C1 = 0x87c37b91114253d5n;
const C2 = 0x4cf5ad432745937fn;

function u64(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}

function rotate(value: bigint, bits: bigint): bigint {
  return u64(value << bits) | (value >> (64n - bits));
}

function mixLow(k: bigint): bigint {
  return u64(rotate(u64(k * C1), 31n) * C2);
}

function mixHigh(k: bigint): bigint {
  return u64(rotate(u64(k * C2), 33n) * C1);
}

function finish(value: bigint): bigint {
  let h = value;
  h = u64((h ^ (h >> 33n)) * 0xff51afd7ed558ccdn);
  h = u64((h ^ (h >> 33n)) * 0xc4ceb9fe1a85ec53n);
  return h ^ (h >> 33n);
}

/** The first 64 bits of MurmurHash3 x64 128 with seed 0. */
function murmur3(bytes: Buffer): bigint {
  const whole = bytes.length - (bytes.length % BLOCK_BYTES);
  let h1 = 0n;
  let h2 = 0n;
  for (let at = 0; at < whole; at += BLOCK_BYTES) {
    h1 = u64(rotate(h1 ^ mixLow(bytes.readBigUInt64LE(at)), 27n) + h2);
    h1 = u64(h1 * 5n + 0x52dce729n);
    h2 = u64(rotate(h2 ^ mixHigh(bytes.readBigUInt64LE(at + 8)), 31n) + h1);
    h2 = u64(h2 * 5n + 0x38495ab5n);
  }
  // A last block of zeros changes nothing.
  const rest = Buffer.alloc(BLOCK_BYTES);
  bytes.copy(rest, 0, whole);
  h1 ^= mixLow(rest.readBigUInt64LE(0));
  h2 ^= mixHigh(rest.readBigUInt64LE(8));
  const length = BigInt(bytes.length);
  h1 = u64((h1 ^ length) + (h2 ^ length));
  h2 = u64((h2 ^ length) + h1);
  return u64(finish(h1) + finish(h2));
}
