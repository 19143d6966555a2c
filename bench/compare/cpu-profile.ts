/**
 * Sums up CPU profiles: `node build/bench/compare/cpu-profile.js [--top 25] [--from SECONDS] [--messages N] FILE…`, one table a file: which functions had
 * the processor, in percent of the time that the thread did not wait and, where the number of messages is given, in nanoseconds a message. Bench process.
 * Invariant: a sample counts for the function on top of the stack alone, so that the percentages add up.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';

interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
}

interface CpuProfile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: CallFrame }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    top: { type: 'string', default: '25' },
    from: { type: 'string', default: '0' },
    messages: { type: 'string' },
  },
});

/** A thread that waits: in its event loop, as V8 calls it, or in `Atomics.wait`, which V8 counts as work. */
const WAITING = [/^\(idle\)$/, /^wait {2}doorbell\.js:/];

/** Time by function, µs; samples of the first `--from` seconds are left out. */
function selfTimes({ nodes, samples, timeDeltas }: CpuProfile): Map<string, number> {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const times = new Map<string, number>();
  let passedMicros = 0;
  samples.forEach((id, index) => {
    const micros = timeDeltas[index] ?? 0;
    passedMicros += micros;
    if (passedMicros < Number(values.from) * 1e6) return;
    const name = names.get(id) ?? '?';
    times.set(name, (times.get(name) ?? 0) + micros);
  });
  return times;
}

function nameOf({ functionName, url, lineNumber }: CallFrame): string {
  const name = functionName === '' ? '(anonymous)' : functionName;
  return url === '' ? name : `${name}  ${basename(url)}:${lineNumber + 1}`;
}

/** Time of a function over the messages. */
function costText(micros: number): string {
  if (values.messages === undefined) return '';
  return `${((micros * 1000) / Number(values.messages)).toFixed(0)} ns`.padStart(9);
}

for (const path of positionals) {
  const times = [...selfTimes(JSON.parse(readFileSync(path, 'utf8')) as CpuProfile)];
  const isWaiting = (name: string): boolean => WAITING.some((pattern) => pattern.test(name));
  const sum = (some: readonly [string, number][]): number => some.reduce((total, [, micros]) => total + micros, 0);
  const busy = times.filter(([name]) => !isWaiting(name)).toSorted(([, one], [, other]) => other - one);
  const [all, worked] = [sum(times), sum(busy)];
  const share = (micros: number): string => `${((100 * micros) / worked).toFixed(1)} %`.padStart(8);
  const rows = busy.slice(0, Number(values.top));
  process.stdout.write(
    `${basename(path)}: ${(all / 1e6).toFixed(1)} s, ${((100 * worked) / all).toFixed(1)} % busy${costText(worked)}\n` +
      rows.map(([name, micros]) => `${share(micros)}${costText(micros)}  ${name}\n`).join('') +
      '\n',
  );
}
