/** The seconds of a long run, minute by minute, and what they say of a steady load. Bench processes. */
import type { BenchSecond } from './generator.js';

/** One minute, or what there was of it. */
export interface SteadyMinute {
  readonly minute: number;
  readonly messagesPerSecond: number;
  /** The slowest second. */
  readonly leastPerSecond: number;
  /** The worst second's. */
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Seconds in which an answer was waited for longer than {@link PAUSE_MS}. */
  readonly pauses: number;
  /** At the minute's end. */
  readonly rssMiB: number | undefined;
}

/** A longer wait for an answer counts as a pause of the broker (or of the machine). */
export const PAUSE_MS = 50;
/** A minute's throughput, and the RSS from the second minute on, stay within this share of the first's. */
const ALLOWED_CHANGE = 0.1;
const SECONDS_A_MINUTE = 60;

/** Puts seconds together. */
export function minutesOf(perSecond: readonly BenchSecond[]): SteadyMinute[] {
  const minutes: SteadyMinute[] = [];
  for (let from = 0; from < perSecond.length; from += SECONDS_A_MINUTE) {
    const seconds = perSecond.slice(from, from + SECONDS_A_MINUTE);
    const messages = seconds.map((second) => second.messages);
    minutes.push({
      minute: minutes.length + 1,
      messagesPerSecond: messages.reduce((sum, count) => sum + count, 0) / seconds.length,
      leastPerSecond: Math.min(...messages),
      p99Ms: Math.max(...seconds.map(({ p99 }) => p99)),
      maxMs: Math.max(...seconds.map(({ max }) => max)),
      pauses: seconds.filter(({ max }) => max > PAUSE_MS).length,
      rssMiB: seconds.at(-1)?.rssMiB,
    });
  }
  return minutes;
}

/** A row a minute, in Markdown. */
export function steadyTable(minutes: readonly SteadyMinute[]): string {
  const rows = minutes.map(({ minute, messagesPerSecond, leastPerSecond, p99Ms, maxMs, pauses, rssMiB }) => {
    const rates = [minute, messagesPerSecond.toFixed(0), leastPerSecond, p99Ms.toFixed(2), maxMs.toFixed(1)];
    return `| ${[...rates, pauses, rssMiB?.toFixed(0) ?? ''].join(' | ')} |`;
  });
  return [
    `| minute | msg/s | slowest second | worst p99 ms | max ms | seconds with over ${PAUSE_MS} ms | RSS MiB |`,
    '| ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...rows,
  ].join('\n');
}

/** The three targets of a steady load, each with its figure and whether it is met. */
export function steadyVerdicts(minutes: readonly SteadyMinute[]): string[] {
  const [first] = minutes;
  if (first === undefined) return ['nothing was measured'];
  const changes = minutes.map(({ messagesPerSecond }) => messagesPerSecond / first.messagesPerSecond - 1);
  const farthest = changes.reduce((worst, change) => (Math.abs(change) > Math.abs(worst) ? change : worst), 0);
  const pauses = minutes.reduce((sum, minute) => sum + minute.pauses, 0);
  const longest = Math.max(...minutes.map(({ maxMs }) => maxMs));
  const growth = (minutes.at(-1)?.rssMiB ?? 0) / (minutes[1]?.rssMiB ?? first.rssMiB ?? 1) - 1;
  return [
    `throughput within 10 % of the first minute: ${yes(Math.abs(farthest) <= ALLOWED_CHANGE)} (farthest ${percent(farthest)})`,
    `no pause over ${PAUSE_MS} ms: ${yes(pauses === 0)} (${pauses} seconds, the longest ${longest.toFixed(1)} ms)`,
    `RSS flat: ${yes(growth <= ALLOWED_CHANGE)} (${percent(growth)} from the second minute to the last)`,
  ];
}

function yes(isMet: boolean): string {
  return isMet ? 'met' : 'MISSED';
}

function percent(share: number): string {
  return `${share >= 0 ? '+' : ''}${(100 * share).toFixed(1)} %`;
}
