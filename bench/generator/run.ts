/**
 * How much the load generator can make: `npm run bench:generator`. Drives the echo of the protocol, in a process of its own, with `ringmq bench produce`
 * as users run it. Prints requests a second and what of a core both took; decides no test.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { median } from '../median.js';
import type { LoadResult } from '#src/load/load-result.js';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '3' },
    bodies: { type: 'string', default: '128,1024' },
    connections: { type: 'string', default: '4' },
    'in-flight': { type: 'string', default: '256' },
    profile: { type: 'string' },
  },
});

const CLI = resolve('dist/cli/ringmq.js');
const ECHO = resolve('build/bench/generator/echo.js');
/** What the generator is to make, so that it is never the bottleneck. */
const REQUESTS_PER_SECOND_WANTED = 300_000;

async function measure(port: string, echoPid: number, body: string): Promise<LoadResult> {
  const profile = values.profile === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', values.profile];
  const flags = ['--broker', `127.0.0.1:${port}`, '--body', body, '--pid', String(echoPid), '--json', '-'];
  const load = ['--connections', values.connections, '--in-flight', values['in-flight']];
  const times = ['--warmup', '2', '--duration', values.seconds];
  const args = [...profile, CLI, 'bench', 'produce', ...flags, ...load, ...times];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 64 * 1024 * 1024 });
  return JSON.parse(stdout) as LoadResult;
}

const echo = spawn(process.execPath, [ECHO], { stdio: ['ignore', 'pipe', 'inherit'] });
try {
  const [portLine] = (await once(echo.stdout, 'data')) as [Buffer];
  for (const body of values.bodies.split(',')) {
    const rates: number[] = [];
    for (let round = 1; round <= Number(values.rounds); round++) {
      const { requests, elapsedMs, generator, broker, latencyMs } = await measure(
        portLine.toString().trim(),
        echo.pid ?? 0,
        body,
      );
      const rate = (requests / elapsedMs) * 1000;
      rates.push(rate);
      const echoPercent = ((broker?.cpuSeconds ?? 0) / elapsedMs) * 100_000;
      process.stdout.write(
        `${body} bytes: ${Math.round(rate).toLocaleString('en')} requests/s, p99 ${latencyMs.p99.toFixed(2)} ms; ` +
          `generator ${generator.cpuPercent.toFixed(0)} % of a core, echo ${echoPercent.toFixed(0)} %\n`,
      );
    }
    const middle = median(rates);
    process.stdout.write(
      `${body} bytes: median ${Math.round(middle).toLocaleString('en')} requests/s, ${(middle / REQUESTS_PER_SECOND_WANTED).toFixed(2)} of what is wanted\n`,
    );
  }
} finally {
  echo.kill();
}
