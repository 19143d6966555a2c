/**
 * `npm run crash:store -- --kills 200 --seed 7 --flush SYNC_FLUSH`: prints what each kill left and the figures of all, and exits with 1 if anything
 * that was acknowledged is not in the store, or something else is. The store is kept then.
 */
import { parseArgs } from 'node:util';

import { runStoreCrashes } from './store-crash-run.js';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '100' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    flush: { type: 'string', default: 'SYNC_FLUSH' },
  },
});
const say = (line: string): void => void process.stdout.write(`${line}\n`);

say(`seed ${values.seed}, ${values.flush}`);
const { faults, folder, ...figures } = await runStoreCrashes({
  kills: Number(values.kills),
  seed: Number(values.seed),
  flushDiskType: values.flush,
  onRound: say,
});
for (const fault of faults) say(fault);
if (folder !== undefined) say(`seed ${values.seed}; the store is kept in ${folder}`);
say(JSON.stringify({ ...figures, faults: faults.length }));
process.exitCode = faults.length > 0 ? 1 : 0;
