/** What a micro benchmark declares and how the results of a group are compared. Bench process. */

/** One function to measure. */
export interface MicroBenchmark {
  readonly group: string;
  readonly name: string;
  /** The one of its group that the others are given as multiples of. */
  readonly isBaseline?: boolean;
  /** What one call does, if more than one operation. */
  readonly operations?: number;
  readonly run: () => void;
}

/** A measured one. */
export interface MicroResult {
  readonly group: string;
  readonly name: string;
  readonly nanosPerOperation: number;
  /** Relative margin of error of the mean, %. */
  readonly errorPercent: number;
  /** Time as a multiple of the group's baseline: holds on any machine, unlike the nanoseconds. */
  readonly timesBaseline: number;
}

/** Results as aligned text. */
export function microTable(results: readonly MicroResult[]): string {
  const lines = results.map(({ group, name, nanosPerOperation, errorPercent, timesBaseline }) => {
    const cells = [
      nanosPerOperation.toFixed(1).padStart(10),
      `±${errorPercent.toFixed(1)}%`.padStart(7),
      `×${timesBaseline.toFixed(2)}`.padStart(8),
    ];
    return `${group.padEnd(8)} ${name.padEnd(36)} ${cells.join(' ')}`;
  });
  return [
    `${'group'.padEnd(8)} ${'operation'.padEnd(36)} ${'ns'.padStart(10)} ${'error'.padStart(7)} ${'baseline'.padStart(8)}`,
    ...lines,
  ].join('\n');
}
