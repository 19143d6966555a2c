/**
 * What producers know of their transactions, and what was delivered in the end: the judge of a crash run.
 * Invariant: a transaction's outcome is settled once, by whichever comes first: its half message is acknowledged, or it is asked about.
 */

/** How a producer has decided a transaction. */
export type Outcome = 'commit' | 'rollback';

/** One transaction as its producer knows it. */
interface Entry {
  /** Undefined until the half message is acknowledged or asked about. */
  outcome: Outcome | undefined;
  commits: number;
  delivered: number;
}

/** What became of all transactions. */
export interface Verdict {
  readonly transactions: number;
  readonly committed: number;
  readonly rolledBack: number;
  /** Never acknowledged and never asked about: not stored. */
  readonly unknown: number;
  readonly questions: number;
  /** Committed, and delivered more than once, with how many commits the producers had sent. */
  readonly duplicates: readonly string[];
  /** Committed and not delivered. */
  readonly lost: readonly string[];
  /** Rolled back and delivered. */
  readonly leaked: readonly string[];
}

/** All transactions of a run by their bodies. */
export class TransactionLedger {
  readonly #entries = new Map<string, Entry>();
  #questions = 0;

  /** A half message is about to be sent. */
  begin(body: string): void {
    this.#entries.set(body, { outcome: undefined, commits: 0, delivered: 0 });
  }

  /** The half message is acknowledged: the local transaction is carried out, unless it was asked about already. */
  decide(body: string, outcome: Outcome): Outcome {
    const entry = this.#entry(body);
    entry.outcome ??= outcome;
    return entry.outcome;
  }

  /** The broker asks: a local transaction that was not carried out never will be. */
  ask(body: string): Outcome {
    this.#questions++;
    return this.decide(body, 'rollback');
  }

  /** END_TRANSACTION is sent. */
  end(body: string, outcome: Outcome): void {
    if (outcome === 'commit') this.#entry(body).commits++;
  }

  /** A consumer has got it. */
  deliver(body: string): void {
    this.#entry(body).delivered++;
  }

  /** Questions so far. */
  get questions(): number {
    return this.#questions;
  }

  judge(): Verdict {
    const entries = [...this.#entries];
    const having = (outcome: Outcome | undefined): [string, Entry][] =>
      entries.filter(([, entry]) => entry.outcome === outcome);
    const committed = having('commit');
    const others = [...having('rollback'), ...having(undefined)];
    return {
      transactions: entries.length,
      committed: committed.length,
      rolledBack: having('rollback').length,
      unknown: having(undefined).length,
      questions: this.#questions,
      duplicates: committed
        .filter(([, { delivered }]) => delivered > 1)
        .map(([body, { delivered, commits }]) => `${body} delivered ${delivered} times, ${commits} commits sent`),
      lost: committed.filter(([, { delivered }]) => delivered === 0).map(([body]) => body),
      leaked: others.filter(([, { delivered }]) => delivered > 0).map(([body]) => body),
    };
  }

  #entry(body: string): Entry {
    const entry = this.#entries.get(body);
    if (entry === undefined) throw new Error(`nobody began ${body}`);
    return entry;
  }
}
