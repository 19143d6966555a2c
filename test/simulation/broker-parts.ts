/** What a simulated broker is made of: settings, shared memory, files to read. Java: none. Invariant: everything is small, so that it is soon full. */
import type { OpenFile } from '#src/base/file-handle-cache.js';
import { ENTRY_BYTES } from '#src/consumequeue/consume-queue-entry.js';
import { allocateLogTailWindow } from '#src/ring/log-tail-window.js';
import { allocateRequestRing } from '#src/ring/request-ring.js';
import type { StoreMemory, StoreSettings } from '#src/workers/control-message.js';

import { allocateMemory, settingsFor } from '../commitlog/store-harness.js';
import type { ReplicationSettings } from './replication-history.js';
import type { SimulatedDisk } from './simulated-disk.js';

/** Where a store is. The folder above is there and durable. */
const STORE_FOLDER = '/store';
/** The smallest that there are. */
const WINDOW_BYTES = 1 << 16;
const REPLICA_RING_BYTES = 1 << 16;

/** Every broker's, whether master or slave. */
export function storeSettingsOf(settings: ReplicationSettings): StoreSettings {
  return settingsFor(STORE_FOLDER, {
    flushDiskType: settings.flushDiskType,
    mappedFileSizeCommitLog: settings.segmentBytes,
    mappedFileSizeConsumeQueue: settings.queueFileEntries * ENTRY_BYTES,
    maxIndexNum: settings.maxIndexNum,
  });
}

/** One process's memory. */
export function replicaMemory(isSlave: boolean): StoreMemory {
  const memory = allocateMemory();
  const replicaRing = isSlave ? allocateRequestRing(REPLICA_RING_BYTES) : undefined;
  return { ...memory, window: allocateLogTailWindow(WINDOW_BYTES), ha: { ...memory.ha, replicaRing } };
}

/** Files for reading, each step of which ends when the disk says so. */
export function openFileOf(disk: SimulatedDisk): OpenFile {
  return async (path) => {
    const file = await later(disk, () => disk.open(path, 'read'));
    return {
      read: (target, start, length, position) =>
        later(disk, () => ({ bytesRead: disk.pread(file, target, start, length, position) })),
      close: () => Promise.resolve().then(() => disk.close(file)),
    };
  };
}

async function later<T>(disk: SimulatedDisk, operation: () => T): Promise<T> {
  const results: T[] = [];
  await disk.later(() => void results.push(operation()));
  return results[0] as T;
}
