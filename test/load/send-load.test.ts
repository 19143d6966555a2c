/** The producer against an echo of the protocol: exact counts, requests in flight, the fixed rate, and a stall that latencies have to show. */
import * as assert from 'uvu/assert';

import { systemClock } from '#src/base/clock.js';
import { LoadRecorder } from '#src/load/load-recorder.js';
import { measure } from '#src/load/measurement.js';
import { SendLoad, type SendOptions } from '#src/load/send-load.js';
import { ProtocolEcho } from '../../bench/generator/protocol-echo.js';
import { FakeClock } from '../fake-clock.js';
import { suite } from '../suite.js';

const test = suite('send load');

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await turn();
}

function optionsFor(port: number, more: Partial<SendOptions> = {}): SendOptions {
  const queues = [0, 1, 2].map((queueId) => ({ topic: 'T', queueId }));
  return {
    brokers: [{ host: '127.0.0.1', port, queues }],
    bodyBytes: 100,
    inFlight: 10,
    connections: 3,
    batchSize: 1,
    mode: 'async',
    tags: [],
    delayLevel: 0,
    ...more,
  };
}

async function withEcho(work: (echo: ProtocolEcho, port: number) => Promise<void>): Promise<void> {
  const echo = new ProtocolEcho();
  try {
    await work(echo, await echo.listen());
  } finally {
    await echo.close();
  }
}

test('as many messages as were asked for are sent, in every mode', async () => {
  await withEcho(async (echo, port) => {
    for (const mode of ['sync', 'async', 'oneway'] as const) {
      for (const [inFlight, connections, batchSize] of [
        [10, 3, 1],
        [2, 5, 1],
        [7, 7, 4],
      ] as const) {
        const recorder = new LoadRecorder();
        const options = optionsFor(port, { mode, inFlight, connections, batchSize });
        const before = echo.sends;
        const load = await SendLoad.open(options, recorder, systemClock);
        const run = { warmupMs: 0, durationMs: Infinity, messagesMax: 1000 };
        const result = await measure(load, recorder, systemClock, run);
        const name = `${mode}, ${inFlight} in flight, ${connections} connections`;
        assert.equal([result.messages, result.requests, result.ended], [1000, 1000 / batchSize, 'messages'], name);
        assert.equal([result.failed, result.afterEnd, result.unsent], [{}, 0, 0], name);
        // A oneway request is over when the kernel has it: the echo may have to read it yet.
        if (mode !== 'oneway') assert.is(echo.sends - before, 1000 / batchSize, name);
      }
    }
  });
});

test('never more in flight than asked for', async () => {
  await withEcho(async (echo, port) => {
    for (const [mode, inFlight, connections, expected] of [
      ['async', 10, 3, 10],
      ['async', 4, 9, 4],
      ['async', 9, 9, 9],
      ['sync', 100, 5, 5],
    ] as const) {
      const load = await SendLoad.open(
        optionsFor(port, { mode, inFlight, connections }),
        new LoadRecorder(),
        systemClock,
      );
      echo.stall();
      load.start();
      assert.is(load.inFlight, expected);
      echo.resume();
      const before = echo.sends;
      await until(() => echo.sends > before + 200);
      assert.ok(load.inFlight <= expected);
      load.stop();
      await load.drained;
      assert.is(load.inFlight, 0);
      load.close();
    }
  });
});

test('with fewer requests than connections all connections get their turn', async () => {
  await withEcho(async (_echo, port) => {
    const load = await SendLoad.open(
      optionsFor(port, { inFlight: 1, connections: 4 }),
      new LoadRecorder(),
      systemClock,
    );
    const order: number[] = [];
    const freed = load.freed.bind(load);
    load.freed = (connection, count) => {
      order.push(load.connections.indexOf(connection));
      freed(connection, count);
    };
    load.limitTo(8);
    load.start();
    await until(() => load.isDone);
    assert.equal(order, [0, 1, 2, 3, 0, 1, 2, 3]);
    load.close();
  });
});

