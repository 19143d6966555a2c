/** Both rings with producer and consumer on one thread: the cost of the bookkeeping, without that of crossing cores. Micro benchmark. */
import {
  allocateRequestRing,
  ENTRY,
  EntryKind,
  RequestRingConsumer,
  RequestRingProducer,
} from '#src/ring/request-ring.js';
import {
  allocateResultRing,
  emptyStoredResult,
  ResultRingConsumer,
  ResultRingProducer,
} from '#src/ring/result-ring.js';
import type { MicroBenchmark } from './micro-benchmark.js';

const PAYLOAD_BYTES = 1200;
const ENTRY_BYTES = ENTRY.PAYLOAD + PAYLOAD_BYTES;
/** Entries that a busy worker finds waiting. */
const DRAINED_TOGETHER = 64;

function putEntry(producer: RequestRingProducer, payload: Buffer): void {
  const position = producer.reserve(ENTRY_BYTES);
  if (position < 0) throw new Error('the ring is full');
  producer.bytes.writeUInt32LE(ENTRY_BYTES, position + ENTRY.SIZE);
  producer.bytes.writeUInt16LE(EntryKind.PUT, position + ENTRY.KIND);
  payload.copy(producer.bytes, position + ENTRY.PAYLOAD);
  producer.commit();
}

function drain(consumer: RequestRingConsumer): void {
  while (consumer.peek() >= 0) consumer.advance();
  consumer.release();
}

function requestRingBenchmark(payload: Buffer): () => void {
  const memory = allocateRequestRing(1 << 20);
  const [producer, consumer] = [new RequestRingProducer(memory), new RequestRingConsumer(memory)];
  return () => {
    for (let index = 0; index < DRAINED_TOGETHER; index++) putEntry(producer, payload);
    drain(consumer);
  };
}

function resultRingBenchmark(): () => void {
  const memory = allocateResultRing(1024);
  const [producer, consumer] = [new ResultRingProducer(memory), new ResultRingConsumer(memory)];
  const result = emptyStoredResult();
  return () => {
    for (let index = 0; index < DRAINED_TOGETHER; index++) producer.add(result);
    producer.publish();
    while (consumer.take(result)) continue;
    consumer.release();
  };
}

/** A record through the request ring and an outcome through the result ring; the baseline copies the record once. */
export function ringBenchmarks(): MicroBenchmark[] {
  const payload = Buffer.alloc(PAYLOAD_BYTES, 'x');
  const target = Buffer.alloc(PAYLOAD_BYTES);
  const group = 'ring';
  return [
    { group, name: 'copy of the record alone', isBaseline: true, run: () => void payload.copy(target) },
    {
      group,
      name: 'reserve, write, commit, consume',
      operations: DRAINED_TOGETHER,
      run: requestRingBenchmark(payload),
    },
    { group, name: 'result added, published, taken', operations: DRAINED_TOGETHER, run: resultRingBenchmark() },
  ];
}
