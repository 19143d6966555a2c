/** The figures of a run: their names, and how they are shown. Bench processes. */

/** How a figure is shown. */
export interface FigureColumn {
  readonly title: string;
  readonly digits: number;
}

const COLUMNS = {
  messagesPerSecond: { title: 'msg/s', digits: 0 },
  p50Ms: { title: 'p50 ms', digits: 3 },
  p99Ms: { title: 'p99 ms', digits: 2 },
  p999Ms: { title: 'p99.9 ms', digits: 2 },
  maxMs: { title: 'max ms', digits: 1 },
  /** User and system time of all threads of the broker's process. */
  cpuSecondsPerMillion: { title: 'CPU s a million', digits: 2 },
  rssMiB: { title: 'RSS MiB', digits: 0 },
  /** RSS without pages of files. */
  ownMiB: { title: 'own MiB', digits: 0 },
  rssPeakMiB: { title: 'peak MiB', digits: 0 },
  /** Answered SYSTEM_BUSY and the like: stored nothing. */
  refused: { title: 'refused', digits: 0 },
  /** Answered 10, 11 or 12: stored, but not flushed as asked. */
  late: { title: 'late', digits: 0 },
  /** What of a core the generator took; near 100 it may be what was measured. */
  generatorPercent: { title: 'generator %', digits: 0 },
  firstMessageMs: { title: 'first message ms', digits: 0 },
  idleRssMiB: { title: 'idle RSS MiB', digits: 0 },
  /** Of a NameServer that is a process of its own. */
  namesrvRssMiB: { title: 'NameServer RSS MiB', digits: 0 },
  /** Read from the disk by the broker's process. */
  diskMiB: { title: 'from disk MiB', digits: 0 },
} as const satisfies Record<string, FigureColumn>;

/** A figure's key in the JSON. */
export type FigureName = keyof typeof COLUMNS;

/** What one run measured. */
export type Figures = Readonly<Partial<Record<FigureName, number>>>;

/** Every figure, in the order of the columns. */
export const FIGURES = Object.entries(COLUMNS) as readonly (readonly [FigureName, FigureColumn])[];

/** A figure as text; nothing where it was not measured. */
export function figureText(name: FigureName, value: number | undefined): string {
  return value === undefined ? '' : value.toFixed(COLUMNS[name].digits);
}

/** A figure's title. */
export function figureTitle(name: FigureName): string {
  return COLUMNS[name].title;
}
