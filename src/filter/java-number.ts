/**
 * Java's numbers as far as filters need them: how text becomes an Integer, a Long or a Double, and how two of them compare. Any thread.
 * Java: Integer.valueOf, Long.valueOf, Double.valueOf, Number.compareTo.
 * Invariant: a Long is exact (bigint); a JavaScript number would lose its last digits.
 */

/** A number and its class in Java, which decides how text beside it is read. */
export type JavaNumber =
  | { readonly type: 'Integer'; readonly value: number }
  | { readonly type: 'Long'; readonly value: bigint }
  | { readonly type: 'Double'; readonly value: number };

/** Digits of any script, as Character.digit takes them. */
const WHOLE = /^[+-]?\p{Nd}+$/u;
const ASCII_WHOLE = /^[+-]?[0-9]+$/;
const LONG_MIN = -(2n ** 63n);
const LONG_MAX = 2n ** 63n - 1n;
const INTEGER_MIN = -(2 ** 31);
const INTEGER_MAX = 2 ** 31 - 1;
/** Digits that surely fit a double exactly. */
const SAFE_DIGITS = 15;
const DECIMAL_DOUBLE = /^[+-]?(?:NaN|Infinity|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[fFdD]?)$/;
const HEX_DOUBLE = /^([+-]?)0[xX](?:([0-9a-fA-F]+)\.?|([0-9a-fA-F]*)\.([0-9a-fA-F]+))[pP]([+-]?[0-9]+)[fFdD]?$/;
/** Past it a hexadecimal exponent only says zero or infinity. */
const HEX_EXPONENT_MAX = 100_000;

/** Java's Integer.valueOf; undefined where it throws. */
export function parseInteger(text: string): number | undefined {
  if (ASCII_WHOLE.test(text) && text.length <= SAFE_DIGITS) return inIntegerRange(Number(text));
  const value = parseLong(text);
  return value === undefined ? undefined : inIntegerRange(Number(value));
}

function inIntegerRange(value: number): number | undefined {
  return value >= INTEGER_MIN && value <= INTEGER_MAX ? value : undefined;
}

/** Java's Long.valueOf; undefined where it throws. */
export function parseLong(text: string): bigint | undefined {
  if (!WHOLE.test(text)) return undefined;
  const digits = ASCII_WHOLE.test(text) ? text : text.replaceAll(/\p{Nd}/gu, asciiDigit);
  const value = BigInt(digits.startsWith('+') ? digits.slice(1) : digits);
  return value >= LONG_MIN && value <= LONG_MAX ? value : undefined;
}

/** Unicode's decimal digits come in runs of ten, each beginning with its zero: the value is the distance from the run's start. */
function asciiDigit(digit: string): string {
  const code = digit.codePointAt(0) ?? 0;
  let zero = code;
  while (code - zero < 9 && WHOLE.test(String.fromCodePoint(zero - 1))) zero--;
  return String(code - zero);
}

/** Java's Double.valueOf; undefined where it throws. */
export function parseDouble(text: string): number | undefined {
  const trimmed = trim(text);
  if (DECIMAL_DOUBLE.test(trimmed)) {
    if (trimmed.endsWith('N')) return Number.NaN;
    return Number(trimmed.endsWith('y') ? trimmed : trimmed.replace(/[fFdD]$/, ''));
  }
  const parts = HEX_DOUBLE.exec(trimmed);
  return parts === null ? undefined : hexDouble(parts);
}

/** As String.trim: everything up to the space goes. */
function trim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && text.charCodeAt(start) <= 0x20) start++;
  while (end > start && text.charCodeAt(end - 1) <= 0x20) end--;
  return text.slice(start, end);
}

function hexDouble([, sign, whole, integral = '', fraction = '', exponentText]: RegExpExecArray): number {
  const digits = whole ?? integral + fraction;
  let mantissa = BigInt(`0x${digits}`);
  const wanted = Number(exponentText) - (whole === undefined ? fraction.length * 4 : 0);
  let exponent = Math.max(-HEX_EXPONENT_MAX, Math.min(HEX_EXPONENT_MAX, wanted));
  // The conversion to a double rounds once, so the mantissa must not have more bits than the result can hold.
  const bits = mantissa === 0n ? 0 : mantissa.toString(2).length;
  const kept = Math.min(53, Math.max(0, 1074 + exponent + bits));
  if (bits > kept) {
    const dropped = BigInt(bits - kept);
    const rest = mantissa & ((1n << dropped) - 1n);
    const half = 1n << (dropped - 1n);
    mantissa >>= dropped;
    if (rest > half || (rest === half && (mantissa & 1n) === 1n)) mantissa += 1n;
    exponent += bits - kept;
  }
  // In two steps, since 2 to the exponent alone may be too small for a double.
  const step = Math.trunc(exponent / 2);
  const value = Number(mantissa) * 2 ** step * 2 ** (exponent - step);
  return sign === '-' ? -value : value;
}

/** Java's Double.compare: minus zero before zero, NaN after everything and equal to itself. */
export function compareDoubles(left: number, right: number): number {
  if (left < right) return -1;
  if (left > right) return 1;
  if (Object.is(left, right)) return 0;
  if (Number.isNaN(left)) return 1;
  if (Number.isNaN(right)) return -1;
  return Object.is(left, -0) ? -1 : 1;
}

/** Compares after bringing both to the wider class. */
export function compareNumbers(left: JavaNumber, right: JavaNumber): number {
  if (left.type === 'Double' || right.type === 'Double') {
    return compareDoubles(Number(left.value), Number(right.value));
  }
  // Integers and Longs compare exactly with each other in JavaScript too.
  if (left.value === right.value) return 0;
  return left.value < right.value ? -1 : left.value > right.value ? 1 : 0;
}
