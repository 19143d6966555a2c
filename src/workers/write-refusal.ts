/**
 * Whether the store takes messages, and why not. Commitlog worker. Java: RunningFlags.
 * Invariant: after a failed fdatasync nothing is ever accepted again by this worker: nobody knows what is on disk.
 */

const DISK_FULL_CODES = new Set(['ENOSPC', 'EDQUOT']);

/** The state, and where a change of it is told. */
export class WriteRefusal {
  readonly #onChange: (reason: string | undefined) => void;
  #reason: string | undefined;
  #isForGood = false;

  constructor(onChange: (reason: string | undefined) => void) {
    this.#onChange = onChange;
  }

  /** Undefined while messages are taken. */
  get reason(): string | undefined {
    return this.#reason;
  }

  /** True if trying again may help: the disk is full. */
  get mayPass(): boolean {
    return this.#reason !== undefined && !this.#isForGood;
  }

  /** A write failed: refuses until there is room again, or for good if room is not what was missing. */
  refuseAfterWrite(what: string, error: unknown): void {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    const isFull = DISK_FULL_CODES.has(code);
    this.#refuse(
      isFull ? `the disk is full: cannot write ${what} (${code})` : `cannot write ${what}: ${messageOf(error)}`,
      !isFull,
    );
  }

  /** An fdatasync failed: refuses for good. */
  refuseAfterSync(what: string, error: unknown): void {
    this.#refuse(`fdatasync of ${what} failed: ${messageOf(error)}`, true);
  }

  /** Messages are taken again. */
  accept(): void {
    if (!this.mayPass) return;
    this.#reason = undefined;
    this.#onChange(undefined);
  }

  #refuse(reason: string, isForGood: boolean): void {
    if (this.#isForGood) return;
    this.#isForGood = isForGood;
    this.#reason = reason;
    this.#onChange(reason);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
