/** How the end of a simulated process, in the middle of what it does, is told from a failure. Java: none. */
import { Violation } from './ledger.js';
import type { SimulatedBroker } from './simulated-broker.js';
import { PowerCut } from './simulated-disk.js';

/** What a crash leaves undone is undone. */
export async function swallowPowerCut(broker: SimulatedBroker, act: () => void | Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!broker.disk.isOff) throw error;
  }
  await broker.endIfOff();
}

/** A failure of the run, as one of the broker's. */
export function asViolation(error: unknown): Error {
  if (error instanceof Violation) return error;
  if (error instanceof PowerCut) return new Violation('worker-failed', 'a call after the end of the process', error);
  return new Violation('worker-failed', error instanceof Error ? error.message : String(error), error);
}
