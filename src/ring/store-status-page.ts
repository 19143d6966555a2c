/**
 * Where the store stands, in shared memory: one int64 a word, each with one writer. Any thread reads.
 *
 *     word                        writer
 *     minPhysicalOffset           commitlog worker   first byte of the oldest segment
 *     writtenOffset               commitlog worker   end of what was given to the operating system
 *     flushedOffset               commitlog worker   end of what an fdatasync has covered
 *     dispatchedOffset            commitlog worker   end of what consume-queue entries were made of
 *     consumeQueueWrittenOffset   commitlog worker   every entry of a record below it is in its consume-queue file
 *     replicatedOffset            HA thread          end of what inSyncReplicas brokers have, this one among them; never goes back
 *     slaveAckOffset              HA thread          largest offset a slave has acknowledged; never goes back
 *     workerTurns                 commitlog worker   turns of its loop, for liveness
 *     inSyncOffset                HA thread          as replicatedOffset, but of the slaves connected now; -1 when they are too few
 *     closeSteps                  commitlog worker   steps of closing the store, which may be many
 *     lastRecordOffset            commitlog worker   on a slave: where the log's last record begins; -1 when that is not known
 *     slaveBeginOffset            HA thread          where a slave has begun with an empty log, the largest: what is before it that one never gets
 */

/** Index of each word. */
export const StatusWord = {
  minPhysicalOffset: 0,
  writtenOffset: 1,
  flushedOffset: 2,
  dispatchedOffset: 3,
  consumeQueueWrittenOffset: 4,
  replicatedOffset: 5,
  slaveAckOffset: 6,
  workerTurns: 7,
  inSyncOffset: 8,
  closeSteps: 9,
  lastRecordOffset: 10,
  slaveBeginOffset: 11,
} as const;
export type StatusWord = (typeof StatusWord)[keyof typeof StatusWord];

/** Makes the memory of a status page. */
export function allocateStoreStatusPage(): SharedArrayBuffer {
  return new SharedArrayBuffer(Object.keys(StatusWord).length * 8);
}

/** A view of the page; who may `set` which word stands above. */
export class StoreStatusPage {
  readonly #words: BigInt64Array;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new BigInt64Array(memory);
  }

  get(word: StatusWord): number {
    return Number(Atomics.load(this.#words, word));
  }

  set(word: StatusWord, value: number): void {
    Atomics.store(this.#words, word, BigInt(value));
  }

  /** As `set`, and wakes those who wait for a `change` of the word. */
  setAndNotify(word: StatusWord, value: number): void {
    Atomics.store(this.#words, word, BigInt(value));
    Atomics.notify(this.#words, word);
  }

  /** Resolves when the word is no longer `seen`; at once if it is not now. */
  async change(word: StatusWord, seen: number): Promise<void> {
    const wait = Atomics.waitAsync(this.#words, word, BigInt(seen));
    if (wait.async) await wait.value;
  }

  /** Resolves every pending `change` of a word although it may be the same: at the end. */
  wake(word: StatusWord): void {
    Atomics.notify(this.#words, word);
  }
}
