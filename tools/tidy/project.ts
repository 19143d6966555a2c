/**
 * The project as the rules see it: every TypeScript file parsed once, every other text file as lines.
 * Invariant: paths are relative to the project's folder, with `/` between their parts.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, posix, relative } from 'node:path';

import { parseSourceFile, type SourceFile } from './source-file.js';

/** A file that is not TypeScript. */
export interface TextFile {
  readonly path: string;
  readonly lines: readonly string[];
}

/** Everything that rules look at. */
export interface Project {
  readonly sources: readonly SourceFile[];
  readonly documents: readonly TextFile[];
  readonly exists: (path: string) => boolean;
  /** True if any file of the project is called so, in whatever folder. */
  readonly hasFileNamed: (name: string) => boolean;
}

/** Something that a rule does not allow. */
export interface Problem {
  readonly rule: string;
  readonly path: string;
  readonly line: number;
  readonly text: string;
}

/** One rule: what it is called in the list of exceptions, and what it finds. */
export interface Rule {
  readonly name: string;
  readonly check: (project: Project) => Iterable<Omit<Problem, 'rule'>>;
}

const SOURCE_FOLDERS = ['src', 'test', 'tools', 'bench', 'compat-tests'];
const OTHER_FOLDERS = ['docs'];
const NOT_OURS = /(^|\/)(node_modules|dist|build|target)\//;

/** Reads the project in `root`. */
export function readProject(root: string): Project {
  const paths = [...SOURCE_FOLDERS, ...OTHER_FOLDERS]
    .flatMap((folder) => filesBelow(root, folder))
    .concat(filesOf(root));
  const names = new Set(paths.map((path) => posix.basename(path)));
  const read = (path: string): string => readFileSync(join(root, path), 'utf8');
  return {
    sources: paths.filter((path) => path.endsWith('.ts')).map((path) => parseSourceFile(path, read(path))),
    documents: paths.filter((path) => path.endsWith('.md')).map((path) => ({ path, lines: read(path).split('\n') })),
    exists: (path) => statSync(join(root, path), { throwIfNoEntry: false }) !== undefined,
    hasFileNamed: (name) => names.has(name),
  };
}

function filesBelow(root: string, folder: string): string[] {
  if (statSync(join(root, folder), { throwIfNoEntry: false }) === undefined) return [];
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .filter((path) => !NOT_OURS.test(path))
    .toSorted();
}

function filesOf(root: string): string[] {
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);
}
