/** A consumer that does not read its socket, or asks for much from the disk at once, fills no memory. */
import * as assert from 'uvu/assert';
import type { GetResult } from '#src/workers/message-store.js';
import { suite } from '../suite.js';
import { MessageBroker, pullRequest, turn } from './message-broker.js';

const test = suite('pull gate');

async function withMessages(): Promise<MessageBroker> {
  const broker = new MessageBroker();
  broker.addTopic('T');
  await broker.put('T', 0);
  return broker;
}

test('a pull of a consumer that does not read waits until it does', async () => {
  const broker = await withMessages();
  const { connection, store } = broker;
  let reads = 0;
  const read = store.getMessages.bind(store);
  store.getMessages = (...parameters) => {
    reads++;
    return read(...parameters);
  };
  connection.isWritable = false;
  broker.pull(pullRequest());
  broker.pull(pullRequest());
  await turn();
  assert.is(reads, 0);
  connection.drain();
  assert.is(reads, 2);
  assert.is(connection.written.length, 2);
});

test('a consumer that fills up again is held back again', async () => {
  const broker = await withMessages();
  const { connection } = broker;
  connection.isWritable = false;
  for (let count = 0; count < 3; count++) broker.pull(pullRequest());
  const write = connection.write.bind(connection);
  connection.write = (command) => {
    write(command);
    connection.isWritable = false;
  };
  connection.drain();
  assert.is(connection.written.length, 1);
  connection.drain();
  connection.drain();
  assert.is(connection.written.length, 3);
});

test('a held pull that is woken waits for its consumer to read', async () => {
  const broker = await withMessages();
  broker.pull(pullRequest({ queueOffset: '1' }));
  broker.connection.isWritable = false;
  await broker.put('T', 0);
  await turn();
  assert.is(broker.connection.written.length, 0);
  broker.connection.drain();
  assert.is(broker.connection.written[0]?.code, 0);
});

test('eight reads from disk are under way for a connection at the most', async () => {
  const broker = await withMessages();
  const { store, connection } = broker;
  const read = store.getMessages.bind(store);
  const finish: (() => void)[] = [];
  store.getMessages = (...parameters) =>
    new Promise<GetResult>((resolve) => finish.push(() => resolve(read(...parameters))));
  for (let count = 0; count < 10; count++) broker.pull(pullRequest());
  assert.is(finish.length, 8);
  finish.shift()?.();
  await connection.untilWritten(1);
  await turn();
  assert.is(finish.length, 8);
  while (connection.written.length < 10) {
    finish.shift()?.();
    await turn();
  }
  assert.is(finish.length, 0);
});

test('a connection with too many waiting pulls is not read from until none waits', async () => {
  const broker = await withMessages();
  const { connection } = broker;
  connection.isWritable = false;
  for (let count = 0; count < 1_023; count++) broker.pull(pullRequest());
  assert.is(connection.pauses, 0);
  broker.pull(pullRequest());
  broker.pull(pullRequest());
  assert.is(connection.pauses, 1);
  connection.drain();
  assert.is(connection.pauses, 0);
  assert.is(connection.written.length, 1_025);
});

test('a pull of a closed connection goes nowhere', async () => {
  const broker = await withMessages();
  broker.connection.isWritable = false;
  broker.pull(pullRequest());
  broker.connection.close('by the test');
  broker.connection.drain();
  await turn();
  assert.is(broker.connection.written.length, 0);
});

test.run();
