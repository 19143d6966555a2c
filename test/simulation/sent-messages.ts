/** The bytes of simulated messages, and which message a stored record is. Java: none. Invariant: two messages have nothing in common but their form. */
import { SCHEDULE_TOPIC } from '#src/message/delay-level-table.js';

import type { TestMessage } from '../commitlog/store-harness.js';
import type { SentMessage } from './history.js';

const NAME_END = '\u0001';
const VALUE_END = '\u0002';
const ID_PATTERN = new RegExp(`UNIQ_KEY${NAME_END}U(\\d+)${VALUE_END}`);

/** Where a message is stored. */
export interface Destination {
  readonly topic: string;
  readonly queueId: number;
}

/** A delayed message waits in the queue of its level. */
export function destinationOf(topic: string, queueId: number, message: SentMessage): Destination {
  return message.delayLevel > 0 ? { topic: SCHEDULE_TOPIC, queueId: message.delayLevel - 1 } : { topic, queueId };
}

/** Letters that differ from message to message and from place to place. */
function bodyOf({ id, bodyBytes }: SentMessage): string {
  let state = Math.imul(id, 0x9e37_79b1) >>> 0;
  const codes: number[] = [];
  for (let i = 0; i < bodyBytes; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    codes.push(97 + ((state >>> 24) % 26));
  }
  return String.fromCharCode(...codes);
}

function propertiesOf({ id, paddingBytes, keyCount, tag, delayLevel }: SentMessage): string {
  const properties: [string, string][] = [['UNIQ_KEY', `U${id}`]];
  if (keyCount > 0) properties.push(['KEYS', Array.from({ length: keyCount }, (_, i) => `k${id % 5}x${i}`).join(' ')]);
  if (tag !== undefined) properties.push(['TAGS', tag]);
  if (delayLevel > 0) properties.push(['DELAY', String(delayLevel)]);
  if (paddingBytes > 0) properties.push(['PAD', 'p'.repeat(paddingBytes)]);
  return properties.map(([name, value]) => name + NAME_END + value + VALUE_END).join('');
}

/** As the harness puts it. */
export function toTestMessage(message: SentMessage): TestMessage {
  return { body: bodyOf(message), properties: propertiesOf(message) };
}

/** The id in a record's properties, or -1. */
export function idIn(properties: string): number {
  return Number(ID_PATTERN.exec(properties)?.[1] ?? -1);
}

/** True if a record holds this message, byte for byte. */
export function isContentOf(message: SentMessage, body: string, properties: string): boolean {
  return body === bodyOf(message) && properties === propertiesOf(message);
}
