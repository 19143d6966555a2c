/** The id by which a broker finds a message: its host and physical offset. Any thread. Java: MessageDecoder.createMessageId, MessageId. */
import { readInt64, writeInt64 } from './stored-record.js';

/** Upper-case hexadecimal of the store host (8 or 20 bytes) and the physical offset: 32 or 56 characters. */
export function createOffsetMessageId(storeHost: Uint8Array, physicalOffset: number): string {
  const bytes = Buffer.allocUnsafe(storeHost.length + 8);
  bytes.set(storeHost);
  writeInt64(bytes, physicalOffset, storeHost.length);
  return bytes.toString('hex').toUpperCase();
}

/** The physical offset in an id, or undefined if it is none. */
export function physicalOffsetOfMessageId(messageId: string): number | undefined {
  if (!/^(?:[0-9a-fA-F]{32}|[0-9a-fA-F]{56})$/.test(messageId)) return undefined;
  const bytes = Buffer.from(messageId, 'hex');
  return readInt64(bytes, bytes.length - 8);
}
