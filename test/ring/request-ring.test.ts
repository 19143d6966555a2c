/** The request ring in one thread: order, wrapping, fullness; and across two threads with random sizes. */
import { Worker } from 'node:worker_threads';

import * as assert from 'uvu/assert';

import {
  allocateRequestRing,
  ENTRY,
  EntryKind,
  RequestRingConsumer,
  RequestRingProducer,
} from '#src/ring/request-ring.js';

import { suite } from '../suite.js';

const CAPACITY_BYTES = 1 << 16;
const test = suite('RequestRing');

function put(ring: RequestRingProducer, sizeBytes: number, tag: number): boolean {
  const position = ring.reserve(sizeBytes);
  if (position < 0) return false;
  ring.bytes.writeUInt32LE((sizeBytes + 7) & ~7, position + ENTRY.SIZE);
  ring.bytes.writeUInt16LE(EntryKind.PUT, position + ENTRY.KIND);
  ring.bytes.writeUInt32LE(tag, position + ENTRY.REQUEST_ID);
  ring.bytes[position + sizeBytes - 1] = tag & 0xff;
  ring.commit();
  return true;
}

function take(ring: RequestRingConsumer): number | undefined {
  const position = ring.peek();
  if (position < 0) return undefined;
  const tag = ring.bytes.readUInt32LE(position + ENTRY.REQUEST_ID);
  ring.advance();
  return tag;
}

test('gives entries in order, each in one piece, over many turns of the ring', () => {
  const memory = allocateRequestRing(CAPACITY_BYTES);
  const producer = new RequestRingProducer(memory);
  const consumer = new RequestRingConsumer(memory);
  const sizes = [40, 33, 1000, 8192, 32, 30_000, 77];
  let expected = 0;
  for (let tag = 0; tag < 5000; tag++) {
    const size = sizes[tag % sizes.length] ?? 32;
    while (!put(producer, size, tag)) {
      assert.is(take(consumer), expected++);
      consumer.release();
    }
  }
  for (let tag = take(consumer); tag !== undefined; tag = take(consumer)) assert.is(tag, expected++);
  assert.is(expected, 5000);
});

test('a full ring takes nothing until entries are released, not merely passed', () => {
  const memory = allocateRequestRing(CAPACITY_BYTES);
  const producer = new RequestRingProducer(memory);
  const consumer = new RequestRingConsumer(memory);
  let count = 0;
  while (put(producer, 1024, count)) count++;
  assert.is(count, CAPACITY_BYTES / 1024);
  assert.is(take(consumer), 0);
  assert.is(producer.reserve(1024), -1);
  consumer.release();
  assert.ok(put(producer, 1024, count));
  assert.is(producer.usedBytes, CAPACITY_BYTES);
});

test('an abandoned reservation leaves nothing', () => {
  const memory = allocateRequestRing(CAPACITY_BYTES);
  const producer = new RequestRingProducer(memory);
  producer.reserve(64);
  producer.abandon();
  assert.is(new RequestRingConsumer(memory).peek(), -1);
  assert.is(producer.usedBytes, 0);
});

test('an entry over half the ring is a bug of the caller', () => {
  const producer = new RequestRingProducer(allocateRequestRing(CAPACITY_BYTES));
  assert.throws(() => producer.reserve(CAPACITY_BYTES / 2 + 8), /at most half the ring/);
});

test('another thread sees every byte of what was committed', async () => {
  const memory = allocateRequestRing(CAPACITY_BYTES);
  const total = 50_000;
  const worker = new Worker(new URL('./request-ring-reader.js', import.meta.url), { workerData: { memory, total } });
  const verdict = new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  const producer = new RequestRingProducer(memory);
  let seed = 7;
  for (let tag = 0; tag < total;) {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    if (put(producer, ENTRY.PAYLOAD + 8 + (seed % 2000), tag)) tag++;
  }
  assert.equal(await verdict, { inOrder: total });
});

test.run();
