/** QUERY_MESSAGE: limits, and what a client that asks faster than it reads gets. Codes and remarks are in the recorded exchanges. */
import * as assert from 'uvu/assert';

import { QueryMessageProcessor } from '#src/broker/processors/query-message-processor.js';
import { createRequest, type RemotingCommand } from '#src/remoting/remoting-command.js';
import { RequestCode } from '#src/remoting/request-code.js';
import { ResponseCode } from '#src/remoting/response-code.js';
import type { MessageQuery, QueryResult } from '#src/workers/message-store.js';
import { MemoryConnection } from '../remoting/memory-connection.js';
import { suite } from '../suite.js';

const test = suite('query message processor');

/** A store whose queries end when the test says so. */
class SlowStore {
  readonly queries: MessageQuery[] = [];
  readonly #ends: (() => void)[] = [];

  queryMessage(query: MessageQuery): Promise<QueryResult> {
    this.queries.push(query);
    return new Promise((resolve) => {
      this.#ends.push(() =>
        resolve({ body: Buffer.from('x'), indexLastUpdateTimestampMs: 5, indexLastUpdatePhysicalOffset: 6 }),
      );
    });
  }

  end(): void {
    this.#ends.shift()?.();
  }
}

function request(fields: Record<string, string> = {}): RemotingCommand {
  const header = { topic: 'T', key: 'k', maxNum: '100', beginTimestamp: '1', endTimestamp: '2', ...fields };
  return createRequest(RequestCode.QUERY_MESSAGE, header);
}

async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

function setUp(): { store: SlowStore; processor: QueryMessageProcessor; connection: MemoryConnection } {
  const store = new SlowStore();
  const config = { maxMsgsNumBatch: 64, defaultQueryMaxNum: 32 };
  return { store, processor: new QueryMessageProcessor({ store, config }), connection: new MemoryConnection() };
}

test('asks for as many as the client wants and the broker allows', async () => {
  const { store, processor, connection } = setUp();
  const fields = [{}, { maxNum: '3' }, { _UNIQUE_KEY_QUERY: 'true', indexType: 'T' }, { indexType: 'T' }];
  for (const more of fields) void processor.process(request(more), connection);
  for (let i = 0; i < 4; i++) {
    await settle();
    store.end();
  }
  assert.equal(
    store.queries.map(({ countMax, indexType }) => [countMax, indexType]),
    [
      [64, undefined],
      [3, undefined],
      [32, undefined],
      [64, 'T'],
    ],
  );
  assert.equal([store.queries[0]?.beginTimestampMs, store.queries[0]?.endTimestampMs], [1, 2]);
});

test('one query of a connection is served at a time, others meanwhile, and too many are refused', async () => {
  const { store, processor, connection } = setUp();
  const first = processor.process(request(), connection);
  for (let i = 0; i < 256; i++) void processor.process(request(), connection);
  const refused = await processor.process(request(), connection);
  assert.is(refused?.code, ResponseCode.SYSTEM_BUSY);
  await settle();
  assert.is(store.queries.length, 1);
  void processor.process(request(), new MemoryConnection());
  await settle();
  assert.is(store.queries.length, 2);
  store.end();
  const answer = await first;
  assert.equal(
    [answer?.code, answer?.extFields, answer?.body?.toString()],
    [ResponseCode.SUCCESS, { indexLastUpdateTimestamp: '5', indexLastUpdatePhyoffset: '6' }, 'x'],
  );
  await settle();
  assert.is(store.queries.length, 3);
});

test('nothing is looked up for a client that does not read, until it does', async () => {
  const { store, processor, connection } = setUp();
  connection.isWritable = false;
  void processor.process(request(), connection);
  await settle();
  assert.is(store.queries.length, 0);
  connection.drain();
  await settle();
  assert.is(store.queries.length, 1);
});

test.run();
