/** `bench/RESULTS.md`: targets with their verdicts, then every figure, then how it was measured. Bench processes. */
import { FIGURES, figureText, figureTitle, type FigureName } from './figures.js';
import type { WorkloadResults } from './results-file.js';
import {
  type CompareRun,
  figuresOfSide,
  ratiosOf,
  type Spread,
  spreadOf,
  type Verdict,
  verdictsOf,
} from './verdicts.js';
import type { Side, Workload } from './workload.js';

/** A workload that was measured. */
export interface Measured {
  readonly workload: Workload;
  readonly results: WorkloadResults;
}

/** The machine and the programs, a line each. */
export type MachineLines = readonly string[];

/** The page's text. */
export function resultsPage(
  measured: readonly Measured[],
  missing: readonly Workload[],
  machine: MachineLines,
): string {
  return [
    '# Results of `npm run bench:compare`',
    '',
    'Written by the command; [README.md](README.md) tells how the figures are taken. They depend on the machine; the ratios depend on it less.',
    '',
    ...machine.map((line) => `- ${line}`),
    '',
    '## Targets',
    '',
    'A figure is the median over the rounds; a ratio is the median of the rounds’ own ratios, with the least and the greatest. “Met” is said of the median; “not always” where a round missed it.',
    '',
    ...targetTable(measured),
    '',
    ...peakLines(measured),
    ...(missing.length === 0 ? [] : [`Not measured: ${missing.map(({ name }) => `\`${name}\``).join(', ')}.`, '']),
    '## Figures',
    '',
    'Medians over the rounds; below each pair the ratio of the second to the first, with the least and the greatest.',
    '',
    ...measured.flatMap(figureSection),
  ].join('\n');
}

function targetTable(measured: readonly Measured[]): string[] {
  const lines = [
    row(['Workload', 'Figure', 'Beside', 'Measured', 'Ratio (least–greatest)', 'Target', 'Met']),
    row(['---', '---', '---:', '---:', '---:', '---', '---']),
  ];
  for (const { workload, results } of measured) {
    for (const verdict of verdictsOf(workload, results.runs)) {
      lines.push(row([workload.title, ...verdictCells(verdict, results.runs)]));
    }
  }
  return lines;
}

function verdictCells(verdict: Verdict, runs: readonly CompareRun[]): string[] {
  const { target, base, subject } = verdict;
  const ratio = spreadOf(ratiosOf(runs, target.figure));
  const met = verdict.isAlwaysMet ? 'yes' : verdict.isMet ? 'yes, not always' : '**no**';
  return [
    figureTitle(target.figure),
    figureText(target.figure, base?.median),
    target.of === 'figure' ? rangeText(target.figure, subject) : figureText(target.figure, subject?.median),
    ratio === undefined ? '' : ratioText(ratio),
    target.text,
    verdict.spread === undefined ? 'not measured' : met,
  ];
}

/** The limit on memory under load holds for every load. */
function peakLines(measured: readonly Measured[]): string[] {
  const peaks = measured.map(({ workload, results }) => {
    const values = (['base', 'subject'] as const).flatMap((side) =>
      workload[side].maker === 'ringmq' ? figuresOfSide(results.runs, side, 'rssPeakMiB') : [],
    );
    return { name: workload.name, peak: Math.max(0, ...values) };
  });
  const highest = peaks.toSorted((one, other) => other.peak - one.peak)[0];
  if (highest === undefined || highest.peak === 0) return [];
  return [`The highest RSS of RingMQ in any of these runs: ${highest.peak.toFixed(0)} MiB (\`${highest.name}\`).`, ''];
}

function figureSection({ workload, results }: Measured): string[] {
  const { runs, conditions, day } = results;
  const columns = FIGURES.map(([name]) => name).filter((name) => runs.some(({ figures }) => isShown(figures[name])));
  const rounds = new Set(runs.map(({ round }) => round)).size;
  const sideRow = (side: CompareRun['side'], { label }: Side): string =>
    row([label, ...columns.map((name) => figureText(name, spreadOf(figuresOfSide(runs, side, name))?.median))]);
  const ratios = columns.map((name) => {
    const spread = spreadOf(ratiosOf(runs, name));
    return spread === undefined ? '' : ratioText(spread);
  });
  const { seconds, warmupSeconds, heap } = conditions;
  return [
    `### \`${workload.name}\`: ${workload.title}`,
    '',
    row(['', ...columns.map(figureTitle)]),
    row(['---', ...columns.map(() => '---:')]),
    sideRow('base', workload.base),
    sideRow('subject', workload.subject),
    row(['ratio', ...ratios]),
    '',
    `${rounds} rounds of ${seconds} s after ${warmupSeconds} s of warm-up, ${day}${heap === '1g' ? '' : `, heap ${heap}`}.`,
    '',
  ];
}

/** Columns of zeroes (nothing refused, nothing late) say nothing. */
function isShown(value: number | undefined): boolean {
  return value !== undefined && value !== 0;
}

function ratioText({ median, min, max }: Spread): string {
  return `×${short(median)} (${short(min)}–${short(max)})`;
}

function short(value: number): string {
  return value.toFixed(value < 1 ? 3 : 2);
}

function rangeText(name: FigureName, spread: Spread | undefined): string {
  if (spread === undefined) return '';
  return `${figureText(name, spread.median)} (${figureText(name, spread.min)}–${figureText(name, spread.max)})`;
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
