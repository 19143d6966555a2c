/**
 * What the scale benchmarks share: a folder for stores, lines of output, memory and open files of a broker. Generator process.
 * Invariant: a folder made here is removed when the run ends, however it ends.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readlinkSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import type { LatencyHistogram } from '#src/load/latency-histogram.js';
import type { LoadTarget } from '../modes/load-result.js';
import { readProcess } from '#src/load/process-meter.js';
import type { ServerUnderTest } from '../servers/server-under-test.js';

/** Prints one line, `name:` in a column. */
export function print(name: string, line: string): void {
  process.stdout.write(`${`${name}:`.padEnd(22)} ${line}\n`);
}

/** Runs `task` with an empty folder below `data` that is gone afterwards. */
export async function withFolder(data: string, task: (folder: string) => Promise<void>): Promise<void> {
  const folder = join(data, 'store-under-test');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  try {
    await task(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Throws when fewer than `neededBytes` are free where `folder` is. */
export function demandSpace(folder: string, neededBytes: number): void {
  mkdirSync(folder, { recursive: true });
  const { bavail, bsize } = statfsSync(folder);
  const gib = (bytes: number): string => (bytes / 2 ** 30).toFixed(1);
  if (bavail * bsize >= neededBytes) return;
  throw new Error(`${folder} has ${gib(bavail * bsize)} GiB free, about ${gib(neededBytes)} are needed`);
}

/** Ends a broker as a lost process does. */
export async function killServer(server: ServerUnderTest): Promise<void> {
  process.kill(server.brokerPid, 'SIGKILL');
  await server.stop();
}

/** For a load. */
export function targetOf(server: ServerUnderTest): LoadTarget {
  return { host: '127.0.0.1', port: server.brokerPort, pid: server.brokerPid };
}

/** From its start to its first answer, and what it has cost. */
export function bootText(server: ServerUnderTest): string {
  const seconds = readProcess(server.brokerPid).cpuMicros / 1e6;
  return `answered ${server.bootMs.toFixed(0)} ms after its start, ${seconds.toFixed(1)} s CPU`;
}

/** Memory and descriptors of a process: RSS, its own part, the peak; files and all descriptors. */
export function processText(pid: number): string {
  const { rssMiB, ownMiB, rssPeakMiB } = readProcess(pid);
  const { files, all } = openFiles(pid);
  const memory = `RSS ${rssMiB.toFixed(0)} MiB, own ${ownMiB.toFixed(0)}, peak ${rssPeakMiB.toFixed(0)}`;
  return `${memory}; ${files} files open of ${all} descriptors`;
}

/** p50, p99 and maximum. */
export function latencyText(latencies: LatencyHistogram): string {
  const [p50, p99] = [latencies.quantileMs(0.5), latencies.quantileMs(0.99)].map((ms) => ms.toFixed(2));
  return `p50 ${p50} ms, p99 ${p99} ms, max ${latencies.maxMs.toFixed(1)} ms (${latencies.samples} samples)`;
}

/** Bytes below a folder as `du` counts them: a sparse file has what is written of it. */
export function diskText(folder: string): string {
  const used = (args: readonly string[]): string => execFileSync('du', [...args, folder], { encoding: 'utf8' });
  const mib = (text: string): string => (Number.parseInt(text, 10) / 1024).toFixed(0);
  return `${mib(used(['-sk']))} MiB on disk, ${mib(used(['-sk', '--apparent-size']))} MiB apparent, ${Number.parseInt(used(['-s', '--inodes']), 10)} inodes`;
}

function openFiles(pid: number): { files: number; all: number } {
  const folder = `/proc/${pid}/fd`;
  let files = 0;
  const descriptors = readdirSync(folder);
  for (const descriptor of descriptors) {
    try {
      if (readlinkSync(join(folder, descriptor)).startsWith('/')) files++;
    } catch {
      // Closed meanwhile.
    }
  }
  return { files, all: descriptors.length };
}
