/** Rules on comments: each file says what it is for, each exported name what it is, each silenced check why. */
import type { Project, Rule } from '../project.js';

const OPENING_LINES_MAX = 8;
const SILENCED = /(?:oxlint|eslint)-disable|@ts-(?:ignore|expect-error|nocheck)|prettier-ignore|oxfmt-ignore/;
const REASON = /--\s*\S/;

/** A file opens with a doc comment of at most 8 lines; the drawing of a layout, indented, is not counted. */
export const openingComment: Rule = {
  name: 'opening-comment',
  *check({ sources }: Project) {
    for (const { path, openingComment: comment } of sources) {
      const lineCount = comment?.isDoc === true ? comment.text.split('\n').filter(isProse).length : 0;
      if (lineCount === 0) yield { path, line: 1, text: 'does not open with a comment that says what it is for' };
      else if (lineCount > OPENING_LINES_MAX) {
        yield { path, line: 1, text: `opens with a comment of ${lineCount} lines; at most ${OPENING_LINES_MAX}` };
      }
    }
  },
};

function isProse(line: string): boolean {
  return line.trim() !== '' && !line.startsWith('    ');
}

/** An exported name has a doc comment. */
export const docComments: Rule = {
  name: 'doc-comments',
  *check({ sources }: Project) {
    for (const { path, exports } of sources) {
      for (const { name, line, hasDocComment } of exports) {
        if (!hasDocComment) yield { path, line, text: `${name} is exported without a doc comment` };
      }
    }
  },
};

/** A check is silenced only with a reason behind `--`. */
export const silencedChecks: Rule = {
  name: 'silenced-checks',
  *check({ sources }: Project) {
    for (const { path, comments } of sources) {
      for (const { text, line } of comments) {
        if (SILENCED.test(text) && !REASON.test(text)) yield { path, line, text: 'silences a check without a reason' };
      }
    }
  },
};
