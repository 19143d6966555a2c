/**
 * `npm run crash:replication -- --kills 50 --seed 7 --role SYNC_MASTER`: prints what each round did and the figures of all, and exits with 1 if
 * the logs were ever apart or, under SYNC_MASTER, an acknowledged message was not at the slave when the master's disk was gone.
 */
import { parseArgs } from 'node:util';

import { runReplicationCrashes } from './replication-crash-run.js';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '50' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    role: { type: 'string', default: 'SYNC_MASTER' },
  },
});
if (!['SYNC_MASTER', 'ASYNC_MASTER'].includes(values.role)) throw new Error('--role: SYNC_MASTER or ASYNC_MASTER');
const say = (line: string): void => void process.stdout.write(`${line}\n`);

say(`seed ${values.seed}, ${values.role}`);
const { lost, apart, ...figures } = await runReplicationCrashes({
  kills: Number(values.kills),
  seed: Number(values.seed),
  role: values.role,
  onRound: say,
});
for (const body of lost) say(`lost: ${body.slice(0, 40)}`);
for (const line of apart) say(`logs apart: ${line}`);
say(JSON.stringify({ ...figures, lost: lost.length, apart: apart.length }));
process.exitCode = lost.length + apart.length > 0 ? 1 : 0;
