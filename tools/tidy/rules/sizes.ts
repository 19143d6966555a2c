/** Files and functions that can be read in one go. */
import type { Project, Rule } from '../project.js';

const FILE_LINES_MAX = 400;
const FUNCTION_LINES_MAX = 70;

/** At most 400 lines a file. */
export const fileSize: Rule = {
  name: 'file-size',
  *check({ sources }: Project) {
    for (const { path, lineCount } of sources) {
      if (lineCount > FILE_LINES_MAX) yield { path, line: 1, text: `${lineCount} lines; at most ${FILE_LINES_MAX}` };
    }
  },
};

/** At most 70 lines a function. */
export const functionSize: Rule = {
  name: 'function-size',
  *check({ sources }: Project) {
    for (const { path, functions } of sources) {
      for (const { name, line, lineCount } of functions) {
        if (lineCount <= FUNCTION_LINES_MAX) continue;
        yield { path, line, text: `${name} has ${lineCount} lines; at most ${FUNCTION_LINES_MAX}` };
      }
    }
  },
};
