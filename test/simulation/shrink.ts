/**
 * Makes a failing history short: leaves out ever smaller parts of it as long as it goes on failing in the same way. Java: none.
 * Invariant: what is returned fails as the first one did.
 */
import type { ViolationKind } from './ledger.js';

/** Runs tried at most; the shortest history so far is returned then. */
const TRIES_MAX = 600;

/** What can be shrunk: a list of operations, any part of which can be carried out. */
export interface Shrinkable {
  readonly seed: number;
  readonly settings: object;
  readonly operations: readonly unknown[];
}

/** How a history fails, or undefined. */
export type Trial<H extends Shrinkable> = (history: H) => Promise<ViolationKind | undefined>;

/** Delta debugging over the operations. */
export async function shrink<H extends Shrinkable>(history: H, kind: ViolationKind, fails: Trial<H>): Promise<H> {
  let { operations } = history;
  let tries = 0;
  for (let part = Math.ceil(operations.length / 2); part >= 1;) {
    let hasShrunk = false;
    for (let start = 0; start < operations.length && tries < TRIES_MAX;) {
      const candidate = operations.toSpliced(start, part);
      tries++;
      if ((await fails({ ...history, operations: candidate })) === kind) {
        operations = candidate;
        hasShrunk = true;
      } else {
        start += part;
      }
    }
    if (tries >= TRIES_MAX || (part === 1 && !hasShrunk)) break;
    if (!hasShrunk || part > operations.length) part = Math.max(1, Math.floor(part / 2));
  }
  return { ...history, operations };
}

/** A line for each operation. */
export function describe({ seed, settings, operations }: Shrinkable): string {
  const lines = operations.map((operation, i) => `  ${i + 1}. ${JSON.stringify(operation)}`);
  return [`seed ${seed} ${JSON.stringify(settings)}`, ...lines].join('\n');
}
