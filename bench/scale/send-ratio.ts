/**
 * The same sends to two brokers in turn: one with a large store, one with an empty one. Generator process.
 * Invariant: one broker has the machine at a time, and both are warmed up; only the ratio means something on another machine.
 */
import { runSendLoad, type SendLoad } from '../modes/send-load.js';
import type { ServerUnderTest } from '../servers/server-under-test.js';
import { median } from '../median.js';
import { print, targetOf } from './scale-bench.js';

/** A broker and what it is sent. */
export interface RatioSide {
  readonly name: string;
  readonly server: ServerUnderTest;
  readonly load: Omit<SendLoad, 'durationMs'>;
}

/** Alternates, after a warm-up, and prints medians and their ratio. */
export async function compareSends(full: RatioSide, empty: RatioSide, rounds: number, seconds: number): Promise<void> {
  const rates = new Map<RatioSide, number[]>([
    [full, []],
    [empty, []],
  ]);
  const run = async (side: RatioSide, durationMs: number): Promise<number> => {
    const result = await runSendLoad(targetOf(side.server), { ...side.load, durationMs });
    const figures = `${Math.round(result.messagesPerSecond)} msg/s, p50 ${result.p50Ms.toFixed(2)} ms, p99 ${result.p99Ms.toFixed(2)} ms, max ${result.maxMs.toFixed(1)} ms, ${result.cpuMicrosPerMessage?.toFixed(2)} µs CPU a message`;
    print(`  sends, ${side.name}`, figures);
    return result.messagesPerSecond;
  };
  for (const side of [full, empty]) await run(side, (seconds * 1000) / 2);
  print('  (warmed up)', '');
  for (let round = 0; round < rounds; round++) {
    // The one that begins changes, so that neither has the other's page cache and heat each time.
    for (const side of round % 2 === 0 ? [full, empty] : [empty, full])
      rates.get(side)?.push(await run(side, seconds * 1000));
  }
  const [a, b] = [median(rates.get(full) ?? []), median(rates.get(empty) ?? [])];
  print(
    'send ratio',
    `${(a / b).toFixed(3)} (${full.name} ${Math.round(a)} msg/s, ${empty.name} ${Math.round(b)} msg/s)`,
  );
}
