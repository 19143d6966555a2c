/** Rules on imports: the table of folders, and no way around it. */
import { IMPORT_TABLE } from '../import-table.js';
import type { Project, Rule } from '../project.js';
import type { Import, SourceFile } from '../source-file.js';

const TEST_ONLY = /^(test|tools|bench|compat-tests)\//;

/** A file of src imports only what its folder may; tests reach src by `#src/`, the compiled form that ships. */
export const importTable: Rule = {
  name: 'import-table',
  *check({ sources }: Project) {
    for (const source of sources) {
      for (const imported of source.imports) {
        const text = source.path.startsWith('src/') ? judgeInSrc(source, imported) : judgeOutside(source, imported);
        if (text !== undefined) yield { path: source.path, line: imported.line, text };
      }
    }
  },
};

function judgeInSrc(source: SourceFile, { path, specifier }: Import): string | undefined {
  if (path === undefined) return undefined;
  if (TEST_ONLY.test(path)) return `src does not import ${path}`;
  if (specifier.startsWith('#src/')) return `files of src import each other by relative paths, not by ${specifier}`;
  const from = folderOf(source.path);
  const to = folderOf(path);
  if (from === to) return undefined;
  const allowed = IMPORT_TABLE[from];
  if (allowed === undefined) return `src/${from} is not in the import table`;
  const file = path.replace(/^src\//, '').replace(/\.ts$/, '');
  return allowed.includes(to) || allowed.includes(file) ? undefined : `src/${from} may not import src/${file}`;
}

function judgeOutside(source: SourceFile, { path, specifier }: Import): string | undefined {
  if (path?.startsWith('src/') !== true || specifier.startsWith('#src/')) return undefined;
  return `${source.path} imports src as ${specifier}; #src/ is what ships`;
}

function folderOf(path: string): string {
  return path.split('/')[1] ?? '';
}
