/** The project's own rules, each on a tree of a few files: one that breaks it, one that does not. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';

import { applyExceptions } from '../../tools/tidy/exceptions.js';
import { readProject, type Problem, type Project, type Rule } from '../../tools/tidy/project.js';
import { docComments, openingComment, silencedChecks } from '../../tools/tidy/rules/comments.js';
import { fileNames, noBarrels } from '../../tools/tidy/rules/file-names.js';
import { importCycles } from '../../tools/tidy/rules/import-cycles.js';
import { importTable } from '../../tools/tidy/rules/import-table.js';
import { atomicsInRing, noSleeps, timeFromClock } from '../../tools/tidy/rules/names-used.js';
import { livingReferences, noMachinePaths } from '../../tools/tidy/rules/references.js';
import { fileSize, functionSize } from '../../tools/tidy/rules/sizes.js';
import { suite } from '../suite.js';

type Tree = Readonly<Record<string, string>>;

/** Reads a tree from disk, as the tool does. */
function projectOf(tree: Tree): Project {
  const root = mkdtempSync(join(tmpdir(), 'ringmq-tidy-'));
  try {
    for (const [path, text] of Object.entries(tree)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    const project = readProject(root);
    // Looked up before the tree goes.
    const there = new Set(Object.keys(tree).flatMap((path) => [path, dirname(path)]));
    return { ...project, exists: (path) => there.has(path) };
  } finally {
    rmSync(root, { recursive: true });
  }
}

function findings(rule: Rule, tree: Tree): string[] {
  return [...rule.check(projectOf(tree))].map(({ path, line, text }) => `${path}:${line} ${text}`);
}

const test = suite('tidy');

const long = (lines: number): string => 'void 0;\n'.repeat(lines);

const broken: readonly [rule: Rule, tree: Tree, ...expected: string[]][] = [
  [
    importTable,
    { 'src/ring/a.ts': "import { b } from '../remoting/b.js';" },
    'src/ring/a.ts:1 src/ring may not import src/remoting/b',
  ],
  [
    importTable,
    { 'src/ring/a.ts': "\nimport type { B } from '../remoting/b.js';" },
    'src/ring/a.ts:2 src/ring may not import src/remoting/b',
  ],
  [
    importTable,
    { 'src/ring/a.ts': "const b = await import('../cli/b.js');" },
    'src/ring/a.ts:1 src/ring may not import src/cli/b',
  ],
  [
    importTable,
    { 'src/broker/a.ts': "import '../workers/task-pool.js';" },
    'src/broker/a.ts:1 src/broker may not import src/workers/task-pool',
  ],
  [importTable, { 'src/new/a.ts': "import '../base/b.js';" }, 'src/new/a.ts:1 src/new is not in the import table'],
  [importTable, { 'src/ring/a.ts': "import '../../test/b.js';" }, 'src/ring/a.ts:1 src does not import test/b.ts'],
  [
    importTable,
    { 'src/ring/a.ts': "import '#src/base/b.js';" },
    'src/ring/a.ts:1 files of src import each other by relative paths, not by #src/base/b.js',
  ],
  [
    importTable,
    { 'test/a.ts': "import '../src/base/b.js';" },
    'test/a.ts:1 test/a.ts imports src as ../src/base/b.js; #src/ is what ships',
  ],
  [
    importCycles,
    {
      'src/base/a.ts': "import type { B } from './b.js';",
      'src/base/b.ts': "import { C } from './c.js';",
      'src/base/c.ts': "export { A } from './a.js';",
    },
    'src/base/a.ts:1 imports itself: src/base/a.ts → src/base/b.ts → src/base/c.ts → src/base/a.ts',
  ],
  [
    noBarrels,
    { 'src/base/a.ts': "export * from './b.js';\nexport { c } from './c.js';" },
    'src/base/a.ts:1 hands on what another file declares',
    'src/base/a.ts:2 hands on what another file declares',
  ],
  [fileNames, { 'src/base/camelCase.ts': '' }, 'src/base/camelCase.ts:1 the name is not kebab-case'],
  [fileNames, { 'src/base/string-utils.ts': '' }, 'src/base/string-utils.ts:1 a file is not called utils'],
  [fileNames, { 'src/base/index.ts': '' }, 'src/base/index.ts:1 a file is not called index'],
  [fileSize, { 'src/base/a.ts': long(401) }, 'src/base/a.ts:1 401 lines; at most 400'],
  [functionSize, { 'src/base/a.ts': `\nfunction f() {\n${long(69)}}` }, 'src/base/a.ts:2 f has 71 lines; at most 70'],
  [
    functionSize,
    { 'src/base/a.ts': `class A {\n  m() {\n${long(69)}}\n}` },
    'src/base/a.ts:2 a function has 71 lines; at most 70',
  ],
  [
    openingComment,
    { 'src/base/a.ts': "import 'node:fs';\n/** Late. */" },
    'src/base/a.ts:1 does not open with a comment that says what it is for',
  ],
  [
    openingComment,
    { 'src/base/a.ts': '// Not a doc comment.' },
    'src/base/a.ts:1 does not open with a comment that says what it is for',
  ],
  [
    openingComment,
    { 'src/base/a.ts': `/**\n${' * prose\n'.repeat(9)} */` },
    'src/base/a.ts:1 opens with a comment of 9 lines; at most 8',
  ],
  [
    docComments,
    { 'src/base/a.ts': 'export const a = 1;\nexport function b() {}\nfunction c() {}\nexport { c };' },
    'src/base/a.ts:1 a is exported without a doc comment',
    'src/base/a.ts:2 b is exported without a doc comment',
    'src/base/a.ts:3 c is exported without a doc comment',
  ],
  [
    silencedChecks,
    { 'src/base/a.ts': '// oxlint-disable-next-line no-var\nvar a;' },
    'src/base/a.ts:1 silences a check without a reason',
  ],
  [
    atomicsInRing,
    { 'src/broker/a.ts': 'Atomics.load(b, 0);' },
    'src/broker/a.ts:1 Atomics: Atomics are used in src/ring only',
  ],
  [
    timeFromClock,
    { 'src/broker/a.ts': 'const now = Date.now();' },
    'src/broker/a.ts:1 Date.now: time and timers come from a Clock',
  ],
  [
    noSleeps,
    { 'test/a.ts': "import { setTimeout as sleep } from 'node:timers/promises';" },
    'test/a.ts:1 setTimeout: tests wait for events or move the fake clock',
  ],
  [
    livingReferences,
    { 'src/base/a.ts': '/** See gone.ts and src/base/gone/x.ts. */' },
    'src/base/a.ts:1 points at src/base/gone/x.ts, which is not there',
    'src/base/a.ts:1 points at gone.ts, which is not there',
  ],
  [
    livingReferences,
    { 'src/base/a.ts': '/** As {@link Gone}. */' },
    'src/base/a.ts:1 points at Gone, which is not declared here',
  ],
  [
    livingReferences,
    { 'docs/a.md': '\n[b](b.md)' },
    'docs/a.md:2 points at b.md, which is not there',
    'docs/a.md:2 points at b.md, which is not there',
  ],
  [noMachinePaths, { 'README.md': 'cd /home/ann/ringmq' }, 'README.md:1 /home/ann is a path of some machine'],
];

for (const [index, [rule, tree, ...expected]] of broken.entries()) {
  test(`${rule.name} finds it (${index})`, () => assert.equal(findings(rule, tree), expected));
}

const fine: readonly [rule: Rule, tree: Tree][] = [
  [importTable, { 'src/broker/a.ts': "import '../workers/message-store.js';\nimport 'node:fs';\nimport './b.js';" }],
  [importTable, { 'test/a.ts': "import '#src/base/b.js';\nimport './c.js';" }],
  [
    importCycles,
    { 'src/base/a.ts': "import './b.js';\nimport './c.js';", 'src/base/b.ts': "import './c.js';", 'src/base/c.ts': '' },
  ],
  [noBarrels, { 'src/index.ts': "export type { A } from './base/a.js';" }],
  [fileNames, { 'src/index.ts': '', 'src/base/host-address.ts': '', 'test/base/host-address.test.ts': '' }],
  [fileSize, { 'src/base/a.ts': long(400) }],
  [functionSize, { 'src/base/a.ts': `function f() {\n${long(68)}}` }],
  [openingComment, { 'src/base/a.ts': '/** One line. */' }],
  [openingComment, { 'src/cli/a.ts': '#!/usr/bin/env node\n/** After a hashbang. */' }],
  [openingComment, { 'src/base/a.ts': `/**\n * A layout:\n *\n${' *     0  i32  size\n'.repeat(20)} */` }],
  [
    docComments,
    {
      'src/base/a.ts':
        '/** A. */\nexport const A = 1;\nexport type A = typeof A;\n/** B. */\nfunction b() {}\nexport { b };',
    },
  ],
  [silencedChecks, { 'src/base/a.ts': '// oxlint-disable-next-line no-var -- a reason' }],
  [atomicsInRing, { 'src/ring/a.ts': 'Atomics.load(b, 0);' }],
  [timeFromClock, { 'src/base/clock.ts': 'Date.now();' }],
  [
    livingReferences,
    { 'src/base/a.ts': '/** See b.ts, src/base/b.ts, {@link A.b}, *.ts. */\nclass A {}', 'src/base/b.ts': '' },
  ],
];

for (const [index, [rule, tree]] of fine.entries()) {
  test(`${rule.name} lets it be (${index})`, () => assert.equal(findings(rule, tree), []));
}

const problem: Problem = { rule: 'file-size', path: 'src/a.ts', line: 1, text: 'too long' };

test('an exception excuses its file from its rule', () => {
  assert.equal(applyExceptions([problem], [{ rule: 'file-size', path: 'src/a.ts', reason: 'a table' }], 'list'), []);
});

test('an exception that nothing needs is a problem', () => {
  const left = applyExceptions([problem], [{ rule: 'file-size', path: 'src/b.ts', reason: 'a table' }], 'list');
  assert.equal(
    left.map(({ path, text }) => `${path} ${text}`),
    ['src/a.ts too long', 'list file-size in src/b.ts is no longer needed: take it out'],
  );
});

test('an exception without a reason is a problem', () => {
  const left = applyExceptions([problem], [{ rule: 'file-size', path: 'src/a.ts', reason: ' ' }], 'list');
  assert.equal(
    left.map(({ text }) => text),
    ['file-size in src/a.ts has no reason'],
  );
});

test.run();
