/**
 * The version that a table of topics, groups or offsets carries; NameServers and slaves compare it. Main thread. Java: DataVersion.
 * Invariant: immutable; a change of the table makes a new one with a higher counter. `stateVersion` is 0 without a controller.
 */
import type { DataVersion } from '../remoting/bodies/data-version.js';

/** The version of a table that nobody has changed yet. */
export function firstVersion(nowMs: number): DataVersion {
  return { counter: 0, stateVersion: 0, timestamp: nowMs };
}

/** The version after `version`. */
export function nextVersion(version: DataVersion, nowMs: number): DataVersion {
  return { counter: version.counter + 1, stateVersion: 0, timestamp: nowMs };
}
