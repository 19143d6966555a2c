/** What comments and documents point at exists, and is not on somebody's machine. */
import { posix } from 'node:path';

import type { Project, Rule } from '../project.js';

interface Passage {
  readonly path: string;
  readonly line: number;
  readonly text: string;
}

// From one of the project's own folders on; compiled and generated ones are not looked up.
const PROJECT_PATH = /(?<![\w/.@-])(?:src|test|tools|docs|bench|compat-tests)\/[\w./-]*[\w/]/g;
const FILE_NAME = /(?<![\w/.*-])[a-z0-9][\w-]*(?:\.test)?\.(?:ts|md)\b/g;
const DOCUMENT_LINK = /\]\((?!https?:|#)([^)#\s]+)(?:#[^)]*)?\)/g;
const DOC_LINK = /\{@link ([A-Za-z_$][\w$]*)(?:\.[\w$]+)?\}/g;
const MACHINE_PATH = /(?<![\w.~])\/(?:home|Users|work|root)\/[\w.-]+/g;

/** Paths and file names in comments and documents, and links between documents. */
export const livingReferences: Rule = {
  name: 'living-references',
  *check(project: Project) {
    for (const passage of passages(project)) {
      for (const missing of missingIn(passage, project))
        yield { ...passage, text: `points at ${missing}, which is not there` };
    }
    for (const { path, comments, declaredNames } of project.sources) {
      for (const { text, line } of comments) {
        for (const [, name = ''] of text.matchAll(DOC_LINK)) {
          if (!declaredNames.has(name)) yield { path, line, text: `points at ${name}, which is not declared here` };
        }
      }
    }
  },
};

/** Paths of one person's machine. */
export const noMachinePaths: Rule = {
  name: 'no-machine-paths',
  *check(project: Project) {
    for (const { path, line, text } of passages(project)) {
      for (const [found] of text.matchAll(MACHINE_PATH))
        yield { path, line, text: `${found} is a path of some machine` };
    }
  },
};

function* passages({ sources, documents }: Project): Generator<Passage> {
  for (const { path, comments } of sources) {
    for (const { text, line } of comments) yield { path, line, text };
  }
  for (const { path, lines } of documents) {
    for (const [index, text] of lines.entries()) yield { path, line: index + 1, text };
  }
}

function* missingIn({ path, text }: Passage, { exists, hasFileNamed }: Project): Generator<string> {
  for (const [found] of text.matchAll(PROJECT_PATH)) {
    if (!exists(found) && !exists(`${found}.ts`)) yield found;
  }
  for (const [found] of text.matchAll(FILE_NAME)) {
    if (!hasFileNamed(found)) yield found;
  }
  if (!path.endsWith('.md')) return;
  for (const [, target = ''] of text.matchAll(DOCUMENT_LINK)) {
    if (!exists(posix.join(posix.dirname(path), target))) yield target;
  }
}
