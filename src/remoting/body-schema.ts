/**
 * One declaration of a JSON body gives its type, its reader and its writer. Main thread.
 * Java: the RemotingSerializable classes, which fastjson maps by their getters.
 * Invariant: reading never trusts: whatever a peer sent, a read value has its declared type; what is missing or of another type
 * becomes the default, as fastjson leaves the field as the constructor set it.
 */
import { decodeFastjson, encodeFastjson, type KeyForm } from './fastjson.js';
import type { FastjsonValue } from './fastjson-reader.js';

/** Reads and prepares for writing one kind of value. */
export interface Shape<T> {
  read(value: FastjsonValue | undefined): T;
  /** Gives what `stringifyFastjson` takes. */
  write(value: T): unknown;
}

type Shapes = Readonly<Record<string, Shape<unknown>>>;
type Read<S> = S extends Shape<infer T> ? T : never;
type OptionalName<S extends Shapes> = { [K in keyof S]: undefined extends Read<S[K]> ? K : never }[keyof S];
type Plain<T> = { [K in keyof T]: T[K] };

/** The type of a record with these members. */
export type RecordOf<S extends Shapes> = Plain<
  { [K in Exclude<keyof S, OptionalName<S>>]: Read<S[K]> } & { [K in OptionalName<S>]?: Read<S[K]> }
>;

/** A body as a whole. */
export interface BodySchema<T> extends Shape<T> {
  /** No body reads as an empty object. Throws RequestError if it is not JSON. */
  decode(body: Buffer | undefined): T;
  encode(value: T, keyForm?: KeyForm): Buffer;
}

/** The type of a body or shape: `BodyOf<typeof HeartbeatData>`. */
export type BodyOf<S> = Read<S>;

const asIs = (value: unknown): unknown => value;

/** Text; numbers and booleans are taken as their text. */
export function text(fallback = ''): Shape<string> {
  return { read: (value) => textOf(value) ?? fallback, write: asIs };
}

/** Text that may be missing. */
export function optionalText(): Shape<string | undefined> {
  return { read: textOf, write: asIs };
}

function textOf(value: FastjsonValue | undefined): string | undefined {
  return value === null || value === undefined || typeof value === 'object' ? undefined : String(value);
}

/** A number, whole or not; text that is one is taken too. */
export function number(fallback = 0): Shape<number> {
  return { read: (value) => numberOf(value) ?? fallback, write: asIs };
}

/** A number that may be missing. */
export function optionalNumber(): Shape<number | undefined> {
  return { read: numberOf, write: asIs };
}

function numberOf(value: FastjsonValue | undefined): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  const parsed = Number(value);
  return Number.isNaN(parsed) ? undefined : parsed;
}

/** True or false; text `true` is taken too. */
export function flag(fallback = false): Shape<boolean> {
  return {
    read: (value) => (value === undefined || value === null ? fallback : value === true || value === 'true'),
    write: asIs,
  };
}

/** One of some names. Java: an enum. */
export function choice<const T extends string>(names: readonly T[], fallback: T): Shape<T> {
  return { read: (value) => names.find((name) => name === value) ?? fallback, write: asIs };
}

/** An array; anything else reads as an empty one. */
export function list<T>(element: Shape<T>): Shape<T[]> {
  return {
    read: (value) => (Array.isArray(value) ? value.map((member) => element.read(member)) : []),
    write: (value) => value.map((member) => element.write(member)),
  };
}

/** Whole numbers of 32 bits. Java: int[], which fastjson writes on one line. */
export function intArray(): Shape<number[]> {
  const numbers = list(number());
  return { read: (value) => numbers.read(value), write: (value) => Int32Array.from(value) };
}

/** A map with text as keys. Members that are null are left out. */
export function textMap<T>(member: Shape<T>): Shape<Map<string, T>> {
  return keyedMap((key) => textOf(key), asIs, member);
}

/** A plain object of text: few members, names that we chose. Java: Map<String, String>. */
export function textRecord(): Shape<Record<string, string>> {
  const members = textMap(text());
  return { read: (value) => Object.fromEntries(members.read(value)), write: asIs };
}

/** A map with integers as keys, unquoted on the wire unless standard JSON is asked for. */
export function numberMap<T>(member: Shape<T>): Shape<Map<number, T>> {
  return keyedMap((key) => numberOf(key), asIs, member);
}

/** A map with objects as keys. Keys that are equal in Java's sense are not recognised as such here. */
export function objectMap<K, T>(keys: Shape<K>, member: Shape<T>): Shape<Map<K, T>> {
  return keyedMap(
    (key) => keys.read(key),
    (key) => keys.write(key),
    member,
  );
}

function keyedMap<K, T>(
  readKey: (key: FastjsonValue) => K | undefined,
  writeKey: (key: K) => unknown,
  member: Shape<T>,
): Shape<Map<K, T>> {
  return {
    read(value) {
      const result = new Map<K, T>();
      for (const [key, memberValue] of entriesOf(value)) {
        const readyKey = readKey(key);
        if (readyKey !== undefined && memberValue !== null) result.set(readyKey, member.read(memberValue));
      }
      return result;
    },
    write(value) {
      const result = new Map<unknown, unknown>();
      for (const [key, memberValue] of value) result.set(writeKey(key), member.write(memberValue));
      return result;
    },
  };
}

function entriesOf(value: FastjsonValue | undefined): Iterable<[FastjsonValue, FastjsonValue]> {
  if (value instanceof Map) return value;
  return value === null || typeof value !== 'object' || Array.isArray(value) ? [] : Object.entries(value);
}

/** An object with these members; others are ignored. */
export function record<const S extends Shapes>(shapes: S): Shape<RecordOf<S>> {
  const members = Object.entries(shapes);
  return {
    read(value) {
      const source = new Map(entriesOf(value));
      const result: Record<string, unknown> = {};
      for (const [name, shape] of members) {
        const member = shape.read(source.get(name));
        if (member !== undefined) result[name] = member;
      }
      return result as RecordOf<S>;
    },
    write(value) {
      const source = value as Readonly<Record<string, unknown>>;
      const result: Record<string, unknown> = {};
      for (const [name, shape] of members) {
        const member = source[name];
        if (member !== undefined) result[name] = shape.write(member);
      }
      return result;
    },
  };
}

/** A shape or undefined. */
export function optional<T>(shape: Shape<T>): Shape<T | undefined> {
  return {
    read: (value) => (value === undefined || value === null ? undefined : shape.read(value)),
    write: (value) => (value === undefined ? undefined : shape.write(value)),
  };
}

/** Any JSON, kept as it was read: for members that we hand on and do not look into. */
export function opaqueJson(initial?: FastjsonValue): Shape<FastjsonValue | undefined> {
  return { read: (value) => (value === undefined ? initial : value), write: asIs };
}

/** Declares a body that is an object with these members. */
export function defineBody<const S extends Shapes>(shapes: S): BodySchema<RecordOf<S>> {
  const shape = record(shapes);
  return {
    ...shape,
    decode: (body) => shape.read(decodeFastjson(body)),
    encode: (value, keyForm) => encodeFastjson(shape.write(value), keyForm),
  };
}
