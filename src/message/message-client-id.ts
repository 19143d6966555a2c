/**
 * Ids for messages whose sender gave them none (UNIQ_KEY). Main thread. Java: MessageClientIDSetter.
 *
 *     4 address bytes | u16 pid | u32 one per process | u32 ms since the month began | u16 counter, in upper-case hexadecimal
 */
import { randomInt } from 'node:crypto';

import type { Clock } from '../base/clock.js';

/** Makes ids that differ from each other and, very likely, from other processes'. */
export class MessageClientIdSource {
  readonly #clock: Clock;
  readonly #prefix: Buffer;
  #counter = 0;

  /** `address` is this broker's, 4 bytes. */
  constructor(address: Uint8Array, clock: Clock) {
    this.#clock = clock;
    this.#prefix = Buffer.alloc(10);
    this.#prefix.set(address.subarray(0, 4));
    this.#prefix.writeUInt16BE(process.pid & 0xffff, 4);
    this.#prefix.writeUInt32BE(randomInt(0x1_0000_0000), 6);
  }

  /** The next id, 32 characters. */
  next(): string {
    const nowMs = this.#clock.nowMs();
    const now = new Date(nowMs);
    const monthStartMs = new Date(now.getFullYear(), now.getMonth(), 1).getTime();
    const bytes = Buffer.alloc(16);
    bytes.set(this.#prefix);
    bytes.writeUInt32BE((nowMs - monthStartMs) >>> 0, 10);
    bytes.writeUInt16BE(this.#counter, 14);
    this.#counter = (this.#counter + 1) & 0xffff;
    return bytes.toString('hex').toUpperCase();
  }
}
