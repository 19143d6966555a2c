/** The store over a simulated disk: the first seeds, and that a seed says everything. Many more run as a step of their own (`npm run simulate`). */
import * as assert from 'uvu/assert';

import { suite } from '../suite.js';
import { makeHistory } from './history.js';
import { SimulatedDisk } from './simulated-disk.js';
import { runHistory } from './simulated-run.js';
import { trySeed } from './try-seed.js';

/** About four seconds. */
const SEEDS = 100;

const test = suite('simulation');

test(`seeds 1 to ${SEEDS} lose nothing`, async () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const failure = await trySeed(seed, 'store');
    if (failure !== undefined) assert.unreachable(`seed ${seed}: ${failure}`);
  }
});

test('a seed does the same each time, down to the calls of the disk', async () => {
  for (const seed of [3, 8, 21]) {
    const traces = [];
    for (let i = 0; i < 2; i++) {
      const trace: string[] = [];
      await runHistory(makeHistory(seed), { files: (disk) => traced(disk, trace) });
      traces.push(trace.join('\n'));
    }
    assert.ok((traces[0] ?? '').length > 1000);
    assert.is(traces[0], traces[1]);
  }
});

/** Only a few calls are enough: what happens in between changes their arguments. */
function traced(disk: SimulatedDisk, trace: string[]): SimulatedDisk {
  return new Proxy(disk, {
    get: (target, name) => {
      const method: unknown = Reflect.get(target, name, target);
      if (typeof method !== 'function') return method;
      return (...args: unknown[]): unknown => {
        trace.push(`${String(name)} ${args.map((arg) => (Buffer.isBuffer(arg) ? arg.length : String(arg))).join(' ')}`);
        return Reflect.apply(method, target, args);
      };
    },
  });
}

test.run();
