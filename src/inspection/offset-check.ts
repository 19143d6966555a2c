/**
 * Checks what `config/*.json` and `checkpoint` say against the queues and the log. Main thread, read-only. Java: none (ConsumerOffsetManager).
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { SCHEDULE_TOPIC } from '../message/delay-level-table.js';
import type { ProblemList } from './problem.js';
import type { StoreLayout } from './store-layout.js';

/** Where the log ends, and when its last record was stored. */
export interface LogEnd {
  readonly endOffset: number;
  readonly lastTimestampMs: number;
}

/** One past the last offset of a queue; undefined when there is no such queue. */
export type MaxOffsetOf = (topic: string, queueId: number) => number | undefined;

/** Compares groups' offsets, and those of delivered delayed messages, with the queues; returns how many there were. */
export function checkOffsets(layout: StoreLayout, maxOffsetOf: MaxOffsetOf, problems: ProblemList): number {
  const path = join(layout.folder, 'config', 'consumerOffset.json');
  const delayPath = join(layout.folder, 'config', 'delayOffset.json');
  const table = readTable(path, 'offsetTable', problems);
  let count = 0;
  for (const [name, offsets] of Object.entries(table)) {
    const [topic = '', group = ''] = name.split('@', 2);
    for (const [queueId, offset] of Object.entries(asTable(offsets))) {
      count++;
      const maxOffset = maxOffsetOf(topic, Number(queueId));
      if (Number(offset) <= (maxOffset ?? 0)) continue;
      const text = `group ${group} is at ${String(offset)} of ${topic}/${queueId}, which ends at ${maxOffset ?? 0}`;
      // The topic was deleted: brokers keep its groups' offsets.
      problems.add(maxOffset === undefined ? 'note' : 'damage', 'offsets', path, -1, text);
    }
  }
  for (const [level, offset] of Object.entries(readTable(delayPath, 'offsetTable', problems))) {
    count++;
    const maxOffset = maxOffsetOf(SCHEDULE_TOPIC, Number(level) - 1) ?? 0;
    if (Number(offset) <= maxOffset) continue;
    const text = `delay level ${level} is delivered up to ${String(offset)}, but its queue ends at ${maxOffset}`;
    problems.add('damage', 'offsets', delayPath, -1, text);
  }
  return count;
}

/** Names of the topics that the broker has; none when its file is not there. */
export function readTopicNames(layout: StoreLayout, problems: ProblemList): Set<string> {
  const path = join(layout.folder, 'config', 'topics.json');
  return new Set(Object.keys(readTable(path, 'topicConfigTable', problems)));
}

/** The checkpoint may lag behind the log, never be ahead of it. */
export function checkCheckpoint({ folder, checkpoint }: StoreLayout, end: LogEnd, problems: ProblemList): void {
  const path = join(folder, 'checkpoint');
  if (!existsSync(path)) {
    problems.add('note', 'checkpoint', path, -1, 'is not there: the next start reads the whole log');
    return;
  }
  const { logicsPhysicalOffset, physicMsgTimestamp } = checkpoint;
  if (logicsPhysicalOffset > 0 && logicsPhysicalOffset >= end.endOffset) {
    const text = `says that the record at ${logicsPhysicalOffset} is on disk, but the log ends at ${end.endOffset}`;
    problems.add('damage', 'checkpoint', path, 40, text);
  }
  if (end.lastTimestampMs > 0 && physicMsgTimestamp > end.lastTimestampMs) {
    const text = `says that records of time ${physicMsgTimestamp} are on disk, but the last one is of ${end.lastTimestampMs}`;
    problems.add('damage', 'checkpoint', path, 0, text);
  }
}

function readTable(path: string, key: string, problems: ProblemList): Readonly<Record<string, unknown>> {
  if (!existsSync(path)) return {};
  try {
    const parsed: unknown = JSON.parse(quoteNumericKeys(readFileSync(path, 'utf8')));
    return asTable(asTable(parsed)[key]);
  } catch (error) {
    problems.add('damage', 'offsets', path, -1, `cannot be read: ${error instanceof Error ? error.message : ''}`);
    return {};
  }
}

/** Apache's fastjson writes `{0:5}`. */
function quoteNumericKeys(text: string): string {
  return text.replaceAll(/([{,]\s*)(\d+)\s*:/g, '$1"$2":');
}

function asTable(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
