/**
 * Sums up CPU profiles: `node build/bench/compare/cpu-profile.js FILE…`, one table a file: which functions had the processor, in percent of the time
 * that the thread was not idle. Bench process.
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
  options: { top: { type: 'string', default: '25' }, from: { type: 'string', default: '0' } },
});

/** What V8 calls a thread that waits. */
const IDLE = '(idle)';

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

for (const path of positionals) {
  const times = selfTimes(JSON.parse(readFileSync(path, 'utf8')) as CpuProfile);
  const all = [...times.values()].reduce((sum, micros) => sum + micros, 0);
  const idle = times.get(IDLE) ?? 0;
  times.delete(IDLE);
  const share = (micros: number): string => `${((100 * micros) / (all - idle)).toFixed(1)} %`.padStart(8);
  const rows = [...times].toSorted(([, one], [, other]) => other - one).slice(0, Number(values.top));
  process.stdout.write(
    `${basename(path)}: ${(all / 1e6).toFixed(1)} s, idle ${((100 * idle) / all).toFixed(1)} %\n` +
      rows.map(([name, micros]) => `${share(micros)}  ${name}\n`).join('') +
      '\n',
  );
}
