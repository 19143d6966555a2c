/**
 * The body of a SEND_BATCH_MESSAGE request: messages one after the other, as a client encodes them. Main thread.
 * Java: MessageDecoder.encodeMessage (the client's side), MessageExtEncoder.encode(MessageExtBatch).
 *
 *     i32 totalSizeBytes | i32 magic | i32 bodyCrc | i32 flag | i32 bodySizeBytes, body | i16 propertiesSizeBytes, properties
 */
import { RequestError } from '../base/errors.js';

const FIXED_BYTES = 22;
const FLAG_POSITION = 12;
const BODY_SIZE_POSITION = 16;
/** Java: ResponseCode.MESSAGE_ILLEGAL. */
const MESSAGE_ILLEGAL = 13;

/** One message of a batch; `body` is a view into the request's body. */
export interface BatchMessage {
  readonly flag: number;
  readonly body: Buffer;
  readonly properties: string;
}

/** Splits a batch. Throws RequestError (MESSAGE_ILLEGAL) when lengths contradict each other or it is empty. */
export function decodeBatch(bytes: Buffer): BatchMessage[] {
  const messages: BatchMessage[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (bytes.length - at < FIXED_BYTES) throw illegal(at);
    const end = at + bytes.readInt32BE(at);
    const bodyStart = at + BODY_SIZE_POSITION + 4;
    const bodyEnd = bodyStart + bytes.readInt32BE(at + BODY_SIZE_POSITION);
    if (end > bytes.length || bodyEnd < bodyStart || bodyEnd + 2 > end) throw illegal(at);
    if (bodyEnd + 2 + bytes.readInt16BE(bodyEnd) !== end) throw illegal(at);
    messages.push({
      flag: bytes.readInt32BE(at + FLAG_POSITION),
      body: bytes.subarray(bodyStart, bodyEnd),
      properties: bytes.toString('utf8', bodyEnd + 2, end),
    });
    at = end;
  }
  if (messages.length === 0) throw new RequestError(MESSAGE_ILLEGAL, 'the batch holds no message');
  return messages;
}

function illegal(position: number): RequestError {
  return new RequestError(MESSAGE_ILLEGAL, `the batch is damaged at byte ${position} of its body`);
}
