/**
 * Messages between the main thread and the HA thread besides shared memory: start, stop, the master's address, how replication stands, log
 * lines. Both threads. They travel as msgpackr records. Invariant: nothing here is on the way of a message.
 */
import { Packr } from 'msgpackr';

import type { LogLevel } from '../base/log.js';
import type { LogCut } from '../commitlog/log-cut.js';
import type { HaRuntimeInfo } from '../ha/ha-runtime-info.js';

const packr = new Packr({ useRecords: true, moreTypes: false });

/** Main thread → HA thread. */
export type ToHaThread =
  | { readonly type: 'updateHaMasterAddress'; readonly address: string | undefined }
  | { readonly type: 'runtimeInfo'; readonly id: number }
  | { readonly type: 'stop' };

/** HA thread → main thread. */
export type FromHaThread =
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'cannotListen'; readonly reason: string }
  | { readonly type: 'runtimeInfo'; readonly id: number; readonly info: HaRuntimeInfo }
  | {
      readonly type: 'log';
      readonly level: LogLevel;
      readonly message: string;
      readonly fields: Readonly<Record<string, unknown>> | undefined;
    }
  /** On a slave: the log is to be cut; nothing more is replicated until it is. */
  | { readonly type: 'diverged'; readonly cut: LogCut }
  /** Everything is closed; the thread ends by itself. */
  | { readonly type: 'stopped' };

/** Encodes for `postMessage(bytes)`. */
export function encodeHaMessage(message: ToHaThread | FromHaThread): Uint8Array {
  // A copy: msgpackr returns a view into a buffer that it goes on using.
  return new Uint8Array(packr.pack(message));
}

/** Decodes what the main thread sent. */
export function decodeToHaThread(bytes: Uint8Array): ToHaThread {
  return packr.unpack(bytes) as ToHaThread;
}

/** Decodes what the HA thread sent. */
export function decodeFromHaThread(bytes: Uint8Array): FromHaThread {
  return packr.unpack(bytes) as FromHaThread;
}
