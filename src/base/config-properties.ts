/**
 * Java `.properties` text: the form of broker.conf, namesrv.properties and of the bodies of 25, 26, 318 and 319. Any thread.
 * Java: java.util.Properties.load, MixAll.properties2String.
 * Invariant: what `formatProperties` writes, Java's `Properties.load` and `parseProperties` both read back as it was.
 */

/** Keys and values in the order of the text; a key that comes twice has its last value. */
export type Properties = ReadonlyMap<string, string>;

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' };

/**
 * Reads the whole grammar: `#` and `!` comments, lines continued by an odd number of `\`, `=`, `:` or white space
 * after the key, `\t \n \r \f \uXXXX` and `\` before any other character.
 * A `\u` without four hexadecimal digits is an error, as in Java.
 */
export function parseProperties(text: string): Map<string, string> {
  const properties = new Map<string, string>();
  for (const line of logicalLines(text)) {
    const [key, value] = splitLine(line);
    properties.set(unescape(key), unescape(value));
  }
  return properties;
}

/** One `key=value` a line. ASCII only, so that readers of Latin-1 and of UTF-8 see the same. */
export function formatProperties(properties: Iterable<readonly [string, string]>): string {
  let text = '';
  for (const [key, value] of properties) text += `${escapeKey(key)}=${escapeValue(value)}\n`;
  return text;
}

function* logicalLines(text: string): Generator<string> {
  let continued: string | undefined;
  for (const natural of text.split(/\r\n|\n|\r/)) {
    const line = natural.replace(/^[ \t\f]+/, '');
    // A comment or an empty line is one only where a logical line begins.
    if (continued === undefined && (line === '' || line.startsWith('#') || line.startsWith('!'))) continue;
    const joined = (continued ?? '') + line;
    if (endsWithOddBackslashes(line)) {
      continued = joined.slice(0, -1);
      continue;
    }
    yield joined;
    continued = undefined;
  }
  if (continued !== undefined && continued !== '') yield continued;
}

function endsWithOddBackslashes(line: string): boolean {
  const [backslashes = ''] = /\\*$/.exec(line) ?? [];
  return backslashes.length % 2 === 1;
}

function splitLine(line: string): [key: string, value: string] {
  const [, key = '', value = ''] = /^((?:\\[^]|[^\\=: \t\f])*)[ \t\f]*[=:]?[ \t\f]*([^]*)$/.exec(line) ?? [];
  return [key, value];
}

function unescape(text: string): string {
  return text.replaceAll(/\\(?:u([0-9a-fA-F]{4})|([^]))/g, (whole, code: string | undefined, letter: string) => {
    if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
    if (letter === 'u') throw new SyntaxError(`${whole} in "${text}" needs four hexadecimal digits`);
    return ESCAPES[letter] ?? letter;
  });
}

function escapeKey(key: string): string {
  return escapeText(key).replaceAll(/[ =:#!]/g, String.raw`\$&`);
}

function escapeValue(value: string): string {
  // Apache writes values as they are; only what would not be read back the same is escaped.
  return escapeText(value).replace(/^ /, String.raw`\ `);
}

function escapeText(text: string): string {
  return text.replaceAll(/[\\\t\n\r\f]|[^\x20-\x7e]/g, (character) => {
    if (character === '\\') return '\\\\';
    const letter = Object.keys(ESCAPES).find((name) => ESCAPES[name] === character);
    return letter === undefined ? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}` : `\\${letter}`;
  });
}