interface Rated {
  readonly clock: FakeClock;
  readonly load: SendLoad;
  readonly recorder: LoadRecorder;
}

async function rated(port: number, more: Partial<SendOptions>): Promise<Rated> {
  const [clock, recorder] = [new FakeClock(), new LoadRecorder()];
  return { clock, recorder, load: await SendLoad.open(optionsFor(port, more), recorder, clock) };
}

test('a rate is kept while the broker keeps up', async () => {
  await withEcho(async (_echo, port) => {
    const { clock, load, recorder } = await rated(port, { messagesPerSecond: 2000, inFlight: 64 });
    load.start();
    for (let ms = 0; ms < 500; ms++) {
      clock.advance(1);
      await until(() => load.inFlight === 0);
    }
    recorder.endSecond(500);
    assert.is(recorder.messages, 1000);
    assert.is(recorder.total.maxMs, 0);
    assert.is(load.behindMessages, 0);
    load.close();
  });
});

/*
 * Coordinated omission: with 4 requests in flight, a closed loop would see 4 latencies of the stall's 200 ms and hundreds of none, so that p90 says
 * nothing. At the fixed rate all requests that were due meanwhile have waited.
 */
test('a stall counts for every request that was due meanwhile', async () => {
  await withEcho(async (echo, port) => {
    const { clock, load, recorder } = await rated(port, { messagesPerSecond: 1000, inFlight: 4, connections: 2 });
    load.start();
    const step = async (ms: number): Promise<void> => {
      for (let i = 0; i < ms; i++) {
        clock.advance(1);
        await until(() => load.inFlight === 0 && load.behindMessages === 0);
      }
    };
    await step(300);
    echo.stall();
    clock.advance(200);
    assert.equal([load.inFlight, load.behindMessages], [4, 196]);
    await turn();
    echo.resume();
    await until(() => load.inFlight === 0 && load.behindMessages === 0);
    await step(500);
    recorder.endSecond(1000);
    const { total } = recorder;
    assert.is(total.samples, 1000);
    // Of 1,000 requests 200 were due in the stall, and waited from 0 to 199 ms.
    assert.ok(Math.abs(total.quantileMs(0.9) - 100) <= 3, `p90 ${total.quantileMs(0.9)}`);
    assert.ok(Math.abs(total.quantileMs(0.99) - 190) <= 3, `p99 ${total.quantileMs(0.99)}`);
    assert.is(total.maxMs, 199);
    assert.is(total.quantileMs(0.79) < 0.01, true);
    load.close();
  });
});

test('what is not answered, and what could not be sent, is told', async () => {
  await withEcho(async (echo, port) => {
    const { clock, load, recorder } = await rated(port, { messagesPerSecond: 100, inFlight: 3 });
    echo.stall();
    const measuring = measure(load, recorder, clock, { warmupMs: 0, durationMs: 1000, drainMs: 500 });
    clock.advance(1000);
    // The end of the measuring and the wait for answers each set their timers in a turn of their own.
    await turn();
    clock.advance(500);
    const result = await measuring;
    assert.equal(result.failed, { NO_ANSWER: 3 });
    assert.equal([result.messages, result.unsent, result.ended], [0, 97, 'duration']);
    assert.equal(
      result.perSecond.map(({ messages }) => messages),
      [0],
    );
  });
});

test('a broker that goes away ends the measuring with what was measured', async () => {
  await withEcho(async (echo, port) => {
    const recorder = new LoadRecorder();
    const load = await SendLoad.open(optionsFor(port), recorder, systemClock);
    const measuring = measure(load, recorder, systemClock, { warmupMs: 0, durationMs: Infinity });
    await until(() => echo.sends > 500);
    await echo.close();
    const result = await measuring;
    assert.is(result.ended, 'failed');
    assert.match(result.problem ?? '', /closed a connection|ECONNRESET|EPIPE/);
    assert.ok(result.messages > 0);
  });
});

test.run();
