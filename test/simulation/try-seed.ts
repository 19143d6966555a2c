/** One seed of the simulation, from its history to what is printed of a failure. Java: none. Invariant: it throws only for bugs of the simulation itself. */
import { type History, makeHistory } from './history.js';
import { Violation, type ViolationKind } from './ledger.js';
import { describe, shrink } from './shrink.js';
import { type DiskWrappers, runHistory } from './simulated-run.js';

/** Runs a history; the Violation that it ends with, or undefined. */
export async function tryHistory(history: History, wrappers: DiskWrappers = {}): Promise<Violation | undefined> {
  try {
    await runHistory(history, wrappers);
    return undefined;
  } catch (error) {
    if (error instanceof Violation) return error;
    throw error;
  }
}

/** Undefined if all is well; otherwise what went wrong, and the shortest history that was found to do so. */
export async function trySeed(seed: number): Promise<string | undefined> {
  const history = makeHistory(seed);
  const violation = await tryHistory(history);
  if (violation === undefined) return undefined;
  const kindOf = async (candidate: History): Promise<ViolationKind | undefined> => (await tryHistory(candidate))?.kind;
  const shrunk = await shrink(history, violation.kind, kindOf);
  const last = (await tryHistory(shrunk)) ?? violation;
  const cause = last.cause instanceof Error ? `\n${last.cause.stack}` : '';
  return `${last.message}${cause}\n${describe(shrunk)}`;
}
