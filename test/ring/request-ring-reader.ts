/** The consumer's side of the two-thread test: takes entries until it has seen all, checks order and last byte, reports. */
import { parentPort, workerData } from 'node:worker_threads';

import { ENTRY, RequestRingConsumer } from '#src/ring/request-ring.js';

const { memory, total } = workerData as { memory: SharedArrayBuffer; total: number };
const ring = new RequestRingConsumer(memory);
let inOrder = 0;
while (inOrder < total) {
  const position = ring.peek();
  if (position < 0) continue;
  const tag = ring.bytes.readUInt32LE(position + ENTRY.REQUEST_ID);
  if (tag !== inOrder) break;
  inOrder++;
  ring.advance();
  ring.release();
}
parentPort?.postMessage({ inOrder });
