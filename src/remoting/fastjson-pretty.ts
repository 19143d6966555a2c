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

/** Members of a map between two turns of the event loop: less than a millisecond. */
const MEMBERS_PER_SLICE = 256;

/**
 * As `stringifyPretty`, of an object whose members may be Maps with ten thousands of members: others get their turn in between. What is changed meanwhile
 * is written as it was or as it is.
 */
export async function stringifyPrettyInSlices(
  value: Readonly<Record<string, unknown>>,
  nextTurn: () => Promise<unknown>,
): Promise<string> {
  const members: string[] = [];
  for (const [key, member] of Object.entries(value)) {
    if (member === null || member === undefined) continue;
    const isLarge = member instanceof Map && member.size >= MEMBERS_PER_SLICE;
    const written = isLarge ? await mapInSlices(member, nextTurn) : stringifyPretty(member, '\t');
    members.push(`\n\t${stringifyFastjson(key)}:${written}`);
  }
  return members.length === 0 ? '{}' : `{${members.join()}\n}`;
}

async function mapInSlices(map: ReadonlyMap<unknown, unknown>, nextTurn: () => Promise<unknown>): Promise<string> {
  const members: string[] = [];
  let seen = 0;
  for (const [key, member] of map) {
    if (++seen % MEMBERS_PER_SLICE === 0) await nextTurn();
    if (member === null || member === undefined) continue;
    members.push(`\n\t\t${stringifyFastjson(key)}:${stringifyPretty(member, '\t\t')}`);
  }
  return members.length === 0 ? '{}' : `{${members.join()}\n\t}`;
}
