/**
 * The dialect that fastjson writes for maps whose keys are not strings: `{0:"a"}` and `{{"queueId":0}:{…}}`, neither of them JSON.
 * Main thread. Java: RemotingSerializable over fastjson (4.x, 5.x) and fastjson2 (5.5).
 * Invariant: only a Map with keys other than strings is written as something that is not JSON.
 */
import { RequestError } from '../base/errors.js';
import { FastjsonReader, type FastjsonValue } from './fastjson-reader.js';
import { ResponseCode } from './response-code.js';

/**
 * How keys that are not strings are written: `fastjson` as they are, for the readers that Apache's clients and tools have;
 * `standard` as quoted text, for requests with `acceptStandardJsonOnly`.
 */
export type KeyForm = 'fastjson' | 'standard';

/**
 * Writes plain objects, Maps, arrays, strings, numbers and booleans. Members that are null or undefined are left out, as fastjson does;
 * in an array they are `null`.
 */
export function stringifyFastjson(value: unknown, keyForm: KeyForm = 'fastjson'): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value !== 'object') return JSON.stringify(value);
  if (value instanceof Int32Array) return `[${value.join()}]`;
  if (Array.isArray(value)) return `[${value.map((element) => stringifyFastjson(element, keyForm)).join()}]`;
  const entries: Iterable<[unknown, unknown]> = value instanceof Map ? value : Object.entries(value);
  const members: string[] = [];
  for (const [key, member] of entries) {
    if (member === null || member === undefined) continue;
    members.push(`${stringifyKey(key, keyForm)}:${stringifyFastjson(member, keyForm)}`);
  }
  return `{${members.join()}}`;
}

function stringifyKey(key: unknown, keyForm: KeyForm): string {
  const text = stringifyFastjson(key, keyForm);
  return keyForm === 'fastjson' || typeof key === 'string' ? text : JSON.stringify(text);
}

/** As {@link stringifyFastjson}, in UTF-8: a command's body. */
export function encodeFastjson(value: unknown, keyForm: KeyForm = 'fastjson'): Buffer {
  return Buffer.from(stringifyFastjson(value, keyForm));
}

/**
 * Reads JSON and the dialect. An object with a key that is itself an object becomes a Map, any other a plain object, its numeric
 * keys as text. Throws RequestError (SYSTEM_ERROR, as Apache answers) for anything else.
 */
export function parseFastjson(text: string): FastjsonValue {
  try {
    return JSON.parse(text) as FastjsonValue;
  } catch {
    // Not JSON, so perhaps the dialect: the reader says what is wrong if it is neither.
    return new FastjsonReader(text, fail).readDocument();
  }
}

/** As {@link parseFastjson}, of a command's body; undefined if there is none. */
export function decodeFastjson(body: Buffer | undefined): FastjsonValue | undefined {
  return body === undefined || body.length === 0 ? undefined : parseFastjson(body.toString('utf8'));
}

function fail(problem: string): never {
  throw new RequestError(ResponseCode.SYSTEM_ERROR, `the body is not JSON: ${problem}`);
}
