/** The id by which a broker finds a message: its host and physical offset. Any thread. Java: MessageDecoder.createMessageId, MessageId. */
import { readInt64 } from './stored-record.js';

const HEX_DIGITS = 16;
const UNKNOWN_OFFSET_HEX = 'F'.repeat(HEX_DIGITS);
let lastHost: Uint8Array | undefined;
let lastHostHex = '';

/**
 * Upper-case hexadecimal of the store host (8 or 20 bytes) and the physical offset: 32 or 56 characters. A host's bytes are not changed
 * after it was given here.
 */
export function createOffsetMessageId(storeHost: Uint8Array, physicalOffset: number): string {
  // Hot: one broker has one host; making its text anew for each message cost 0.4 µs.
  if (storeHost !== lastHost) {
    lastHost = storeHost;
    lastHostHex = Buffer.from(storeHost).toString('hex').toUpperCase();
  }
  // -1, an offset that is not known.
  if (physicalOffset < 0) return lastHostHex + UNKNOWN_OFFSET_HEX;
  return lastHostHex + physicalOffset.toString(16).toUpperCase().padStart(HEX_DIGITS, '0');
}

/** The physical offset in an id, or undefined if it is none. */
export function physicalOffsetOfMessageId(messageId: string): number | undefined {
  if (!/^(?:[0-9a-fA-F]{32}|[0-9a-fA-F]{56})$/.test(messageId)) return undefined;
  const bytes = Buffer.from(messageId, 'hex');
  return readInt64(bytes, bytes.length - 8);
}
