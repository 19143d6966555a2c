/** Server and client over real sockets: dispatch, order, oneway, idle and slow peers, broken frames, orderly stop. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import * as assert from 'uvu/assert';
import { RequestError } from '#src/base/errors.js';
import { createLogger } from '#src/base/log.js';
import type { Connection, RequestProcessor } from '#src/remoting/connection.js';
import { RemotingClient } from '#src/remoting/remoting-client.js';
import { createRequest, createResponse, type RemotingCommand } from '#src/remoting/remoting-command.js';
import { ConnectionClosedError, RemotingConnectError, RemotingTimeoutError } from '#src/remoting/remoting-error.js';
import { RemotingServer, type RemotingServerOptions } from '#src/remoting/remoting-server.js';
import { ResponseCode } from '#src/remoting/response-code.js';
import { FakeClock } from '../fake-clock.js';
import { suite } from '../suite.js';
import { decodeFrames, encodeFrames, seededRandom } from './frames.js';

const HOST = '127.0.0.1';
const TIMEOUT_MS = 3_000;

class Fixture {
  readonly clock = new FakeClock();
  readonly lines: string[] = [];
  readonly logger = createLogger('test', 'debug', (line) => this.lines.push(line));
  readonly processors = new Map<number, RequestProcessor>();
  readonly server: RemotingServer;
  readonly client: RemotingClient;
  address = '';
  port = 0;

  constructor(options: Partial<RemotingServerOptions> = {}) {
    const { clock, logger, processors } = this;
    this.server = new RemotingServer({ host: HOST, ports: [0], processors, logger, clock, ...options });
    this.client = new RemotingClient({ clock, logger });
  }

  async start(): Promise<this> {
    [this.port = 0] = await this.server.start();
    this.address = `${HOST}:${this.port}`;
    return this;
  }

  async stop(): Promise<void> {
    await this.client.close();
    await this.server.stop();
    assert.is([...this.server.connections()].length, 0);
    assert.is(this.clock.pendingTimers, 0, 'timers left');
  }

  invoke(code: number, body?: string): Promise<RemotingCommand> {
    return this.client.invoke(
      this.address,
      createRequest(code, {}, body === undefined ? undefined : Buffer.from(body)),
      TIMEOUT_MS,
    );
  }

  raw(): Socket {
    return connect({ host: HOST, port: this.port });
  }

  accepted(): Promise<Connection> {
    return new Promise((resolve) => this.server.onConnection(resolve));
  }
}

const test = suite('remoting server and client');

function scenario(
  name: string,
  run: (fixture: Fixture) => Promise<void>,
  options?: Partial<RemotingServerOptions>,
): void {
  test(name, async () => {
    const fixture = await new Fixture(options).start();
    try {
      await run(fixture);
    } finally {
      await fixture.stop();
    }
  });
}

function closed(socket: Socket): Promise<unknown> {
  socket.resume();
  return once(socket, 'close');
}

async function rejection(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    assert.instance(error, Error);
    return error as Error;
  }
  throw new Error('it did not reject');
}

const echo: RequestProcessor = (request) =>
  createResponse(request, ResponseCode.SUCCESS, undefined, { x: 'y' }, request.body);

scenario('answers at once, by promise and later, and tells what went wrong', async (fixture) => {
  fixture.processors.set(1, echo);
  fixture.processors.set(2, async (request) => createResponse(request, 7));
  fixture.processors.set(3, (request, connection) => {
    process.nextTick(() => connection.write(createResponse(request, 8)));
    return undefined;
  });
  fixture.processors.set(4, () => {
    throw new RequestError(ResponseCode.NO_PERMISSION, 'because');
  });
  fixture.processors.set(5, () => Promise.reject(new TypeError('bug')));
  const [one, two, three, four, five, six] = await Promise.all(
    [1, 2, 3, 4, 5, 6].map((code) => fixture.invoke(code, 'body')),
  );
  assert.is(one?.body?.toString(), 'body');
  assert.equal(one?.extFields, { x: 'y' });
  assert.is(two?.code, 7);
  assert.is(three?.code, 8);
  assert.is(four?.code, ResponseCode.NO_PERMISSION);
  assert.is(four?.remark, 'because');
  assert.is(five?.code, ResponseCode.SYSTEM_ERROR);
  assert.is(five?.remark, 'TypeError: bug');
  assert.is(six?.code, ResponseCode.REQUEST_CODE_NOT_SUPPORTED);
  assert.is(six?.remark, ' request type 6 not supported');
  assert.is(fixture.server.inFlight, 0);
});

scenario('answers may come in any order, and each reaches its request', async (fixture) => {
  const waiting: (() => void)[] = [];
  fixture.processors.set(1, (request, connection) => {
    const response = createResponse(request, ResponseCode.SUCCESS, request.body?.toString());
    waiting.push(() => connection.write(response));
    if (waiting.length === 10) for (const answer of waiting.toReversed()) answer();
    return undefined;
  });
  const answers = await Promise.all(Array.from({ length: 10 }, (_, index) => fixture.invoke(1, `${index}`)));
  assert.equal(
    answers.map((answer) => answer.remark),
    ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
  );
});

scenario('a oneway request gets no answer, however it is answered', async (fixture) => {
  const seen: number[] = [];
  const processor = (request: RemotingCommand, connection: Connection): RemotingCommand => {
    seen.push(request.opaque);
    connection.write(createResponse(request, 1));
    return createResponse(request, 2);
  };
  fixture.processors.set(1, processor);
  fixture.processors.set(2, echo);
  await fixture.client.invokeOneway(fixture.address, createRequest(1));
  await fixture.client.invokeOneway(fixture.address, createRequest(9));
  await fixture.invoke(2);
  assert.is(seen.length, 1);
  assert.not.ok(
    fixture.lines.some((line) => line.includes('nobody waits')),
    fixture.lines.join('\n'),
  );
});

scenario('all answers of one turn leave in one write', async (fixture) => {
  fixture.processors.set(1, echo);
  const socket = fixture.raw();
  const chunks: Buffer[] = [];
  const requests = Array.from({ length: 50 }, () => createRequest(1, {}, Buffer.from('b')));
  socket.write(encodeFrames(...requests));
  const [first] = (await once(socket, 'data')) as [Buffer];
  chunks.push(first);
  assert.is(decodeFrames(...chunks).length, 50);
  socket.destroy();
});

scenario('the server asks its client', async (fixture) => {
  const { clock, logger } = fixture;
  const client = new RemotingClient({ clock, logger, processors: new Map([[40, echo]]) });
  fixture.processors.set(1, async (request, connection) => {
    const answer = await connection.invoke(createRequest(40, {}, Buffer.from('hi')), TIMEOUT_MS);
    return createResponse(request, ResponseCode.SUCCESS, answer.body?.toString());
  });
  const answer = await client.invoke(fixture.address, createRequest(1), TIMEOUT_MS);
  assert.is(answer.remark, 'hi');
  await client.close();
});

scenario('an invocation times out by the clock, and its late answer is dropped', async (fixture) => {
  let answerLate: (() => void) | undefined;
  const arrived = new Promise<void>((resolve) => {
    fixture.processors.set(1, (request, connection) => {
      answerLate = () => connection.write(createResponse(request, 0));
      resolve();
      return undefined;
    });
  });
  fixture.processors.set(2, echo);
  const answer = fixture.invoke(1);
  await arrived;
  fixture.clock.advance(TIMEOUT_MS);
  assert.instance(await rejection(answer), RemotingTimeoutError);
  answerLate?.();
  await fixture.invoke(2);
  assert.ok(fixture.lines.some((line) => line.includes('nobody waits')));
});

scenario('a closed connection rejects what waits on it; the next request makes a new one', async (fixture) => {
  fixture.processors.set(1, (_request, connection) => {
    connection.close('test');
    return undefined;
  });
  fixture.processors.set(2, echo);
  assert.instance(await rejection(fixture.invoke(1)), ConnectionClosedError);
  assert.is((await fixture.invoke(2)).code, 0);
});

test('a connection that cannot be made is a RemotingConnectError', async () => {
  const fixture = await new Fixture().start();
  await fixture.stop();
  const client = new RemotingClient(fixture);
  for (const address of [fixture.address, 'nonsense', 'host:99999']) {
    assert.instance(await rejection(client.invoke(address, createRequest(1), TIMEOUT_MS)), RemotingConnectError);
  }
  await client.close();
});

scenario('connections come and go with one call each', async (fixture) => {
  const events: string[] = [];
  fixture.server.onConnection((connection) => events.push(`open ${connection.remoteAddress}`));
  const gone = new Promise<void>((resolve) => {
    fixture.server.onClose((connection) => {
      events.push(`close ${connection.remoteAddress}`);
      resolve();
    });
  });
  const socket = fixture.raw();
  await once(socket, 'connect');
  const name = `${HOST}:${socket.localPort}`;
  socket.resetAndDestroy();
  await gone;
  assert.equal(events, [`open ${name}`, `close ${name}`]);
});

scenario('an idle connection goes after the timeout, a busy one stays', async (fixture) => {
  fixture.processors.set(1, echo);
  const idle = fixture.raw();
  await fixture.accepted();
  for (let minute = 0; minute < 3; minute += 1) {
    await fixture.invoke(1);
    fixture.clock.advance(60_000);
  }
  await closed(idle);
  assert.is((await fixture.invoke(1)).code, 0);
  assert.is([...fixture.server.connections()].length, 1);
});

scenario('a broken frame closes its connection with one line and touches no other', async (fixture) => {
  fixture.processors.set(1, echo);
  await fixture.invoke(1);
  const broken: Buffer[] = [
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    Buffer.alloc(8),
    Buffer.from('00000005ff00000000', 'hex'),
  ];
  for (const bytes of broken) {
    const before = fixture.lines.length;
    const socket = fixture.raw();
    socket.on('error', () => undefined);
    socket.write(Buffer.concat([encodeFrames(createRequest(1)), bytes]));
    await closed(socket);
    assert.is(fixture.lines.length - before, 1, fixture.lines.slice(before).join('\n'));
    assert.match(fixture.lines.at(-1) ?? '', 'broke the protocol');
  }
  assert.is((await fixture.invoke(1)).code, 0);
});

scenario('random bytes and mutated frames leave it serving', async (fixture) => {
  fixture.processors.set(1, echo);
  const random = seededRandom(3);
  for (let round = 0; round < 40; round += 1) {
    const bytes = encodeFrames(...Array.from({ length: 5 }, () => createRequest(1, { a: 'b' }, Buffer.alloc(100))));
    for (let flips = 0; flips < 4; flips += 1) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
    const socket = fixture.raw();
    socket.on('error', () => undefined);
    socket.end(bytes);
    await closed(socket);
  }
  assert.is((await fixture.invoke(1)).code, 0);
  assert.is(fixture.server.inFlight, 0);
});

function untilReceived(socket: Socket, bytes: number): Promise<void> {
  let left = bytes;
  return new Promise((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      left -= chunk.length;
      if (left <= 0) resolve();
    });
    socket.resume();
  });
}

const SLOW = { highWaterMarkBytes: 256 * 1024 };
scenario(
  'a peer that does not read is held back, and goes on where it stopped',
  async (fixture) => {
    const answerBytes = 64 * 1024;
    const requests = 2_000;
    let taken = 0;
    let mostPending = 0;
    fixture.processors.set(1, (request, connection) => {
      taken += 1;
      mostPending = Math.max(mostPending, connection.pendingWriteBytes);
      return createResponse(request, 0, undefined, {}, Buffer.alloc(answerBytes));
    });
    const socket = fixture.raw();
    socket.pause();
    const connection = await fixture.accepted();
    socket.write(encodeFrames(...Array.from({ length: requests }, () => createRequest(1))));
    while (connection.isWritable) await new Promise((resolve) => setImmediate(resolve));
    const drained = new Promise<void>((resolve) => connection.onDrain(resolve));
    assert.ok(taken < requests);
    const received = untilReceived(socket, requests * answerBytes);
    await drained;
    await received;
    assert.is(taken, requests);
    assert.ok(mostPending <= SLOW.highWaterMarkBytes + 2 * answerBytes, `${mostPending} bytes pending`);
    socket.destroy();
  },
  SLOW,
);

scenario('pauses nest, and what was read already waits too', async (fixture) => {
  const taken: string[] = [];
  fixture.processors.set(1, (request, connection) => {
    taken.push(request.body?.toString() ?? '');
    if (taken.length === 1) {
      connection.pauseReading();
      connection.pauseReading();
    }
    return createResponse(request, 0);
  });
  const answers = [fixture.invoke(1, 'a'), fixture.invoke(1, 'b')];
  await answers[0];
  const [connection] = [...fixture.server.connections()];
  connection?.resumeReading();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(taken, ['a']);
  connection?.resumeReading();
  await answers[1];
  assert.equal(taken, ['a', 'b']);
});

scenario('stops in order: takes nothing more, answers what it took', async (fixture) => {
  let answer: (() => void) | undefined;
  const arrived = new Promise<void>((resolve) => {
    fixture.processors.set(1, (request, connection) => {
      answer = () => connection.write(createResponse(request, 0, 'late'));
      resolve();
      return undefined;
    });
  });
  const first = fixture.invoke(1);
  await arrived;
  fixture.server.stopReading();
  assert.is(fixture.server.inFlight, 1);
  const refused = rejection(fixture.invoke(1));
  answer?.();
  assert.is(fixture.server.inFlight, 0);
  const stopped = fixture.server.stop();
  assert.is((await first).remark, 'late');
  assert.instance(await refused, ConnectionClosedError);
  await stopped;
});

test('opens all ports or none', async () => {
  const taken = await new Fixture().start();
  const second = new Fixture({ ports: [0, taken.port] });
  assert.match((await rejection(second.start())).message, 'EADDRINUSE');
  await second.stop();
  await taken.stop();
});

test.run();
