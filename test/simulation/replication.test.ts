/** A master and its slaves over a simulated network: the first seeds, and that a seed says everything. Many more run by `npm run simulate`. */
import * as assert from 'uvu/assert';

import type { HaNetwork } from '#src/ha/ha-network.js';

import { suite } from '../suite.js';
import { makeReplicationHistory } from './replication-history.js';
import { runReplication } from './replication-run.js';
import type { SimulatedHost } from './simulated-network.js';
import { trySeed } from './try-seed.js';

/** About two seconds. */
const SEEDS = 50;

const test = suite('simulation of replication');

test(`seeds 1 to ${SEEDS} lose nothing and end the same everywhere`, async () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const failure = await trySeed(seed, 'replication');
    if (failure !== undefined) assert.unreachable(`seed ${seed}: ${failure}`);
  }
});

test('a seed does the same each time, down to what every slave receives and says', async () => {
  for (const seed of [4, 11, 30]) {
    const traces = [];
    for (let i = 0; i < 2; i++) {
      const trace: string[] = [];
      await runReplication(makeReplicationHistory(seed), { network: (host) => traced(host, trace) });
      traces.push(trace.join('\n'));
    }
    assert.ok((traces[0] ?? '').length > 500);
    assert.is(traces[0], traces[1]);
  }
});

function traced(host: SimulatedHost, trace: string[]): HaNetwork {
  return {
    listen: (options) => host.listen(options),
    connect: (name) => {
      const socket = host.connect(name);
      trace.push(`${host.name} connects to ${name}`);
      const on = socket.on.bind(socket);
      socket.on = (event, listener) => {
        if (event !== 'data') return on(event, listener);
        return on('data', (chunk) => {
          trace.push(`${host.name} receives ${chunk.toString('hex')}`);
          (listener as (bytes: Buffer) => void)(chunk);
        });
      };
      const write = socket.write.bind(socket);
      socket.write = (bytes) => {
        trace.push(`${host.name} says ${bytes.toString('hex')}`);
        return write(bytes);
      };
      return socket;
    },
  };
}

test.run();
