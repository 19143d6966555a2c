/**
 * What was measured of each workload, one JSON file each, from which the page is made. Bench processes.
 * Invariant: a file has the runs of one workload with the same settings; runs with others replace it.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CompareRun } from './verdicts.js';
import type { Workload } from './workload.js';

/** How the runs of a file were measured. */
export interface Conditions {
  readonly seconds: number;
  readonly warmupSeconds: number;
  readonly heap: string;
}

/** A workload's file. */
export interface WorkloadResults {
  readonly workload: string;
  /** Day of the last run. */
  readonly day: string;
  readonly conditions: Conditions;
  readonly runs: readonly CompareRun[];
}

const FOLDER = 'build/bench-results/compare';

/** What there is of a workload, or undefined. */
export function readResults({ name }: Workload): WorkloadResults | undefined {
  const path = pathOf(name);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as WorkloadResults) : undefined;
}

/** Replaces what there is of a workload. */
export function writeResults(results: WorkloadResults): void {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(pathOf(results.workload), `${JSON.stringify(results, undefined, 2)}\n`);
}

/** Whether runs under both may stand side by side. */
export function isSame(one: Conditions, other: Conditions): boolean {
  return one.seconds === other.seconds && one.warmupSeconds === other.warmupSeconds && one.heap === other.heap;
}

function pathOf(name: string): string {
  return join(FOLDER, `${name}.json`);
}
