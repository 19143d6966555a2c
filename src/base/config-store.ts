/**
 * Configuration in force: layers of text (default < file < environment < flags) become typed values, which may change while running.
 * Any thread. Java: Configuration, MixAll.properties2Object.
 * Invariant: every value was allowed by its declaration; a key that nobody declared is kept as it was written.
 */
import { formatProperties, type Properties } from './config-properties.js';
import type { ConfigKey, ConfigOf, ConfigSchema, DefaultContext } from './config-schema.js';
import { ConfigError } from './errors.js';

/** Settings from one place, which error texts name: `the command line`, `the environment`, `broker.conf`. */
export interface ConfigLayer {
  readonly source: string;
  readonly entries: Properties;
}

/** The part of {@link DefaultContext} that comes from the machine. */
export type MachineFacts = Omit<DefaultContext, 'valueOf'>;

/** What {@link ConfigStore.update} did. */
export interface ConfigUpdate {
  /** Keys whose value is another one now. */
  readonly changed: readonly string[];
  /** Keys that are taken over only at the next start. */
  readonly atNextStart: readonly string[];
  /** Keys that this schema does not have; left out, as by Apache. */
  readonly unknown: readonly string[];
}

/** Told the keys that were changed, after all of them have been. */
export type ConfigListener = (changed: readonly string[]) => void;

/** Typed values, the texts of unknown keys, and changes while running. */
export class ConfigStore<S extends ConfigSchema> {
  readonly #schema: S;
  readonly #values: Record<string, unknown>;
  readonly #unknown: Map<string, string>;
  readonly #pending: readonly string[];
  readonly #listeners: ConfigListener[] = [];

  /** Later layers win. Throws {@link ConfigError} for the first value that is not allowed. */
  constructor(schema: S, layers: readonly ConfigLayer[], machine: MachineFacts) {
    this.#schema = schema;
    const texts = mergeLayers(layers);
    this.#pending = [...texts.keys()].filter((name) => this.#keyNamed(name)?.pending === true);
    this.#values = {};
    for (const [name, key] of Object.entries(schema)) {
      const given = texts.get(name);
      this.#values[name] =
        given === undefined
          ? key.defaultFor(this.#contextOf(machine))
          : parseValue(name, key, given.text, given.source);
      texts.delete(name);
    }
    this.#unknown = new Map([...texts].map(([name, { text }]) => [name, text]));
  }

  /** Live: the object stays the same, its fields change with {@link update}. */
  get values(): ConfigOf<S> {
    return this.#values as ConfigOf<S>;
  }

  /** Keys that were given and that the schema does not have. */
  get unknownKeys(): readonly string[] {
    return [...this.#unknown.keys()];
  }

  /** Keys that were given and that nothing reads yet. */
  get pendingKeys(): readonly string[] {
    return this.#pending;
  }

  /** Changes all or, if one value is not allowed, none: then throws {@link ConfigError}. Keys unlike `changeable` wait for a restart. */
  update(entries: Properties, source: string): ConfigUpdate {
    const parsed = new Map<string, unknown>();
    const unknown: string[] = [];
    for (const [name, text] of entries) {
      const key = this.#keyNamed(name);
      if (key === undefined) unknown.push(name);
      else parsed.set(name, parseValue(name, key, text, source));
    }
    const differing = [...parsed.keys()].filter((name) => parsed.get(name) !== this.#values[name]);
    const changed = differing.filter((name) => this.#keyNamed(name)?.changeable === true);
    for (const name of changed) this.#values[name] = parsed.get(name);
    if (changed.length > 0) for (const listener of this.#listeners) listener(changed);
    return { changed, atNextStart: differing.filter((name) => !changed.includes(name)), unknown };
  }

  /** Sets what is known only at run time, such as the port that the system chose for 0. No listener is told. */
  assign<K extends keyof S & string>(name: K, value: ConfigOf<S>[K]): void {
    this.#values[name] = value;
  }

  /** Calls `listener` after each {@link update} that changed something. */
  onChange(listener: ConfigListener): void {
    this.#listeners.push(listener);
  }

  /** All keys, sorted, unknown ones too. With `importantOnly`, those of `-m`. */
  entries(importantOnly = false): [string, string][] {
    const known = Object.entries(this.#schema)
      .filter(([, key]) => key.important || !importantOnly)
      .map(([name]): [string, string] => [name, String(this.#values[name])]);
    return [...known, ...(importantOnly ? [] : this.#unknown)].toSorted(([a], [b]) => (a < b ? -1 : 1));
  }

  /** The body of GET_BROKER_CONFIG (26) and GET_NAMESRV_CONFIG (319). */
  toProperties(): string {
    return formatProperties(this.entries());
  }

  #keyNamed(name: string): ConfigKey<unknown> | undefined {
    return Object.hasOwn(this.#schema, name) ? this.#schema[name] : undefined;
  }

  #contextOf(machine: MachineFacts): DefaultContext {
    return { ...machine, valueOf: (name) => String(this.#values[name]) };
  }
}

interface SourcedText {
  readonly text: string;
  readonly source: string;
}

function mergeLayers(layers: readonly ConfigLayer[]): Map<string, SourcedText> {
  const texts = new Map<string, SourcedText>();
  for (const { source, entries } of layers) {
    for (const [name, text] of entries) texts.set(name, { text, source });
  }
  return texts;
}

function parseValue(name: string, key: ConfigKey<unknown>, text: string, source: string): unknown {
  const value = key.parse(text.trim());
  if (value !== undefined) return value;
  throw new ConfigError(`${name}="${text}" from ${source} is not allowed: it takes ${key.allowed}`);
}
