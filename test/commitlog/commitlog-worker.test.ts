/** The worker on its own thread: start, messages, control messages, stop, and a store that cannot be opened. */
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';

import * as assert from 'uvu/assert';

import { Doorbell } from '#src/ring/doorbell.js';
import {
  decodeFromWorker,
  encodeControlMessage,
  type FromWorker,
  type StoreMemory,
  type StoreSettings,
  type ToWorker,
} from '#src/workers/control-message.js';
import { PutStatus } from '#src/workers/message-store.js';

import { suite } from '../suite.js';
import { allocateMemory, makeFolder, removeFolders, settingsFor, StoreMainEnd } from './store-harness.js';

const test = suite('commitlog worker');
test.after(removeFolders);

class WorkerThread {
  readonly memory: StoreMemory = allocateMemory();
  readonly doorbell = new Doorbell(this.memory.doorbell);
  readonly worker: Worker;
  readonly #port: MessagePort;
  readonly #messages: FromWorker[] = [];

  constructor(settings: StoreSettings) {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.on('message', (bytes: Uint8Array) => this.#messages.push(decodeFromWorker(bytes)));
    this.worker = new Worker(new URL('../../../dist/workers/commitlog-worker.js', import.meta.url), {
      workerData: { settings, memory: this.memory, port: port2 },
      transferList: [port2],
    });
  }

  send(message: ToWorker): void {
    this.#port.postMessage(encodeControlMessage(message));
    this.doorbell.ringAlways();
  }

  async receive<Type extends FromWorker['type']>(type: Type): Promise<Extract<FromWorker, { type: Type }>> {
    for (;;) {
      const message = this.#messages.shift();
      if (message?.type === type) return message as Extract<FromWorker, { type: Type }>;
      if (message === undefined) await once(this.#port, 'message');
    }
  }

  async stop(): Promise<void> {
    const exited = once(this.worker, 'exit');
    this.send({ type: 'stop' });
    await this.receive('stopped');
    assert.is((await exited)[0], 0);
    this.#port.close();
  }

  close(): void {
    this.#port.close();
  }
}

for (const flushDiskType of ['ASYNC_FLUSH', 'SYNC_FLUSH'] as const) {
  test(`stores, deletes topics, stops and starts again under ${flushDiskType}`, async () => {
    const folder = makeFolder();
    const settings = settingsFor(folder, {
      flushDiskType,
      flushIntervalCommitLogMs: 10,
      flushIntervalConsumeQueueMs: 10,
    });
    const first = new WorkerThread(settings);
    assert.equal((await first.receive('ready')).queues, []);
    const main = new StoreMainEnd(first.memory, []);
    let answered = 0;
    for (let round = 0; round < 20; round++) {
      for (let i = 0; i < 50; i++) main.put(i % 2 === 0 ? 'Kept' : 'Deleted', 0, [{ body: 'x'.repeat(500) }]);
      first.doorbell.ring();
      const results = await main.results(50);
      assert.ok(results.every((result) => result.status === PutStatus.OK));
      answered += results.length;
    }
    assert.is(answered, 1000);
    main.deleteTopic('Deleted', 7);
    first.doorbell.ring();
    assert.equal(await first.receive('topicDeleted'), { type: 'topicDeleted', id: 7, error: undefined });
    await first.stop();
    assert.not.ok(readdirSync(folder).includes('abort'));

    const second = new WorkerThread(settings);
    assert.equal((await second.receive('ready')).queues, [{ topic: 'Kept', queueId: 0, minOffset: 0, maxOffset: 500 }]);
    await second.stop();
  });
}

test('answers what was put before the stop', async () => {
  const thread = new WorkerThread(settingsFor(makeFolder()));
  await thread.receive('ready');
  const main = new StoreMainEnd(thread.memory, []);
  for (let i = 0; i < 200; i++) main.put('T', 0, [{}]);
  await thread.stop();
  assert.is(main.takeResults().filter((result) => result.status === PutStatus.OK).length, 200);
});

test('ends with an error that names the file when the store cannot be opened', async () => {
  const folder = makeFolder();
  writeFileSync(join(folder, 'commitlog'), 'a file where a folder should be');
  const thread = new WorkerThread(settingsFor(folder));
  const [error] = (await once(thread.worker, 'error')) as [Error];
  assert.match(error.message, /commitlog/);
  thread.close();
});

test.run();
