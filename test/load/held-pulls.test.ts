/** Long polls beside a producer: all of them hang before the load begins, on all connections, and again when their time is over. */
import * as assert from 'uvu/assert';

import { systemClock } from '#src/base/clock.js';
import { holdPulls } from '#src/load/held-pulls.js';
import { LoadRecorder } from '#src/load/load-recorder.js';
import { measure } from '#src/load/measurement.js';
import { SendLoad } from '#src/load/send-load.js';
import { ProtocolEcho } from '../../bench/generator/protocol-echo.js';
import { suite } from '../suite.js';

const test = suite('held pulls');

test('as many as were asked for hang, and hang again', async () => {
  const echo = new ProtocolEcho();
  const broker = { host: '127.0.0.1', port: await echo.listen() };
  const recorder = new LoadRecorder();
  const load = await SendLoad.open(
    {
      brokers: [{ ...broker, queues: [{ topic: 'T', queueId: 0 }] }],
      bodyBytes: 10,
      inFlight: 2,
      connections: 5,
      batchSize: 1,
      mode: 'async',
      tags: [],
      delayLevel: 0,
    },
    recorder,
    systemClock,
  );
  const queues = [0, 1, 2].map((queueId) => ({ topic: 'H', queueId }));
  await holdPulls(load, { broker, queues, count: 1001, suspendMs: 15_000, group: 'G' });
  assert.is(echo.heldPulls, 1001);
  echo.releasePulls();
  while (echo.heldPulls < 1001) await new Promise((resolve) => setImmediate(resolve));
  const result = await measure(load, recorder, systemClock, { warmupMs: 0, durationMs: Infinity, messagesMax: 500 });
  assert.equal([result.messages, result.failed], [500, {}]);
  assert.is(echo.heldPulls, 1001);
  await echo.close();
});

test.run();
