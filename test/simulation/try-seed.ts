/** One seed of a simulation, from its history to what is printed of a failure. Java: none. Invariant: it throws only for bugs of the simulation itself. */
import { type History, makeHistory } from './history.js';
import { Violation } from './ledger.js';
import { makeReplicationHistory, type ReplicationHistory } from './replication-history.js';
import { runReplication } from './replication-run.js';
import { describe, shrink, type Shrinkable } from './shrink.js';
import type { ReplicationWrappers } from './broker-surroundings.js';
import { type DiskWrappers, runHistory } from './simulated-run.js';

/** What is simulated. */
export const SIMULATION_KINDS = ['store', 'replication'] as const;
/** One of {@link SIMULATION_KINDS}. */
export type SimulationKind = (typeof SIMULATION_KINDS)[number];

/** Runs a history of the store; the Violation that it ends with, or undefined. */
export function tryHistory(history: History, wrappers: DiskWrappers = {}): Promise<Violation | undefined> {
  return violationOf(() => runHistory(history, wrappers));
}

/** Runs a history of a master and its slaves. */
export function tryReplication(
  history: ReplicationHistory,
  wrappers: ReplicationWrappers = {},
): Promise<Violation | undefined> {
  return violationOf(() => runReplication(history, wrappers));
}

/** Undefined if all is well; otherwise what went wrong, and the shortest history that was found to do so. */
export function trySeed(seed: number, kind: SimulationKind): Promise<string | undefined> {
  if (kind === 'store') return failureOf(makeHistory(seed), (history) => tryHistory(history));
  return failureOf(makeReplicationHistory(seed), (history) => tryReplication(history));
}

async function violationOf(run: () => Promise<void>): Promise<Violation | undefined> {
  try {
    await run();
    return undefined;
  } catch (error) {
    if (error instanceof Violation) return error;
    throw error;
  }
}

async function failureOf<H extends Shrinkable>(
  history: H,
  run: (history: H) => Promise<Violation | undefined>,
): Promise<string | undefined> {
  const violation = await run(history);
  if (violation === undefined) return undefined;
  const shrunk = await shrink(history, violation.kind, async (candidate) => (await run(candidate))?.kind);
  const last = (await run(shrunk)) ?? violation;
  const cause = last.cause instanceof Error ? `\n${last.cause.stack}` : '';
  return `${last.message}${cause}\n${describe(shrunk)}`;
}
