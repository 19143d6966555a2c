/**
 * A result of `ringmq bench` as a picture (SVG): latency by percentile, each nine with as much room as the one before, and throughput with p99
 * over time. Main thread. Java: none (HdrHistogram's plotFiles.html draws the first one).
 * Invariant: text that comes from outside is escaped; nothing in the picture is loaded from elsewhere.
 */
import type { LoadResult } from '../load/load-result.js';

const WIDTH = 900;
const PANEL_HEIGHT = 300;
const MARGIN = { left: 80, right: 80, top: 50, bottom: 50 };
const PLOT_WIDTH = WIDTH - MARGIN.left - MARGIN.right;
const PLOT_HEIGHT = PANEL_HEIGHT - MARGIN.top - MARGIN.bottom;
const THROUGHPUT_COLOR = '#1f77b4';
const LATENCY_COLOR = '#d62728';
const NINES_MAX = 5;

/** A line's points, each 0–1 of the plot's width and height. */
type Points = readonly (readonly [x: number, y: number])[];

/** The picture. */
export function plotResult(title: string, result: LoadResult): string {
  const height = 2 * PANEL_HEIGHT;
  const { messagesPerSecond, latencyMs } = result;
  const head = `${title}: ${Math.round(messagesPerSecond).toLocaleString('en')} messages/s, p99 ${latencyMs.p99.toFixed(3)} ms`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${height}" fill="white"/>`,
    text(WIDTH / 2, 20, head, { anchor: 'middle', size: 16 }),
    `<g transform="translate(${MARGIN.left} ${MARGIN.top})">`,
    ...percentilePanel(result),
    '</g>',
    `<g transform="translate(${MARGIN.left} ${PANEL_HEIGHT + MARGIN.top})">`,
    ...timePanel(result),
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

function percentilePanel({ percentiles }: LoadResult): string[] {
  const shown = percentiles.filter(({ ms }) => ms > 0);
  const scale = logScale(shown.map(({ ms }) => ms));
  const points: Points = shown.map(({ percentile, ms }) => [ninesOf(percentile) / NINES_MAX, scale.place(ms)]);
  const ticks = [0, 90, 99, 99.9, 99.99, 99.999];
  return [
    ...frame('latency by percentile', 'ms'),
    ...ticks.flatMap((percentile) => {
      const x = (ninesOf(percentile) / NINES_MAX) * PLOT_WIDTH;
      return [rule(x, 0, x, PLOT_HEIGHT), text(x, PLOT_HEIGHT + 18, `${percentile} %`, { anchor: 'middle' })];
    }),
    ...scale.ticks.flatMap((ms) => leftTick(scale.place(ms), label(ms))),
    line(points, LATENCY_COLOR),
  ];
}

function timePanel({ perSecond }: LoadResult): string[] {
  const rates = perSecond.map(({ messages, elapsedMs }) => (elapsedMs === 0 ? 0 : (messages / elapsedMs) * 1000));
  const rateMax = niceCeiling(Math.max(1, ...rates));
  const latencies = perSecond.map(({ p99 }) => p99);
  const scale = logScale(latencies.filter((ms) => ms > 0));
  const lastSecond = Math.max(1, perSecond.length);
  const placeX = (index: number): number => (perSecond.length === 1 ? 0.5 : index / (lastSecond - 1));
  const ratePoints: Points = rates.map((rate, index) => [placeX(index), rate / rateMax]);
  const latencyPoints: Points = latencies.flatMap((ms, index) =>
    ms > 0 ? [[placeX(index), scale.place(ms)] as const] : [],
  );
  const step = Math.max(1, Math.ceil(lastSecond / 10));
  return [
    ...frame('throughput and p99 over time', 'messages/s'),
    text(PLOT_WIDTH, -8, 'p99, ms', { anchor: 'end', color: LATENCY_COLOR }),
    ...[0, 0.25, 0.5, 0.75, 1].flatMap((part) => leftTick(part, Math.round(part * rateMax).toLocaleString('en'))),
    ...scale.ticks.map((ms) =>
      text(PLOT_WIDTH + 6, (1 - scale.place(ms)) * PLOT_HEIGHT + 4, label(ms), { color: LATENCY_COLOR }),
    ),
    ...perSecond.flatMap(({ second }, index) =>
      index % step === 0
        ? [text(placeX(index) * PLOT_WIDTH, PLOT_HEIGHT + 18, `${second} s`, { anchor: 'middle' })]
        : [],
    ),
    line(ratePoints, THROUGHPUT_COLOR),
    line(latencyPoints, LATENCY_COLOR),
  ];
}

function ninesOf(percentile: number): number {
  return Math.min(NINES_MAX, -Math.log10(Math.max(1 - percentile / 100, 10 ** -NINES_MAX)));
}

interface LogScale {
  /** Powers of ten. */
  readonly ticks: readonly number[];
  /** Where a value is, 0–1. */
  place(value: number): number;
}

function logScale(values: readonly number[]): LogScale {
  const least = values.length === 0 ? 1 : values.reduce((a, b) => Math.min(a, b));
  const most = values.length === 0 ? 10 : values.reduce((a, b) => Math.max(a, b));
  const from = Math.floor(Math.log10(least));
  const to = Math.max(from + 1, Math.ceil(Math.log10(most)));
  return {
    ticks: Array.from({ length: to - from + 1 }, (_, i) => 10 ** (from + i)),
    place: (value) => (Math.log10(value) - from) / (to - from),
  };
}

function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 4, 5, 8, 10].find((factor) => factor * power >= value) ?? 10) * power;
}

function label(ms: number): string {
  return ms < 1 ? String(Number(ms.toPrecision(1))) : ms.toLocaleString('en');
}

function frame(title: string, unit: string): string[] {
  return [
    `<rect width="${PLOT_WIDTH}" height="${PLOT_HEIGHT}" fill="none" stroke="#888"/>`,
    text(PLOT_WIDTH / 2, -8, title, { anchor: 'middle', size: 13 }),
    text(0, -8, unit, { anchor: 'start' }),
  ];
}

function leftTick(part: number, words: string): string[] {
  const y = (1 - part) * PLOT_HEIGHT;
  return [rule(0, y, PLOT_WIDTH, y), text(-6, y + 4, words, { anchor: 'end' })];
}

function rule(x1: number, y1: number, x2: number, y2: number): string {
  return `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" stroke="#ddd"/>`;
}

function line(points: Points, color: string): string {
  if (points.length === 1) {
    const [[x, y] = [0, 0]] = points;
    return `<circle cx="${round(x * PLOT_WIDTH)}" cy="${round((1 - y) * PLOT_HEIGHT)}" r="3" fill="${color}"/>`;
  }
  const path = points.map(([x, y]) => `${round(x * PLOT_WIDTH)},${round((1 - y) * PLOT_HEIGHT)}`).join(' ');
  return `<polyline points="${path}" fill="none" stroke="${color}" stroke-width="1.5"/>`;
}

interface TextStyle {
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly size?: number;
  readonly color?: string;
}

function text(x: number, y: number, words: string, { anchor = 'start', size = 12, color = '#333' }: TextStyle): string {
  const escaped = words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" font-size="${size}" fill="${color}">${escaped}</text>`;
}

function round(value: number): string {
  return Number.isFinite(value) ? String(Math.round(value * 100) / 100) : '0';
}
