/**
 * Deletions of topics that the commitlog worker has not answered yet. Main thread. Java: DefaultMessageStore.deleteTopics.
 * Invariant: each is settled once, by the worker's answer or by its end.
 */

interface Deletion {
  resolve(): void;
  reject(error: Error): void;
}

/** Deletions under way, by id. */
export class TopicDeletions {
  readonly #pending = new Map<number, Deletion>();
  #nextId = 1;

  /** Calls `send` with a new id and settles when that deletion has been answered. */
  begin(send: (id: number) => void): Promise<void> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      send(id);
    });
  }

  /** Settles one. */
  settle(id: number, error: string | undefined): void {
    const deletion = this.#pending.get(id);
    this.#pending.delete(id);
    if (error === undefined) deletion?.resolve();
    else deletion?.reject(new Error(error));
  }

  /** Rejects all: the worker is gone. */
  failAll(reason: string): void {
    for (const id of this.#pending.keys()) this.settle(id, reason);
  }
}
