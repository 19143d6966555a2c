/** The languages of clients: by name in JSON headers, by position in binary ones. Main thread. Java: LanguageCode. */

/** In the order of their codes. */
export const LANGUAGE_CODES: readonly string[] = [
  'JAVA',
  'CPP',
  'DOTNET',
  'PYTHON',
  'DELPHI',
  'ERLANG',
  'RUBY',
  'OTHER',
  'HTTP',
  'GO',
  'PHP',
  'OMS',
  'RUST',
  'NODE_JS',
];

/** What an unknown language or code is taken for. */
export const UNKNOWN_LANGUAGE = 'OTHER';

/** The name of a code. */
export function languageName(code: number): string {
  return LANGUAGE_CODES[code] ?? UNKNOWN_LANGUAGE;
}

/** The code of a name. */
export function languageCode(name: string): number {
  const code = LANGUAGE_CODES.indexOf(name);
  return code === -1 ? LANGUAGE_CODES.indexOf(UNKNOWN_LANGUAGE) : code;
}
