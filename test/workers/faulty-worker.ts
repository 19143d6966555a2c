/** In place of the commitlog worker: becomes ready, and at the first entry in the ring dies or does nothing, as its folder's name says. */
import { type MessagePort, workerData } from 'node:worker_threads';

import { Doorbell } from '#src/ring/doorbell.js';
import { RequestRingConsumer } from '#src/ring/request-ring.js';
import { encodeControlMessage, type StoreMemory, type StoreSettings } from '#src/workers/control-message.js';

const { settings, memory, port } = workerData as { settings: StoreSettings; memory: StoreMemory; port: MessagePort };
const ring = new RequestRingConsumer(memory.requestRing);
const doorbell = new Doorbell(memory.doorbell);
const FOREVER_MS = 600_000;

port.postMessage(encodeControlMessage({ type: 'ready', queues: [] }));
while (ring.peek() < 0) doorbell.wait(() => ring.peek() >= 0, FOREVER_MS);
if (settings.storePathRootDir.endsWith('dies')) throw new Error('a bug of the worker');
for (;;) doorbell.wait(() => false, FOREVER_MS);
