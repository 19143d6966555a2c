/** When a put under SYNC_MASTER is answered, and with what. */
import * as assert from 'uvu/assert';

import { SlaveAcknowledgements } from '#src/ha/slave-acknowledgements.js';
import { allocateStoreStatusPage, StatusWord, StoreStatusPage } from '#src/ring/store-status-page.js';
import { GroupTransferService } from '#src/workers/group-transfer-service.js';
import { type PutResult, PutStatus } from '#src/workers/message-store.js';
import { isWaitStoreMsgOk } from '#src/workers/replication.js';

import { FakeClock } from '../fake-clock.js';
import { suite } from '../suite.js';

const test = suite('group transfer service');

const stored: PutResult = {
  status: PutStatus.OK,
  remark: undefined,
  queueOffset: 3,
  physicalOffset: 100,
  storeTimestampMs: 1,
  physicalOffsets: [100],
};

/** Puts by their ends, with the status of each once it is answered. */
class Harness {
  readonly status = new StoreStatusPage(allocateStoreStatusPage());
  readonly clock = new FakeClock();
  readonly slaves = new SlaveAcknowledgements(this.status, 2);
  readonly service = new GroupTransferService({
    status: this.status,
    clock: this.clock,
    maxGapNotInSyncBytes: 1000,
    slaveTimeoutMs: () => 3000,
  });
  readonly answers = new Map<number, PutStatus>();

  put(endOffset: number): void {
    this.service.wait(endOffset, stored, ({ status, queueOffset }) => {
      assert.not.ok(this.answers.has(endOffset), 'a put is answered once');
      assert.is(queueOffset, 3);
      this.answers.set(endOffset, status);
    });
  }

  /** The one slave has everything up to `offset`; settles when the waiting puts have been looked at. */
  async acknowledge(offset: number): Promise<void> {
    const replicated = this.status.change(StatusWord.replicatedOffset, this.status.get(StatusWord.replicatedOffset));
    this.slaves.update([{ slaveAckOffset: offset, confirmedOffset: offset }]);
    await replicated;
  }
}

test('a put is answered when a slave has its end, and others go on waiting', async () => {
  const harness = new Harness();
  await harness.acknowledge(50);
  for (const end of [50, 100, 200, 300]) harness.put(end);
  assert.equal([...harness.answers], [[50, PutStatus.OK]]);
  await harness.acknowledge(199);
  assert.equal([...harness.answers.keys()], [50, 100]);
  assert.is(harness.service.waitingCount, 2);
  await harness.acknowledge(300);
  assert.equal(
    [...harness.answers],
    [50, 100, 200, 300].map((end) => [end, PutStatus.OK]),
  );
  assert.is(harness.clock.pendingTimers, 0);
  harness.service.stop();
});

test('a put that waits longer than slaveTimeout is answered FLUSH_SLAVE_TIMEOUT', async () => {
  const harness = new Harness();
  await harness.acknowledge(50);
  harness.put(100);
  harness.clock.advance(1000);
  harness.put(200);
  harness.clock.advance(1999);
  assert.is(harness.answers.size, 0);
  harness.clock.advance(1);
  assert.equal([...harness.answers], [[100, PutStatus.FLUSH_SLAVE_TIMEOUT]]);
  harness.clock.advance(1000);
  assert.is(harness.answers.get(200), PutStatus.FLUSH_SLAVE_TIMEOUT);
  harness.service.stop();
});

test('without a slave, or with one that is too far behind, SLAVE_NOT_AVAILABLE at once', async () => {
  const harness = new Harness();
  harness.put(100);
  assert.is(harness.answers.get(100), PutStatus.SLAVE_NOT_AVAILABLE);
  await harness.acknowledge(50);
  harness.put(1049);
  assert.not.ok(harness.answers.has(1049));
  harness.put(1050);
  assert.is(harness.answers.get(1050), PutStatus.SLAVE_NOT_AVAILABLE);
  harness.slaves.update([]);
  harness.put(60);
  assert.is(harness.answers.get(60), PutStatus.SLAVE_NOT_AVAILABLE);
  // What slaves had once, they had.
  harness.put(40);
  assert.is(harness.answers.get(40), PutStatus.OK);
  harness.service.stop();
});

test('at the end everything that waits is answered', async () => {
  const harness = new Harness();
  await harness.acknowledge(50);
  harness.put(100);
  const idle = harness.service.idle();
  harness.service.stop();
  await idle;
  assert.is(harness.answers.get(100), PutStatus.FLUSH_SLAVE_TIMEOUT);
  assert.is(harness.clock.pendingTimers, 0);
});

test('a message may say that it need not wait', () => {
  const cases: [string, boolean][] = [
    ['', true],
    ['WAIT\u0001true\u0002', true],
    ['TAGS\u0001a\u0002WAIT\u0001TRUE', true],
    ['TAGS\u0001a\u0002WAIT\u0001false\u0002', false],
    ['WAIT\u0001false', false],
    ['AWAIT\u0001false\u0002', true],
  ];
  for (const [properties, waits] of cases) assert.is(isWaitStoreMsgOk(properties), waits, JSON.stringify(properties));
});

test.run();
