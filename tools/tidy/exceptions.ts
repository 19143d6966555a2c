/**
 * The list of exceptions: problems that are known and why they stay.
 * Invariant: it may only shrink; an exception that nothing needs any more is itself a problem.
 */
import type { Problem } from './project.js';

/** One file excused from one rule. */
export interface Exception {
  readonly rule: string;
  readonly path: string;
  readonly reason: string;
}

const RULE = 'exceptions';

/** The problems that remain, and those of the list itself. */
export function applyExceptions(
  problems: readonly Problem[],
  exceptions: readonly Exception[],
  listPath: string,
): Problem[] {
  const isExcused = (problem: Problem): boolean => exceptions.some((exception) => matches(exception, problem));
  const complaints = exceptions.flatMap((exception): Problem[] => {
    const subject = `${exception.rule} in ${exception.path}`;
    if (!problems.some((problem) => matches(exception, problem))) {
      return [{ rule: RULE, path: listPath, line: 1, text: `${subject} is no longer needed: take it out` }];
    }
    return exception.reason.trim() === ''
      ? [{ rule: RULE, path: listPath, line: 1, text: `${subject} has no reason` }]
      : [];
  });
  return [...problems.filter((problem) => !isExcused(problem)), ...complaints];
}

function matches(exception: Exception, problem: Problem): boolean {
  return exception.rule === problem.rule && exception.path === problem.path;
}
