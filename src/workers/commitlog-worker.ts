/**
 * Entry of the commitlog worker's thread. Started with `{ settings, memory, port }`; says `recovering`…, then `ready`, and at the
 * end `stopped`. A store that cannot be opened, and every bug, ends the thread with an error. Java: DefaultMessageStore's threads.
 */
import { type MessagePort, receiveMessageOnPort, workerData } from 'node:worker_threads';

import { systemClock } from '../base/clock.js';
import { nodeFileSystem } from '../commitlog/file-system.js';
import { Doorbell } from '../ring/doorbell.js';
import { CommitlogLoop } from './commitlog-loop.js';
import { CommitlogStore } from './commitlog-store.js';
import {
  decodeToWorker,
  encodeControlMessage,
  type FromWorker,
  type StoreMemory,
  type StoreSettings,
  type ToWorker,
} from './control-message.js';

/** `workerData` of the thread; `port` is transferred. */
export interface CommitlogWorkerData {
  readonly settings: StoreSettings;
  readonly memory: StoreMemory;
  readonly port: MessagePort;
}

async function runCommitlogWorker({ settings, memory, port }: CommitlogWorkerData): Promise<void> {
  const doorbell = new Doorbell(memory.doorbell);
  const post = (message: FromWorker): void => port.postMessage(encodeControlMessage(message));
  const receive = (): ToWorker | undefined => {
    const received = receiveMessageOnPort(port);
    return received === undefined ? undefined : decodeToWorker(received.message as Uint8Array);
  };
  // A thread with nothing but a pending wait on shared memory would end; the port keeps it.
  port.ref();
  const onOperationEnd = (): void => doorbell.ringAlways();
  const store = await CommitlogStore.open({
    files: nodeFileSystem,
    settings,
    memory,
    clock: systemClock,
    post,
    onOperationEnd,
  }).catch((error: unknown) => {
    if (typeof (error as NodeJS.ErrnoException).code !== 'string') throw error;
    // The system's own text may name no file.
    const text = `the store ${settings.storePathRootDir} cannot be opened: ${(error as Error).message}`;
    throw new Error(text, { cause: error });
  });
  post({ type: 'ready', queues: store.queueStates });
  await new CommitlogLoop({ store, doorbell, clock: systemClock, receive }).run();
  await store.close();
  post({ type: 'stopped' });
  port.close();
}

await runCommitlogWorker(workerData as CommitlogWorkerData);
