/**
 * `node build/tools/tidy.js [folder]`: the rules of the project that no linter has; part of `npm run check`.
 * Prints a line a problem and `tidy: N files, N problems`; exits 1 if there is any. Java: none.
 */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { applyExceptions, type Exception } from './tidy/exceptions.js';
import { type Problem, readProject, type Rule } from './tidy/project.js';
import { docComments, openingComment, silencedChecks } from './tidy/rules/comments.js';
import { fileNames, noBarrels } from './tidy/rules/file-names.js';
import { importCycles } from './tidy/rules/import-cycles.js';
import { importTable } from './tidy/rules/import-table.js';
import { atomicsInRing, noSleeps, timeFromClock } from './tidy/rules/names-used.js';
import { livingReferences, noMachinePaths } from './tidy/rules/references.js';
import { fileSize, functionSize } from './tidy/rules/sizes.js';

const EXCEPTIONS_PATH = 'tools/tidy-exceptions.json';

const RULES: readonly Rule[] = [
  importTable,
  importCycles,
  noBarrels,
  fileNames,
  fileSize,
  functionSize,
  openingComment,
  docComments,
  silencedChecks,
  atomicsInRing,
  timeFromClock,
  noSleeps,
  livingReferences,
  noMachinePaths,
];

function readExceptions(root: string): Exception[] {
  return JSON.parse(readFileSync(join(root, EXCEPTIONS_PATH), 'utf8')) as Exception[];
}

const root = resolve(process.argv[2] ?? '.');
const project = readProject(root);
const found = RULES.flatMap(({ name, check }) =>
  [...check(project)].map((problem): Problem => ({ ...problem, rule: name })),
);
const problems = applyExceptions(found, readExceptions(root), EXCEPTIONS_PATH);
for (const { path, line, rule, text } of problems) process.stdout.write(`${path}:${line} ${rule}: ${text}\n`);
const fileCount = project.sources.length + project.documents.length;
process.stdout.write(`tidy: ${fileCount} files, ${problems.length} problems\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
