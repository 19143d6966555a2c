/**
 * The binary form of a command's header. Main thread. Java: RocketMQSerializable.
 *
 *   | code | language | version | opaque | flag | remarkLen | remark | extLen | (keyLen, key, valueLen, value)* |
 *     int16  int8       int16     int32    int32  int32                int32     int16        int32
 *
 * Codes over 32,767 (the POP family) do not fit and travel in JSON headers only.
 * Invariant: nothing outside `[start, end)` is read, whatever the lengths inside say.
 */
import { ProtocolError } from '../base/errors.js';
import { languageCode, languageName } from './language-code.js';
import { SerializeType, type ExtFields, type RemotingCommand } from './remoting-command.js';

/** Everything but remark and extFields. */
const FIXED_BYTES = 2 + 1 + 2 + 4 + 4 + 4 + 4;
/** UTF-16 to UTF-8 at its worst. */
const MAX_BYTES_PER_CHAR = 3;

/** Reads the header in `buffer[start, end)`; the body is left undefined. */
export function decodeRocketmqHeader(buffer: Buffer, start: number, end: number): RemotingCommand {
  const reader = new HeaderReader(buffer, start, end);
  const command: RemotingCommand = {
    code: reader.int16(),
    language: languageName(reader.int8()),
    version: reader.int16(),
    opaque: reader.int32(),
    flag: reader.int32(),
    remark: reader.text(reader.int32()),
    extFields: undefined,
    body: undefined,
    serializeType: SerializeType.ROCKETMQ,
  };
  const extBytes = reader.int32();
  if (extBytes !== 0) command.extFields = decodeExtFields(reader, extBytes);
  return command;
}

function decodeExtFields(reader: HeaderReader, bytes: number): ExtFields {
  const end = reader.endOf(bytes);
  const fields: ExtFields = {};
  while (reader.offset < end) {
    const key = reader.text(reader.int16());
    const value = reader.text(reader.int32());
    // Compat: Apache reads an empty value as null, which its headers take for missing.
    if (key !== undefined && value !== undefined) fields[key] = value;
  }
  if (reader.offset !== end) throw new ProtocolError('a header field goes past the end of extFields');
  return fields;
}

/** At least as many bytes as {@link encodeRocketmqHeader} will write. */
export function rocketmqHeaderBound(command: RemotingCommand): number {
  let chars = command.remark?.length ?? 0;
  let lengths = 0;
  for (const key in command.extFields) {
    chars += key.length + (command.extFields[key]?.length ?? 0);
    lengths += 6;
  }
  return FIXED_BYTES + lengths + chars * MAX_BYTES_PER_CHAR;
}

/** Writes the header at `start` and gives its end. */
export function encodeRocketmqHeader(command: RemotingCommand, target: Buffer, start: number): number {
  let offset = target.writeUInt16BE(command.code & 0xffff, start);
  offset = target.writeUInt8(languageCode(command.language), offset);
  offset = target.writeUInt16BE(command.version & 0xffff, offset);
  offset = target.writeInt32BE(command.opaque | 0, offset);
  offset = target.writeInt32BE(command.flag | 0, offset);
  const remarkBytes = target.write(command.remark ?? '', offset + 4);
  offset = target.writeInt32BE(remarkBytes, offset) + remarkBytes;
  const extStart = offset + 4;
  const end = encodeExtFields(command.extFields, target, extStart);
  target.writeInt32BE(end - extStart, offset);
  return end;
}

function encodeExtFields(fields: ExtFields | undefined, target: Buffer, start: number): number {
  let offset = start;
  for (const key in fields) {
    const keyBytes = target.write(key, offset + 2);
    offset = target.writeInt16BE(keyBytes, offset) + keyBytes;
    const valueBytes = target.write(fields[key] ?? '', offset + 4);
    offset = target.writeInt32BE(valueBytes, offset) + valueBytes;
  }
  return offset;
}

/** Reads forward through one header. */
class HeaderReader {
  offset: number;
  readonly #buffer: Buffer;
  readonly #end: number;

  constructor(buffer: Buffer, start: number, end: number) {
    this.#buffer = buffer;
    this.offset = start;
    this.#end = end;
  }

  /** Where `bytes` from here end; throws if that is not within the header. */
  endOf(bytes: number): number {
    const end = this.offset + bytes;
    if (bytes < 0 || end > this.#end) throw new ProtocolError(`a length of ${bytes} goes past the end of the header`);
    return end;
  }

  int8(): number {
    return this.#buffer.readInt8(this.#advance(1));
  }

  int16(): number {
    return this.#buffer.readInt16BE(this.#advance(2));
  }

  int32(): number {
    return this.#buffer.readInt32BE(this.#advance(4));
  }

  text(bytes: number): string | undefined {
    if (bytes === 0) return undefined;
    const start = this.#advance(bytes);
    return this.#buffer.toString('utf8', start, start + bytes);
  }

  #advance(bytes: number): number {
    const start = this.offset;
    this.offset = this.endOf(bytes);
    return start;
  }
}
