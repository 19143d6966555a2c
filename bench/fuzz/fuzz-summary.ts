/** Counts what became of the frames, and what must not have happened. Fuzz process. */
import type { FuzzFrame } from './frame-maker.js';

const SYSTEM_ERROR = 1;
const FAILURES_KEPT = 20;
const REMARK_LENGTH_MAX = 160;

/** Filled by the connections, printed at the end. */
export class FuzzSummary {
  /** What makes the run fail, the first of many. */
  readonly failures: string[] = [];
  frames = 0;
  readonly #outcomes = new Map<string, number>();
  readonly #answers = new Map<number, number>();
  /** Request code → an example of its SYSTEM_ERROR remarks: allowed (Apache does so too), but worth a look. */
  readonly #systemErrors = new Map<number, string>();

  failed(what: string): void {
    if (this.failures.length < FAILURES_KEPT) this.failures.push(what);
  }

  frameEnded(target: string, frame: FuzzFrame, outcome: 'answered' | 'closed' | 'stuck'): void {
    this.frames++;
    const key = `${target}, ${frame.category}: ${outcome}`;
    this.#outcomes.set(key, (this.#outcomes.get(key) ?? 0) + 1);
    if (outcome === 'stuck')
      this.failed(`${target} neither answered nor closed after ${frame.category} ${preview(frame)}`);
  }

  answered(requestCode: number, code: number, remark: () => string): void {
    this.#answers.set(code, (this.#answers.get(code) ?? 0) + 1);
    if (code !== SYSTEM_ERROR || this.#systemErrors.has(requestCode)) return;
    this.#systemErrors.set(requestCode, remark().slice(0, REMARK_LENGTH_MAX));
  }

  /** Several lines of text. */
  report(): string {
    const outcomes = [...this.#outcomes]
      .toSorted(([a], [b]) => a.localeCompare(b))
      .map(([key, count]) => `  ${key} ${count}`);
    const answers = [...this.#answers].toSorted(([a], [b]) => a - b).map(([code, count]) => `${code}: ${count}`);
    const errors = [...this.#systemErrors]
      .toSorted(([a], [b]) => a - b)
      .map(([code, remark]) => `  request ${code}: ${remark}`);
    return [
      `${this.frames} frames`,
      ...outcomes,
      `answers by code: ${answers.join(', ')}`,
      `requests that were answered SYSTEM_ERROR, with a remark each: ${errors.length}`,
      ...errors,
    ].join('\n');
  }
}

function preview(frame: FuzzFrame): string {
  return `of ${frame.bytes.length} bytes: ${frame.bytes.subarray(0, 200).toString('base64')}`;
}
