/**
 * Invariants, left on in production: a broken one is our own bug and ends the thread with its stack.
 * Any thread. Java: none (Apache relies on catch-alls).
 */

/** Thrown by {@link assert}; never caught except by a thread's outermost handler. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

/** Throws {@link AssertionError} unless `condition` holds. `message` names the invariant, not the caller. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}
