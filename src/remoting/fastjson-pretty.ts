/**
 * The form in which fastjson writes files: a member a line, indented with tabs, no space after colons. Main thread.
 * Java: JSON.toJSONString with SerializerFeature.PrettyFormat.
 * Invariant: but for white space it is what `stringifyFastjson` writes.
 */
import { stringifyFastjson } from './fastjson.js';

/** As `stringifyFastjson`, pretty. */
export function stringifyPretty(value: unknown, indent = ''): string {
  if (value === null || typeof value !== 'object') return stringifyFastjson(value);
  // An int[] of Java's stands on one line.
  if (value instanceof Int32Array) return stringifyFastjson(value);
  const inner = `${indent}\t`;
  if (Array.isArray(value)) {
    const elements = value.map((element) => `\n${inner}${stringifyPretty(element, inner)}`);
    return elements.length === 0 ? '[]' : `[${elements.join()}\n${indent}]`;
  }
  const entries: Iterable<[unknown, unknown]> = value instanceof Map ? value : Object.entries(value);
  const members: string[] = [];
  for (const [key, member] of entries) {
    if (member === null || member === undefined) continue;
    members.push(`\n${inner}${stringifyFastjson(key)}:${stringifyPretty(member, inner)}`);
  }
  return members.length === 0 ? '{}' : `{${members.join()}\n${indent}}`;
}
