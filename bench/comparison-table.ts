/** Medians of several runs of each maker and their ratios, as a Markdown table. Bench processes. */
import type { LoadResult } from './modes/load-result.js';
import type { FlushDiskType } from './servers/server-under-test.js';

/** One mode measured once. */
export interface Run {
  readonly maker: string;
  readonly flushDiskType: FlushDiskType;
  readonly mode: string;
  readonly round: number;
  readonly bootMs: number;
  readonly result: LoadResult;
}

interface Column {
  readonly title: string;
  readonly digits: number;
  read(run: Run): number;
}

const COLUMNS: readonly Column[] = [
  { title: 'msg/s', digits: 0, read: (run) => run.result.messagesPerSecond },
  { title: 'CPU µs a message', digits: 2, read: (run) => run.result.cpuMicrosPerMessage ?? 0 },
  { title: 'p50 ms', digits: 2, read: (run) => run.result.p50Ms },
  { title: 'p99 ms', digits: 2, read: (run) => run.result.p99Ms },
  { title: 'max ms', digits: 1, read: (run) => run.result.maxMs },
  { title: 'refused', digits: 0, read: (run) => run.result.refusedMessages },
  { title: 'RSS MiB', digits: 0, read: (run) => run.result.rssMiB ?? 0 },
  { title: 'own MiB', digits: 0, read: (run) => run.result.ownMiB ?? 0 },
  { title: 'peak RSS MiB', digits: 0, read: (run) => run.result.rssPeakMiB ?? 0 },
  { title: 'boot ms', digits: 0, read: (run) => run.bootMs },
];

/** The middle of `values`, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? 0;
  return (lower + upper) / 2;
}

/** One row a flush type, mode and maker; a row of ratios (last maker's to first maker's) where there are several makers. */
export function comparisonTable(runs: readonly Run[]): string {
  const lines = [
    row(['flush', 'mode', 'broker', ...COLUMNS.map((column) => column.title)]),
    row(['---', '---', '---', ...COLUMNS.map(() => '---:')]),
  ];
  for (const flushDiskType of distinct(runs.map((run) => run.flushDiskType))) {
    for (const mode of distinct(runs.map((run) => run.mode))) {
      const group = runs.filter((run) => run.flushDiskType === flushDiskType && run.mode === mode);
      lines.push(...groupRows(flushDiskType, mode, group));
    }
  }
  return lines.join('\n');
}

function groupRows(flushDiskType: string, mode: string, group: readonly Run[]): string[] {
  const medians = distinct(group.map((run) => run.maker)).map((maker) => {
    const own = group.filter((run) => run.maker === maker);
    return { maker, figures: COLUMNS.map((column) => median(own.map((run) => column.read(run)))) };
  });
  const lines = medians.map(({ maker, figures }) =>
    row([flushDiskType, mode, maker, ...figures.map((figure, index) => figure.toFixed(COLUMNS[index]?.digits ?? 0))]),
  );
  const [first, last] = [medians[0], medians.at(-1)];
  if (first === undefined || last === undefined || first === last) return lines;
  const ratios = last.figures.map((figure, index) => ratioText(figure, first.figures[index] ?? 0));
  return [...lines, row([flushDiskType, mode, `${last.maker} / ${first.maker}`, ...ratios])];
}

/** Nothing for refused messages where the first maker had none. */
function ratioText(figure: number, base: number): string {
  return base === 0 ? '' : `×${(figure / base).toFixed(3)}`;
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
