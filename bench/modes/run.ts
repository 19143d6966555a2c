/**
 * The load generator's command: `node build/bench/modes/run.js --broker 127.0.0.1:10911 --mode send --pid 123`. Generator process.
 * Prints one line of figures a mode, or JSON with `--json`.
 */
import { parseArgs } from 'node:util';
import type { LoadResult, LoadTarget } from './load-result.js';
import { DEFAULT_MODE_OPTIONS, MODES } from './modes.js';

const { values } = parseArgs({
  options: {
    broker: { type: 'string', default: '127.0.0.1:10911' },
    mode: { type: 'string', default: 'send' },
    pid: { type: 'string' },
    seconds: { type: 'string', default: '10' },
    messages: { type: 'string' },
    'delay-levels': { type: 'string' },
    body: { type: 'string', default: String(DEFAULT_MODE_OPTIONS.bodyBytes) },
    'in-flight': { type: 'string', default: String(DEFAULT_MODE_OPTIONS.inFlight) },
    connections: { type: 'string', default: String(DEFAULT_MODE_OPTIONS.connections) },
    queues: { type: 'string', default: String(DEFAULT_MODE_OPTIONS.queues) },
    json: { type: 'boolean', default: false },
  },
});

const [host = '127.0.0.1', port = '10911'] = values.broker.split(':');
const target: LoadTarget = {
  host,
  port: Number(port),
  ...(values.pid === undefined ? {} : { pid: Number(values.pid) }),
};

const levels = values['delay-levels']?.split(',').map(Number);

for (const name of values.mode.split(',')) {
  const mode = MODES.get(name);
  if (mode === undefined) throw new Error(`--mode ${name}: one of ${[...MODES.keys()].join(', ')}`);
  const result = await mode(target, {
    durationMs: Number(values.seconds) * 1000,
    bodyBytes: Number(values.body),
    inFlight: Number(values['in-flight']),
    connections: Number(values.connections),
    queues: Number(values.queues),
    ...(values.messages === undefined ? {} : { messagesMax: Number(values.messages) }),
    ...(levels === undefined ? {} : { delayLevels: levels }),
  });
  process.stdout.write(`${values.json ? JSON.stringify({ mode: name, ...result }) : describe(name, result)}\n`);
}

function describe(name: string, result: LoadResult): string {
  const latencies = `p50 ${result.p50Ms.toFixed(2)} p99 ${result.p99Ms.toFixed(2)} max ${result.maxMs.toFixed(1)} ms`;
  const rate = `${Math.round(result.messagesPerSecond).toLocaleString('en')} msg/s`;
  const refused = result.refusedMessages === 0 ? '' : `, ${result.refusedMessages} refused`;
  const late = `${result.lateMessages === 0 ? '' : `, ${result.lateMessages} stored late`}${refused}`;
  if (result.cpuMicrosPerMessage === undefined) return `${name}: ${rate}, ${latencies}${late}`;
  const cost = `${result.cpuMicrosPerMessage.toFixed(2)} µs CPU a message`;
  const memory = `RSS ${Math.round(result.rssMiB ?? 0)} MiB (peak ${Math.round(result.rssPeakMiB ?? 0)})`;
  return `${name}: ${rate}, ${latencies}, ${cost}, ${memory}${late}`;
}
