/** The simulated network itself: what it may do to a connection and what it may not. */
import * as assert from 'uvu/assert';

import { suite } from '../suite.js';
import { Random } from './random.js';
import { type SimulatedHost, SimulatedNetwork } from './simulated-network.js';
import type { SimulatedSocket } from './simulated-socket.js';

const SEEDS = 100;
const EVERYTHING = 10_000;
const test = suite('simulated network');

/** A connection from `a` to `b`, and what each end has heard. */
class Pair {
  readonly network = new SimulatedNetwork({ wireBytesMax: 50, sendBufferBytesMax: 100 });
  readonly a: SimulatedHost = this.network.host('a');
  readonly b: SimulatedHost = this.network.host('b');
  readonly client: SimulatedSocket;
  server: SimulatedSocket | undefined;
  readonly heard = { client: '', server: '' };
  readonly random: Random;

  constructor(seed: number) {
    this.random = new Random(seed);
    const onSocket = (socket: unknown): void => {
      this.server = socket as SimulatedSocket;
      listen(this.server, (text) => void (this.heard.server += text));
    };
    void this.b.listen({ host: 'b', port: 0, sendBufferBytesMax: 0, onSocket, onError: () => undefined });
    this.client = this.a.connect('b');
    listen(this.client, (text) => void (this.heard.client += text));
    this.network.deliver(1, this.random);
  }

  deliver(): void {
    this.network.deliver(EVERYTHING, this.random);
  }
}

function listen(socket: SimulatedSocket, onHeard: (text: string) => void): void {
  socket.on('data', (chunk) => onHeard(chunk.toString('latin1')));
  socket.on('connect', () => onHeard('<connect>'));
  socket.on('drain', () => onHeard('<drain>'));
  socket.on('error', (error) => onHeard(`<${error.message}>`));
}

test('bytes arrive in their order, however they are cut into pieces, and a full socket drains', () => {
  for (let seed = 0; seed < SEEDS; seed++) {
    const pair = new Pair(seed);
    const text = 'abcdefghij'.repeat(20);
    assert.not.ok(pair.client.write(Buffer.from(text)));
    assert.ok(pair.client.writableNeedDrain);
    assert.is(pair.client.writableLength, 150);
    pair.server?.write(Buffer.from('yes'));
    pair.deliver();
    assert.is(pair.heard.server, text);
    assert.is(pair.heard.client.replace(/<drain>/, ''), '<connect>yes');
    assert.is(pair.heard.client.match(/<drain>/g)?.length, 1);
  }
});

test('a socket that is paused gets nothing, and loses nothing', () => {
  const pair = new Pair(1);
  pair.server?.pause();
  pair.client.write(Buffer.from('text'));
  pair.deliver();
  assert.is(pair.heard.server, '');
  pair.server?.resume();
  pair.deliver();
  assert.is(pair.heard.server, 'text');
});

test('what was sent before a process ended arrives, and its end is told', () => {
  const pair = new Pair(1);
  pair.client.write(Buffer.from('last'));
  pair.network.end('a', false);
  pair.deliver();
  assert.is(pair.heard.server, 'last');
  assert.ok(pair.server?.isClosed);
});

test('nobody is told of a power cut, before the machine is there again and knows nothing of the connection', () => {
  const pair = new Pair(1);
  pair.network.end('b', true);
  pair.client.write(Buffer.from('text'));
  pair.deliver();
  assert.not.ok(pair.client.isClosed);
  pair.network.host('b');
  pair.deliver();
  assert.ok(pair.client.isClosed);
  assert.match(pair.heard.client, '<ECONNRESET>');
});

test('a cut tells each end or does not, and what arrives late is a beginning of what was sent', () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < SEEDS; seed++) {
    const pair = new Pair(seed);
    pair.client.write(Buffer.from('abcdefghij'));
    pair.network.cut('a', 'b', pair.random);
    pair.client.write(Buffer.from('klm'));
    pair.deliver();
    const { server } = pair.heard;
    assert.ok('abcdefghij<ECONNRESET>'.startsWith(server) || server === '<ECONNRESET>', server);
    seen.add(`${server} ${pair.client.isClosed} ${pair.server?.isClosed}`);
  }
  for (const outcome of [' false false', 'abcdefghij true false', '<ECONNRESET> false true'])
    assert.ok(seen.has(outcome), outcome);
});

test('between parted brokers nothing passes until it heals, and nobody is connected where nobody listens', () => {
  const pair = new Pair(1);
  pair.network.part('a', 'b');
  pair.client.write(Buffer.from('text'));
  pair.deliver();
  assert.is(pair.heard.server, '');
  pair.network.heal();
  pair.deliver();
  assert.is(pair.heard.server, 'text');
  let heard = '';
  listen(pair.b.connect('a'), (text) => void (heard += text));
  pair.deliver();
  assert.is(heard, '<ECONNREFUSED>');
});

test.run();
