/** The result ring: fields survive, nothing shows before publish, a waiter wakes, overfilling is a bug. */
import * as assert from 'uvu/assert';

import {
  allocateResultRing,
  emptyStoredResult,
  ResultRingConsumer,
  ResultRingProducer,
} from '#src/ring/result-ring.js';

import { suite } from '../suite.js';

const test = suite('ResultRing');

test('carries every field, offsets past 2^32 and negative tags codes among them', () => {
  const memory = allocateResultRing(4);
  const producer = new ResultRingProducer(memory);
  const consumer = new ResultRingConsumer(memory);
  const sent = {
    requestId: 0xffff_fffe,
    queueKey: 80_000,
    sizeBytes: 4_194_304,
    status: 1,
    isLast: false,
    isQueued: false,
    queueOffset: 2 ** 40 + 1,
    physicalOffset: 2 ** 50 + 3,
    tagsCode: -1_234_567,
    storeTimestampMs: 1_795_000_000_123,
  };
  producer.add(sent);
  const got = emptyStoredResult();
  assert.not(consumer.take(got), 'nothing is visible before publish');
  producer.publish();
  assert.ok(consumer.take(got));
  assert.equal(got, sent);
  assert.not(consumer.take(got));
});

test('arrival resolves when results are published', async () => {
  const memory = allocateResultRing(4);
  const producer = new ResultRingProducer(memory);
  const consumer = new ResultRingConsumer(memory);
  const arrival = consumer.arrival();
  producer.add(emptyStoredResult());
  producer.publish();
  await arrival;
  assert.ok(consumer.take(emptyStoredResult()));
});

test('arrival resolves at once when something is there already', async () => {
  const memory = allocateResultRing(4);
  const producer = new ResultRingProducer(memory);
  producer.add(emptyStoredResult());
  producer.publish();
  await new ResultRingConsumer(memory).arrival();
});

test('one result too many is a bug of the caller; slots come back with release', () => {
  const memory = allocateResultRing(2);
  const producer = new ResultRingProducer(memory);
  const consumer = new ResultRingConsumer(memory);
  producer.add(emptyStoredResult());
  producer.add(emptyStoredResult());
  producer.publish();
  assert.is(producer.room, 0);
  assert.throws(() => producer.add(emptyStoredResult()), /has room/);
  consumer.take(emptyStoredResult());
  consumer.release();
  assert.is(producer.room, 1);
  producer.add(emptyStoredResult());
});

test.run();
