/**
 * One declaration of a command's header fields gives its type, its decoder and its encoder. Main thread.
 * Java: the CommandCustomHeader classes with their @CFNotNull annotations and reflection in RemotingCommand.
 * Invariant: decoding never fails. As in Apache, a mandatory field that is missing or unreadable is reported and the request goes on
 * with '' / 0 / false.
 */
import { compileDecoder, compileEncoder, type FieldKind, type FieldValue } from './header-compiler.js';
import type { ExtFields } from './remoting-command.js';

/** The declaration of one field, of type `T` once decoded. */
export interface Field<T extends FieldValue | undefined> {
  readonly kind: FieldKind;
  /** What a missing field decodes to. */
  readonly fallback: T;
  readonly isMandatory: boolean;
}

/** A mandatory field; `optional` and `default` make it one that may be missing. */
export interface MandatoryField<T extends FieldValue> extends Field<T> {
  /** Missing decodes to undefined. Java: @CFNullable, or a boxed type without annotation. */
  optional(): Field<T | undefined>;
  /** Missing decodes to `value`. Java: a primitive or initialised field. */
  default(value: T): Field<T>;
}

type Fields = Readonly<Record<string, Field<FieldValue | undefined>>>;
type OptionalName<F extends Fields> = { [K in keyof F]: undefined extends F[K]['fallback'] ? K : never }[keyof F];
type Plain<T> = { [K in keyof T]: T[K] };

/** The decoded form of a header with these fields. */
export type HeaderValue<F extends Fields> = Plain<
  { [K in Exclude<keyof F, OptionalName<F>>]: F[K]['fallback'] } & { [K in OptionalName<F>]?: F[K]['fallback'] }
>;

/** Reads and writes one header class. */
export interface HeaderSchema<T> {
  /** Java's class name. */
  readonly name: string;
  decode(extFields: ExtFields | undefined): T;
  /** Fields that are undefined are left out. */
  encode(value: T): ExtFields;
}

/** The decoded type of a schema: `HeaderOf<typeof PullMessageRequestHeader>`. */
export type HeaderOf<S> = S extends HeaderSchema<infer T> ? T : never;

function mandatory<T extends FieldValue>(kind: FieldKind, fallback: T): MandatoryField<T> {
  return {
    kind,
    fallback,
    isMandatory: true,
    optional: () => ({ kind, fallback: undefined, isMandatory: false }),
    default: (value) => ({ kind, fallback: value, isMandatory: false }),
  };
}

/** Text. */
export const string = (): MandatoryField<string> => mandatory<string>('string', '');
/** A 32-bit integer. */
export const int = (): MandatoryField<number> => mandatory<number>('int', 0);
/** A 64-bit integer, exact up to 2^53. */
export const long = (): MandatoryField<number> => mandatory<number>('long', 0);
/** A floating-point number. */
export const double = (): MandatoryField<number> => mandatory<number>('double', 0);
/** `true` in any case; all else is false, as Java's Boolean.parseBoolean has it. */
export const boolean = (): MandatoryField<boolean> => mandatory<boolean>('boolean', false);

/** Declares a header; `wireNames` gives other names on the wire to some of its fields. */
export function defineHeader<F extends Fields>(
  name: string,
  fields: F,
  wireNames: Partial<Record<keyof F & string, string>> = {},
): HeaderSchema<HeaderValue<F>> {
  const declared = Object.entries(fields).map(([key, field]) => ({ ...field, key, wireName: wireNames[key] ?? key }));
  return {
    name,
    decode: compileDecoder(name, declared) as (extFields: ExtFields | undefined) => HeaderValue<F>,
    encode: compileEncoder(declared),
  };
}
