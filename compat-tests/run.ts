/**
 * `npm run compat`: builds the image with the official clients, starts the broker under test, runs every case with every client, writes
 * the matrix and ends with `N passed, N failed`. Exits non-zero when anything failed or could not be run.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from './client-table.js';
import { type Cell, runColumn } from './column.js';
import { buildImage } from './docker-image.js';
import { type Options, parseOptions, USAGE } from './options.js';
import { resultsPage } from './results-page.js';
import { SharedClusters } from './shared-clusters.js';

const PROJECT_FOLDER = join(import.meta.dirname, '..', '..');

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function sayCell({ client, compatCase, kind, detail }: Cell): void {
  const mark = { passed: 'ok  ', failed: 'FAIL', 'not applicable': 'n/a ' }[kind];
  say(`${mark} ${client.id.padEnd(10)} ${compatCase.name}: ${detail.trim().replaceAll('\n', ' ')}`);
}

async function runColumns(options: Options, clusters: SharedClusters): Promise<Cell[]> {
  const cells: Cell[] = [];
  // The newest first: some of the longest cases are theirs alone.
  const waiting: Client[] = options.clients.toSorted((a, b) => Number(b.isNewest) - Number(a.isNewest));
  const work = async (): Promise<void> => {
    for (let client = waiting.shift(); client !== undefined; client = waiting.shift()) {
      await runColumn(clusters, client, options.cases, (cell) => {
        cells.push(cell);
        sayCell(cell);
      });
    }
  };
  await Promise.all(Array.from({ length: options.jobs }, work));
  return cells;
}

/** In the order of the tables, whichever client was first. */
function sorted(options: Options, cells: readonly Cell[]): Cell[] {
  return options.clients.flatMap((client) => cells.filter((cell) => cell.client === client));
}

function writePage(options: Options, cells: readonly Cell[]): void {
  const isOurs = options.target === 'ringmq';
  const page = join(PROJECT_FOLDER, 'compat-tests', isOurs ? 'RESULTS.md' : 'RESULTS-apache.md');
  const tested = isOurs ? 'the broker of this repository' : 'Apache RocketMQ 5.5.0, which proves the cases themselves';
  writeFileSync(page, resultsPage(tested, options.clients, options.cases, sorted(options, cells)));
  say(`wrote ${page}`);
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2), process.env);
  if (options === 'help') {
    process.stdout.write(USAGE);
    return 0;
  }
  const image = buildImage(options.baseImage, PROJECT_FOLDER);
  const workFolder = mkdtempSync(join(tmpdir(), 'ringmq-compat-'));
  const clusters = new SharedClusters({ projectFolder: PROJECT_FOLDER, image, workFolder }, options.target);
  let cells: Cell[] = [];
  try {
    cells = await runColumns(options, clusters);
  } finally {
    await clusters.stop();
  }
  if (options.isWhole) writePage(options, cells);
  const passed = cells.filter(({ kind }) => kind === 'passed').length;
  const failed = cells.filter(({ kind }) => kind === 'failed').length;
  const isGood = failed === 0 && passed > 0;
  if (isGood) rmSync(workFolder, { recursive: true, force: true });
  else say(`logs and stores are in ${workFolder}`);
  say(`${passed} passed, ${failed} failed`);
  return isGood ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (cause) {
  process.stderr.write(`${cause instanceof Error ? cause.message : String(cause)}\n`);
  say('0 passed, 1 failed');
  process.exitCode = 1;
}
