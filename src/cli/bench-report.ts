/** The result of `ringmq bench` as text: a table, and the line that shows while it runs. Main thread. Java: none. */
import type { LoadResult, SecondResult } from '../load/load-result.js';
import type { BenchOptions } from './bench-flags.js';

const LABEL_WIDTH = 16;
/** From here on the generator is said to be busy. */
const GENERATOR_BUSY_PERCENT = 90;

/** What a terminal shows at the end. */
export function formatResult({ command, topics, connections, pid }: BenchOptions, result: LoadResult): string {
  const { latencyMs: latency, broker } = result;
  const seconds = (result.elapsedMs / 1000).toFixed(1);
  const topicText = topics.length === 1 ? `topic ${topics[0]}` : `${topics.length} topics`;
  const rows: [label: string, text: string][] = [
    [`bench ${command}`, `${topicText}, ${connections} connections, ${seconds} s (ended: ${result.ended})`],
    ['messages', `${whole(result.messages)} in ${whole(result.requests)} requests`],
    ['throughput', `${whole(result.messagesPerSecond)} messages/s, ${result.megabytesPerSecond.toFixed(1)} MB/s`],
    ['latency', `mean ${ms(latency.mean)}   p50 ${ms(latency.p50)}   p90 ${ms(latency.p90)}   p99 ${ms(latency.p99)}`],
    ['', `p99.9 ${ms(latency.p999)}   p99.99 ${ms(latency.p9999)}   max ${ms(latency.max)}`],
  ];
  const notStored = Object.entries(result.failed).map(([name, count]) => `${name} ${whole(count)}`);
  if (notStored.length > 0) rows.push(['failed', notStored.join(', ')]);
  if (result.refused > 0) rows.push(['refused', `${whole(result.refused)} (SYSTEM_BUSY, SERVICE_NOT_AVAILABLE)`]);
  if (result.late > 0) rows.push(['late', `${whole(result.late)} stored, but not flushed or replicated in time`]);
  if (result.unsent > 0) rows.push(['unsent', `${whole(result.unsent)} were due at the end: the rate was not kept`]);
  if (result.problem !== undefined) rows.push(['problem', result.problem]);
  if (broker !== undefined) {
    const cpu = `${broker.cpuMicrosPerMessage.toFixed(2)} µs CPU a message, ${broker.cpuSeconds.toFixed(1)} s in all`;
    rows.push([
      'broker',
      `${cpu}; RSS ${whole(broker.rssMiB)} MiB, own ${whole(broker.ownMiB)}, peak ${whole(broker.rssPeakMiB)}`,
    ]);
  } else if (pid !== undefined) rows.push(['broker', `process ${pid} cannot be read`]);
  if (result.generator.cpuPercent >= GENERATOR_BUSY_PERCENT)
    rows.push(['generator', `took ${result.generator.cpuPercent.toFixed(0)} % of a core: it may be what limits`]);
  return `${rows.map(([label, text]) => `${label.padEnd(LABEL_WIDTH)} ${text}`).join('\n')}\n`;
}

/** One second of the run, as progress. */
export function formatSecond({ second, elapsedMs, messages, p50, p99, max }: SecondResult, isWarmup: boolean): string {
  const rate = elapsedMs === 0 ? 0 : (messages / elapsedMs) * 1000;
  const label = isWarmup ? 'warming up' : `${second} s`;
  return `${label.padEnd(LABEL_WIDTH)} ${whole(rate)} messages/s   p50 ${ms(p50)}   p99 ${ms(p99)}   max ${ms(max)}`;
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}

function ms(value: number): string {
  return `${value < 10 ? value.toFixed(3) : value < 100 ? value.toFixed(2) : value.toFixed(1)} ms`;
}
