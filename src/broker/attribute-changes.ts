/**
 * Attributes of topics and groups: what may be set, and how a request changes them (`+key=value` sets, `-key` removes).
 * Main thread. Java: Attribute and its kinds, AttributeParser, AttributeUtil.
 * Invariant: a change is made whole or not at all; what is wrong with it is a RequestError with Apache's remark.
 */
import { RequestError } from '../base/errors.js';
import { ResponseCode } from '../remoting/response-code.js';

/** Attributes by name. */
export type Attributes = Readonly<Record<string, string>>;

/** One attribute that may be set. */
export interface AttributeKind {
  /** May be changed after the topic or group was made. */
  readonly isChangeable: boolean;
  /** Undefined for a good value, else Apache's remark on it. */
  readonly fault: (value: string) => string | undefined;
}

/** The attributes that topics, or groups, may have. */
export type AttributeKinds = Readonly<Record<string, AttributeKind>>;

/** One of some words. */
export function enumAttribute(words: readonly string[], isChangeable: boolean): AttributeKind {
  const fault = (value: string): string | undefined =>
    words.includes(value) ? undefined : `value is not in set: [${words.join(', ')}]`;
  return { isChangeable, fault };
}

/** A whole number from `min` to `max`; without `max`, to Java's largest long. */
export function longRangeAttribute(min: number, max?: number): AttributeKind {
  const fault = (value: string): string | undefined => {
    if (!/^[+-]?\d+$/.test(value)) return `For input string: "${value}"`;
    const isInRange = Number(value) >= min && Number(value) <= (max ?? Number.POSITIVE_INFINITY);
    return isInRange ? undefined : `value is not in range(${min}, ${max ?? '9223372036854775807'})`;
  };
  return { isChangeable: true, fault };
}

/** `true` or `false`. */
export function booleanAttribute(): AttributeKind {
  const fault = (value: string): string | undefined =>
    /^(true|false)$/i.test(value) ? undefined : 'boolean attribute format is wrong.';
  return { isChangeable: true, fault };
}

/** Any text. */
export function textAttribute(): AttributeKind {
  return { isChangeable: true, fault: () => undefined };
}

function fail(remark: string): never {
  throw new RequestError(ResponseCode.SYSTEM_ERROR, remark);
}

/** Reads `+key1=value1,-key2` into changes by signed key. */
export function parseAttributeChanges(text: string | undefined): Attributes {
  const changes: Record<string, string> = {};
  for (const part of text === undefined || text === '' ? [] : text.split(',')) {
    const [key = '', value = ''] = part.split('=');
    if (part.includes('=') && !key.includes('+')) fail(`add/alter attribute format is wrong: ${key}`);
    if (!part.includes('=') && !key.includes('-')) fail(`delete attribute format is wrong: ${key}`);
    if (Object.hasOwn(changes, key)) fail(`key duplication: ${key}`);
    changes[key] = value;
  }
  return changes;
}

/** `current` (undefined: what is being made now) after `changes`, whose keys begin with `+` or `-`. */
export function applyAttributeChanges(
  kinds: AttributeKinds,
  current: Attributes | undefined,
  changes: Attributes,
): Attributes {
  const result: Record<string, string> = { ...current };
  const seen = new Set<string>();
  for (const [signedKey, value] of Object.entries(changes)) {
    const key = signedKey.slice(1);
    if (key === '' || /[+-]/.test(key)) fail('kv string format wrong.');
    if (seen.has(key)) fail(`alter duplication key. key: ${key}`);
    seen.add(key);
    const isRemoval = checkSign(signedKey, key, current);
    checkKind(kinds, key, isRemoval ? undefined : value, current === undefined);
    if (isRemoval) delete result[key];
    else result[key] = value;
  }
  return result;
}

function checkSign(signedKey: string, key: string, current: Attributes | undefined): boolean {
  if (signedKey.startsWith('+')) return false;
  if (current === undefined) fail(`only add attribute is supported while creating topic. key: ${key}`);
  if (!signedKey.startsWith('-')) fail(`wrong format key: ${key}`);
  if (!Object.hasOwn(current, key)) fail(`attempt to delete a nonexistent key: ${key}`);
  return true;
}

function checkKind(kinds: AttributeKinds, key: string, value: string | undefined, isNew: boolean): void {
  const kind = Object.hasOwn(kinds, key) ? kinds[key] : undefined;
  if (kind === undefined) return fail(`unsupported key: ${key}`);
  if (!isNew && !kind.isChangeable) fail(`attempt to update an unchangeable attribute. key: ${key}`);
  const fault = value === undefined ? undefined : kind.fault(value);
  if (fault !== undefined) fail(fault);
}
