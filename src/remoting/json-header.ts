/**
 * The JSON form of a command's header, one JSON.parse and one JSON.stringify each. Main thread. Java: RemotingSerializable of RemotingCommand.
 *
 *   {"code":310,"extFields":{"a":"group",…},"flag":0,"language":"JAVA","opaque":7,"serializeTypeCurrentRPC":"JSON","version":515}
 *
 * Invariant: whatever a peer sends, what comes out has the types of RemotingCommand, or it is a ProtocolError.
 */
import { ProtocolError } from '../base/errors.js';
import { languageName, UNKNOWN_LANGUAGE } from './language-code.js';
import { SerializeType, type ExtFields, type RemotingCommand } from './remoting-command.js';

type Untrusted = Readonly<Record<string, unknown>>;

/** Reads the header in `buffer[start, end)`; the body is left undefined. */
export function decodeJsonHeader(buffer: Buffer, start: number, end: number): RemotingCommand {
  const header = parseObject(buffer.toString('utf8', start, end));
  return {
    code: integer(header['code']),
    language: language(header['language']),
    version: integer(header['version']),
    opaque: integer(header['opaque']),
    flag: integer(header['flag']),
    remark: typeof header['remark'] === 'string' ? header['remark'] : undefined,
    extFields: extFields(header['extFields']),
    body: undefined,
    serializeType: SerializeType.JSON,
  };
}

/** The header's text, fields in Apache's order. */
export function encodeJsonHeader(command: RemotingCommand): string {
  const { remark } = command;
  const ext = command.extFields === undefined ? '' : `,"extFields":${JSON.stringify(command.extFields)}`;
  const remarkMember = remark === undefined ? '' : `,"remark":${JSON.stringify(remark)}`;
  const name = command.language === 'JAVA' ? '"JAVA"' : JSON.stringify(command.language);
  return (
    `{"code":${command.code}${ext},"flag":${command.flag},"language":${name},"opaque":${command.opaque}${remarkMember}` +
    `,"serializeTypeCurrentRPC":"JSON","version":${command.version}}`
  );
}

function parseObject(text: string): Untrusted {
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch (error) {
    throw new ProtocolError('the header is not JSON', { cause: error });
  }
  if (!isObject(header)) throw new ProtocolError('the header is not a JSON object');
  return header;
}

function isObject(value: unknown): value is Untrusted {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Java: a missing number is 0. */
function integer(value: unknown): number {
  if (value === undefined || value === null) return 0;
  if (typeof value !== 'number' || (value | 0) !== value)
    throw new ProtocolError('a number of the header is not a 32-bit integer');
  return value;
}

function language(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? languageName(value) : UNKNOWN_LANGUAGE;
}

function extFields(value: unknown): ExtFields | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isObject(value)) throw new ProtocolError('extFields is not an object');
  // Hot: what JSON.parse made is used as it is when all values are strings, as they are from every known client.
  for (const key in value) {
    if (typeof value[key] !== 'string') return stringFields(value);
  }
  return value as ExtFields;
}

function textOf(member: unknown): string {
  try {
    return JSON.stringify(member);
  } catch (error) {
    // JSON.parse takes objects nested deeper than JSON.stringify does.
    throw new ProtocolError('a field of the header is nested too deeply', { cause: error });
  }
}

/** As fastjson fills a Map<String, String>: numbers and booleans become text, null is as good as missing. */
function stringFields(value: Untrusted): ExtFields {
  const fields: ExtFields = {};
  for (const [key, member] of Object.entries(value)) {
    if (member === null) continue;
    fields[key] = typeof member === 'string' ? member : textOf(member);
  }
  return fields;
}
