/**
 * The micro benchmarks held against `bench/micro/baseline.json`: times as multiples of what each group's own baseline took in the same run, so that the
 * file holds on any machine. Bench process.
 * Invariant: every benchmark is in the file, and nothing else is.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import type { MicroResult } from './micro-benchmark.js';

const PATH = 'bench/micro/baseline.json';

/** The file. */
export interface MicroBaseline {
  /** Of the run that wrote it. */
  readonly node: string;
  /** More than so many times the multiple here is a regression. */
  readonly failRatio: number;
  /** `group: name` → multiple of the group's baseline. */
  readonly timesBaseline: Readonly<Record<string, number>>;
}

/** A benchmark whose multiple is too high, or one that only one of file and run has. */
export interface Regression {
  readonly key: string;
  readonly known: number | undefined;
  readonly measured: number | undefined;
}

/** Reads the file. */
export function readBaseline(): MicroBaseline {
  return JSON.parse(readFileSync(PATH, 'utf8')) as MicroBaseline;
}

/** Writes what was measured in place of what the file has; its fail ratio stays. */
export function updateBaseline(results: readonly MicroResult[], failRatio: number): void {
  const timesBaseline = Object.fromEntries(
    results.map((result) => [keyOf(result), Number(result.timesBaseline.toPrecision(3))]),
  );
  writeFileSync(PATH, `${JSON.stringify({ node: process.versions.node, failRatio, timesBaseline }, undefined, 2)}\n`);
}

/** What is slower than the file allows, and what is missing on either side. */
export function findRegressions(
  { timesBaseline, failRatio }: MicroBaseline,
  results: readonly MicroResult[],
): Regression[] {
  const measured = new Map(results.map((result) => [keyOf(result), result.timesBaseline]));
  const keys = new Set([...measured.keys(), ...Object.keys(timesBaseline)]);
  return [...keys]
    .map((key) => ({ key, known: timesBaseline[key], measured: measured.get(key) }))
    .filter((one) => !(one.known !== undefined && one.measured !== undefined && one.measured <= one.known * failRatio));
}

/** A line for each. */
export function regressionText({ key, known, measured }: Regression): string {
  if (known === undefined) return `${key}: not in ${PATH}; write it with --update`;
  if (measured === undefined) return `${key}: in ${PATH}, but there is no such benchmark; write it with --update`;
  return `${key}: ×${measured.toFixed(2)} of its group's baseline, ×${known.toFixed(2)} before: ${(measured / known).toFixed(2)} times as slow`;
}

function keyOf({ group, name }: MicroResult): string {
  return `${group}: ${name}`;
}
