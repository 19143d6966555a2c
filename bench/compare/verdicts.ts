/** Ratios of pairs of runs, their spread, and whether a target is met. Bench processes. */
import { median } from '../median.js';
import type { FigureName, Figures } from './figures.js';
import type { Target, Workload } from './workload.js';

/** One side measured once; two of the same round are a pair. */
export interface CompareRun {
  readonly round: number;
  readonly side: 'base' | 'subject';
  readonly figures: Figures;
}

/** The middle of some values, and the least and greatest. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** A target held against what was measured; `spread` is undefined where nothing was. */
export interface Verdict {
  readonly target: Target;
  readonly base: Spread | undefined;
  readonly subject: Spread | undefined;
  /** Of the figure or of the ratio, whichever the target speaks of. */
  readonly spread: Spread | undefined;
  readonly isMet: boolean;
  /** In each round, not only in the middle one. */
  readonly isAlwaysMet: boolean;
}

/** Undefined for no values. */
export function spreadOf(values: readonly number[]): Spread | undefined {
  if (values.length === 0) return undefined;
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/** What one side measured, a value a round. */
export function figuresOfSide(runs: readonly CompareRun[], side: CompareRun['side'], name: FigureName): number[] {
  return runs.flatMap((run) => {
    const value = run.side === side ? run.figures[name] : undefined;
    return value === undefined ? [] : [value];
  });
}

/** The subject's figure over the base's, one for each round that has both. */
export function ratiosOf(runs: readonly CompareRun[], name: FigureName): number[] {
  return runs.flatMap((run) => {
    if (run.side !== 'subject') return [];
    const base = runs.find(({ round, side }) => round === run.round && side === 'base')?.figures[name];
    const subject = run.figures[name];
    return base === undefined || subject === undefined || base === 0 ? [] : [subject / base];
  });
}

/** Holds every target of a workload against its runs. */
export function verdictsOf({ targets }: Workload, runs: readonly CompareRun[]): Verdict[] {
  return targets.map((target) => {
    const { figure, of } = target;
    const subjects = figuresOfSide(runs, 'subject', figure);
    const spread = spreadOf(of === 'ratio' ? ratiosOf(runs, figure) : subjects);
    return {
      target,
      base: spreadOf(figuresOfSide(runs, 'base', figure)),
      subject: spreadOf(subjects),
      spread,
      isMet: spread !== undefined && isWithin(target, spread.median),
      isAlwaysMet: spread !== undefined && isWithin(target, spread.min) && isWithin(target, spread.max),
    };
  });
}

function isWithin({ at, value }: Target, measured: number): boolean {
  return at === 'least' ? measured >= value : measured <= value;
}
