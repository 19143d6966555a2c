/**
 * `npm run crash:transactions -- --kills 50 --seed 7 --flush SYNC_FLUSH`: prints what each round did and the figures of all, and exits with 1 if a
 * committed transaction was lost or one that was rolled back delivered. Duplicates are counted, and named.
 */
import { parseArgs } from 'node:util';

import { runTransactionCrashes } from './transaction-crash-run.js';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '50' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    flush: { type: 'string', default: 'ASYNC_FLUSH' },
  },
});
const say = (line: string): void => void process.stdout.write(`${line}\n`);

say(`seed ${values.seed}, ${values.flush}`);
const { duplicates, lost, leaked, ...figures } = await runTransactionCrashes({
  kills: Number(values.kills),
  seed: Number(values.seed),
  flushDiskType: values.flush,
  onRound: say,
});
for (const line of duplicates) say(`duplicate: ${line}`);
for (const body of lost) say(`lost: ${body}`);
for (const body of leaked) say(`delivered although rolled back: ${body}`);
say(JSON.stringify({ ...figures, duplicates: duplicates.length, lost: lost.length, leaked: leaked.length }));
process.exitCode = lost.length + leaked.length > 0 ? 1 : 0;
