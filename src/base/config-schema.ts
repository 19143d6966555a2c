/**
 * How a configuration key is declared: its type, default, what is allowed, what it does, whether it may change while running.
 * From one declaration follow the TypeScript type, the parser, the error text, flags, environment names and docs/configuration.md.
 * Any thread. Java: the fields, getters and setters of BrokerConfig and its like.
 */

/** What a default may depend on: the machine, and keys declared before. */
export interface DefaultContext {
  readonly hostName: string;
  /** The address of this machine that other machines most likely reach. */
  readonly localAddress: string;
  readonly homeDirectory: string;
  /** The value in force of a key declared earlier, as text. */
  readonly valueOf: (key: string) => string;
}

/** One key. `parse` gives undefined for a text that is not allowed; `allowed` says in words what is. */
export interface ConfigKey<T> {
  readonly type: string;
  readonly doc: string;
  readonly allowed: string;
  /** May be changed by UPDATE_BROKER_CONFIG (25) or UPDATE_NAMESRV_CONFIG (318) with effect at once. */
  readonly changeable: boolean;
  /** Printed by `-m`. Java: `@ImportantField`. */
  readonly important: boolean;
  /** Checked and shown, but nothing reads it yet. */
  readonly pending: boolean;
  /** For the documentation, when the default depends on the machine. */
  readonly defaultText: string;
  readonly defaultFor: (context: DefaultContext) => T;
  readonly parse: (raw: string) => T | undefined;
}

/** Keys by name, in the order in which their defaults are worked out. */
export type ConfigSchema = Readonly<Record<string, ConfigKey<unknown>>>;

/** The values of a schema. They are read where they are used, so that a change while running is seen. */
export type ConfigOf<S extends ConfigSchema> = {
  readonly [K in keyof S]: S[K] extends ConfigKey<infer T> ? T : never;
};

interface KeyOptions {
  readonly changeable?: boolean;
  readonly important?: boolean;
  readonly pending?: boolean;
}

/** A default that is worked out, and how the documentation calls it. */
export interface DerivedDefault<T> {
  readonly text: string;
  readonly from: (context: DefaultContext) => T;
}

type Scalar = string | number | boolean;
type Default<T> = T | DerivedDefault<T>;

interface Range {
  readonly min?: number;
  readonly max?: number;
}

interface KeyKind<T> {
  readonly type: string;
  readonly allowed: string;
  readonly parse: (raw: string) => T | undefined;
}

const INT_MAX = 2 ** 31 - 1;
const PORT_MAX = 65_535;
const BYTE_UNITS: Readonly<Record<string, number>> = { '': 1, kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30 };

function defineKey<T extends Scalar>(
  kind: KeyKind<T>,
  defaultValue: Default<T>,
  doc: string,
  options: KeyOptions = {},
): ConfigKey<T> {
  const { text: defaultText, from } =
    typeof defaultValue === 'object' ? defaultValue : { text: String(defaultValue), from: (): T => defaultValue };
  return {
    ...kind,
    doc,
    changeable: options.changeable ?? false,
    important: options.important ?? false,
    pending: options.pending ?? false,
    defaultText,
    defaultFor: from,
  };
}

function parseInteger(raw: string, min: number, max: number): number | undefined {
  if (!/^[+-]?\d+$/.test(raw)) return undefined;
  const value = Number(raw);
  return value >= min && value <= max ? value : undefined;
}

/** A default that depends on the machine or on keys declared before; `words` are how the documentation calls it. */
export function derived<T>(words: string, from: (context: DefaultContext) => T): DerivedDefault<T> {
  return { text: words, from };
}

/** A whole number; Java: int or long. Without bounds, 0 to 2^31-1. */
export function int(defaultValue: Default<number>, doc: string, options: KeyOptions & Range = {}): ConfigKey<number> {
  const { min = 0, max = INT_MAX } = options;
  const kind = {
    type: 'int',
    allowed: `a whole number from ${min} to ${max}`,
    parse: (raw: string) => parseInteger(raw, min, max),
  };
  return defineKey(kind, defaultValue, doc, options);
}

/** A size: bytes, or a number with KiB, MiB or GiB behind it. */
export function bytes(defaultValue: Default<number>, doc: string, options: KeyOptions & Range = {}): ConfigKey<number> {
  const { min = 1, max = INT_MAX } = options;
  const parse = (raw: string): number | undefined => {
    const [, digits = '', unit = ''] = /^(\d+)\s*([KMG]iB)?$/i.exec(raw) ?? [];
    const factor = BYTE_UNITS[unit.toLowerCase()] ?? 1;
    return digits === '' ? undefined : parseInteger(String(Number(digits) * factor), min, max);
  };
  const allowed = `a number of bytes from ${min} to ${max}, or one with KiB, MiB or GiB behind it`;
  return defineKey({ type: 'bytes', allowed, parse }, defaultValue, doc, options);
}

/** A TCP port; 0 lets the system choose. */
export function port(defaultValue: Default<number>, doc: string, options: KeyOptions = {}): ConfigKey<number> {
  const parse = (raw: string): number | undefined => parseInteger(raw, 0, PORT_MAX);
  return defineKey({ type: 'port', allowed: `a port from 0 to ${PORT_MAX}`, parse }, defaultValue, doc, options);
}

/** `true` or `false`, in any case. */
export function bool(defaultValue: boolean, doc: string, options: KeyOptions = {}): ConfigKey<boolean> {
  const parse = (raw: string): boolean | undefined => {
    const word = raw.toLowerCase();
    return word === 'true' ? true : word === 'false' ? false : undefined;
  };
  return defineKey({ type: 'boolean', allowed: 'true or false', parse }, defaultValue, doc, options);
}

/** One of `words`, written exactly so. */
export function oneOf<const W extends string>(
  words: readonly W[],
  defaultValue: NoInfer<W>,
  doc: string,
  options: KeyOptions = {},
): ConfigKey<W> {
  const parse = (raw: string): W | undefined => words.find((word) => word === raw);
  return defineKey({ type: 'enum', allowed: words.join(', '), parse }, defaultValue, doc, options);
}

/** Any text, or one that `pattern` accepts and `allowed` describes. */
export function text(
  defaultValue: Default<string>,
  doc: string,
  options: KeyOptions & { readonly pattern?: RegExp; readonly allowed?: string } = {},
): ConfigKey<string> {
  const { pattern, allowed = 'any text' } = options;
  const parse = (value: string): string | undefined =>
    pattern === undefined || pattern.test(value) ? value : undefined;
  return defineKey({ type: 'text', allowed, parse }, defaultValue, doc, options);
}

/** A file or folder, relative to the working directory. */
export function path(defaultValue: Default<string>, doc: string, options: KeyOptions = {}): ConfigKey<string> {
  const parse = (value: string): string | undefined => (value === '' || value.includes('\0') ? undefined : value);
  return defineKey({ type: 'path', allowed: 'a path', parse }, defaultValue, doc, options);
}
