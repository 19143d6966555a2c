/**
 * What a check of a store finds. Any thread. Java: none.
 * Invariant: damage is what a broker would not mend by itself at its next start; what it would is a note.
 */

/** One thing that is not as it should be. */
export interface Problem {
  readonly severity: 'damage' | 'note';
  /** What it concerns. */
  readonly area: 'log' | 'queue' | 'index' | 'offsets' | 'checkpoint';
  readonly file: string;
  /** Byte in that file, or -1 when it is the file as a whole. */
  readonly offset: number;
  readonly text: string;
}

/** Problems and their counts, as they go from thread to thread. */
export interface FoundProblems {
  readonly problems: readonly Problem[];
  readonly damageCount: number;
  readonly noteCount: number;
}

/** Most problems that one task reports one by one; it counts the others. */
export const PROBLEMS_PER_TASK_MAX = 1000;

/** Collects problems up to a bound, and counts them all. */
export class ProblemList {
  readonly problems: Problem[] = [];
  damageCount = 0;
  noteCount = 0;

  add(severity: Problem['severity'], area: Problem['area'], file: string, offset: number, text: string): void {
    if (severity === 'damage') this.damageCount++;
    else this.noteCount++;
    if (this.problems.length < PROBLEMS_PER_TASK_MAX) this.problems.push({ severity, area, file, offset, text });
  }

  /** What was collected, as data. */
  get found(): FoundProblems {
    return { problems: this.problems, damageCount: this.damageCount, noteCount: this.noteCount };
  }

  /** Takes over what another one has. */
  addAll(other: FoundProblems): void {
    this.damageCount += other.damageCount;
    this.noteCount += other.noteCount;
    for (const problem of other.problems) if (this.problems.length < PROBLEMS_PER_TASK_MAX) this.problems.push(problem);
  }
}
