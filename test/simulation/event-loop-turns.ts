/** Waiting in a simulation: only the event loop goes round, no time passes. Java: none. Invariant: what is woken by shared memory runs within `turns`. */
import { setImmediate as nextTurnOfEventLoop } from 'node:timers/promises';

import { Violation } from './ledger.js';
import type { SimulatedDisk } from './simulated-disk.js';

/** Longer is a hang: the longest waits are for a few hundred operations of the disk. */
const TURNS_MAX = 20_000;

/** One turn, enough for a promise that is settled already. */
export async function nextTurn(): Promise<void> {
  await nextTurnOfEventLoop();
}

/** As many as it takes for what waits in shared memory to be woken, and to go on. */
export async function turns(): Promise<void> {
  await nextTurnOfEventLoop();
  await nextTurnOfEventLoop();
}

/** Lets the disk work until a promise settles. */
export async function settle<T>(disk: SimulatedDisk, promise: Promise<T>): Promise<T> {
  const state = { isSettled: false };
  const watched = promise.finally(() => (state.isSettled = true));
  watched.catch(() => undefined);
  for (let count = 0; ; count++) {
    await nextTurnOfEventLoop();
    if (state.isSettled) return watched;
    if (count > TURNS_MAX) throw new Violation('worker-failed', 'something waits for ever');
    disk.completeOne();
  }
}
