/**
 * Whether the store takes messages, and why not: one cause for each part of it that does not take writes. Commitlog worker.
 * Java: RunningFlags.
 * Invariant: after a failed fdatasync nothing is ever accepted again by this worker: nobody knows what is on disk. A write that failed was
 * answered with an error and may be tried again at its place: what it has left there is overwritten first.
 */

import { FdatasyncError } from '../commitlog/file-system.js';

const DISK_FULL_CODES = new Set(['ENOSPC', 'EDQUOT']);

/** Java: RunningFlags. */
const FlagBit = { NOT_WRITEABLE: 2, WRITE_LOGICS_QUEUE_ERROR: 4, WRITE_INDEX_FILE_ERROR: 8, DISK_FULL: 16 } as const;

/** The part of the store that a write went to. */
export type StorePart = 'the commit log' | 'the next commit log file' | 'a consume queue' | 'the index';

const PART_FLAGS: Readonly<Record<StorePart, number>> = {
  'the commit log': FlagBit.NOT_WRITEABLE,
  'the next commit log file': FlagBit.NOT_WRITEABLE,
  'a consume queue': FlagBit.WRITE_LOGICS_QUEUE_ERROR,
  'the index': FlagBit.WRITE_INDEX_FILE_ERROR,
};

/** Messages are refused, and why. */
export interface Refusal {
  readonly reason: string;
  /** Until the broker is started again: trying again would prove nothing. */
  readonly isForGood: boolean;
  /** As Apache's RunningFlags counts it. */
  readonly flagBits: number;
}

/** The state, and where a change of it is told. */
export class WriteRefusal {
  readonly #onChange: (refusal: Refusal | undefined) => void;
  readonly #causes = new Map<StorePart, Refusal>();
  #final: Refusal | undefined;
  #told: Refusal | undefined;

  constructor(onChange: (refusal: Refusal | undefined) => void) {
    this.#onChange = onChange;
  }

  /** Undefined while messages are taken. */
  get reason(): string | undefined {
    return this.#told?.reason;
  }

  /** True if trying again may help. */
  get mayPass(): boolean {
    return this.#told !== undefined && this.#final === undefined;
  }

  /** True if a write to this part has failed and none has worked since. */
  hasFailed(part: StorePart): boolean {
    return this.#causes.has(part);
  }

  /** A write failed: refuses until one works, or for good if it was not the system that failed. */
  refuseAfterWrite(part: StorePart, error: unknown): void {
    if (error instanceof FdatasyncError) {
      this.refuseAfterSync(part, error);
      return;
    }
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (!/^E[A-Z0-9]+$/.test(code)) {
      this.refuseForGood(part, `cannot write ${part}: ${messageOf(error)}`);
      return;
    }
    if (this.#causes.has(part)) return;
    const isFull = DISK_FULL_CODES.has(code);
    this.#causes.set(part, {
      reason: isFull ? `the disk is full: cannot write ${part} (${code})` : `cannot write ${part}: ${messageOf(error)}`,
      isForGood: false,
      flagBits: PART_FLAGS[part] | (isFull ? FlagBit.DISK_FULL : 0),
    });
    this.#tell();
  }

  /** An fdatasync failed: refuses for good. */
  refuseAfterSync(part: StorePart, error: unknown): void {
    this.refuseForGood(part, `fdatasync of ${part} failed: ${messageOf(error)}`);
  }

  /** What this worker has in memory is not to be trusted any more, or what the disk has. */
  refuseForGood(part: StorePart, reason: string): void {
    this.#final ??= { reason, isForGood: true, flagBits: PART_FLAGS[part] | FlagBit.NOT_WRITEABLE };
    this.#tell();
  }

  /** A write to this part has worked. */
  passed(part: StorePart): void {
    if (this.#causes.delete(part)) this.#tell();
  }

  #tell(): void {
    const [first] = this.#causes.values();
    const refusal = this.#final ?? first;
    if (refusal === this.#told) return;
    this.#told = refusal;
    this.#onChange(refusal);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
