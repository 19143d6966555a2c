/**
 * The delay levels: how long a message of each waits, and from that when it is due. Any thread: the main thread delivers by it, the commitlog
 * worker and the pool write the time into the consume queue. Java: DefaultMessageStore.parseDelayLevel and computeDeliverTimestamp.
 * Invariant: levels count from 1; level n waits in queue n-1 of SCHEDULE_TOPIC_XXXX, whatever the table says.
 */
import { MessageConst, NAME_VALUE_SEPARATOR, propertyInBytes } from './message-properties.js';
import { tagsCodeOfProperties } from './record-properties.js';
import type { RecordParts } from './stored-record.js';

/** The topic in which messages wait for their time. Java: TopicValidator.RMQ_SYS_SCHEDULE_TOPIC. */
export const SCHEDULE_TOPIC = 'SCHEDULE_TOPIC_XXXX';

/** What a table of levels may look like. A time has at most 8 digits, so that every due time is exact in a double. */
export const DELAY_LEVELS_PATTERN = /^\d{1,8}[smhd]( +\d{1,8}[smhd])*$/;

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
/** What a level waits that is not in the table. */
const UNKNOWN_LEVEL_DELAY_MS = 1_000;

const SCHEDULE_TOPIC_BYTES = Buffer.from(SCHEDULE_TOPIC);
const DELAY_NEEDLE = Buffer.from(MessageConst.DELAY_TIME_LEVEL + NAME_VALUE_SEPARATOR);

/** One broker's levels. */
export class DelayLevelTable {
  /** The delay of each level, ms, from level 1 on. */
  readonly delaysMs: readonly number[];

  constructor(delaysMs: readonly number[]) {
    this.delaysMs = delaysMs;
  }

  /** Reads `1s 5s 1m 2h 1d`; the text has passed `DELAY_LEVELS_PATTERN`. */
  static parse(text: string): DelayLevelTable {
    return new DelayLevelTable(
      text.split(/ +/).map((level) => Number(level.slice(0, -1)) * (UNIT_MS[level.slice(-1)] ?? 0)),
    );
  }

  /** The highest level; a message that asks for a higher one gets this. */
  get maxLevel(): number {
    return this.delaysMs.length;
  }

  /** When a message of this level is due, ms. Java: computeDeliverTimestamp. */
  deliverTimestampMs(level: number, storeTimestampMs: number): number {
    return storeTimestampMs + (this.delaysMs[Math.min(level, this.maxLevel) - 1] ?? UNKNOWN_LEVEL_DELAY_MS);
  }
}

/** The number in a DELAY property, as Java's Integer.parseInt reads it; undefined for a text that is no such number. */
export function parseDelayLevel(text: string): number | undefined {
  if (!/^[+-]?\d+$/.test(text)) return undefined;
  const level = Number(text);
  return level === (level | 0) ? level : undefined;
}

/** When a record that waits in SCHEDULE_TOPIC_XXXX is due, ms; undefined for any other record. */
export function dueTimestampOf(
  source: Buffer,
  { topicStart, topicEnd, propertiesStart, propertiesEnd }: RecordParts,
  storeTimestampMs: number,
  levels: DelayLevelTable,
): number | undefined {
  // Hot: other topics are told apart by their length.
  const isScheduled =
    topicEnd - topicStart === SCHEDULE_TOPIC_BYTES.length &&
    source.compare(SCHEDULE_TOPIC_BYTES, 0, SCHEDULE_TOPIC_BYTES.length, topicStart, topicEnd) === 0;
  if (!isScheduled) return undefined;
  const delay = propertyInBytes(source, propertiesStart, propertiesEnd, DELAY_NEEDLE);
  const level = delay === undefined ? undefined : parseDelayLevel(delay);
  return level === undefined || level <= 0 ? undefined : levels.deliverTimestampMs(level, storeTimestampMs);
}

/**
 * What the consume-queue entry of a record holds as its tags code: the hash of its tags, or when it is due if it waits in
 * SCHEDULE_TOPIC_XXXX. Java: CommitLog.checkMessageAndReturnSize.
 */
export function tagsCodeOfRecord(
  source: Buffer,
  parts: RecordParts,
  storeTimestampMs: number,
  levels: DelayLevelTable,
): number {
  const { propertiesStart, propertiesEnd } = parts;
  return (
    dueTimestampOf(source, parts, storeTimestampMs, levels) ??
    tagsCodeOfProperties(source, propertiesStart, propertiesEnd)
  );
}
