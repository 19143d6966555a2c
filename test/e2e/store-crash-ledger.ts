/**
 * What senders and a consumer know of a store that is killed again and again, and what is found in it: the judge of a crash run.
 * Invariant: a message is known by the id at the front of its body, and its body can be checked without anything else.
 */
import { crc32 } from 'node:zlib';

import type { Received } from './test-client.js';

/** Where an acknowledgement said that a message is. */
export interface Place {
  readonly topic: string;
  readonly queueId: number;
  readonly queueOffset: number;
}

interface Entry {
  /** Times that it was sent: no more copies of it may be stored. */
  attempts: number;
  readonly places: Place[];
}

/** All that was wrong, a line each. */
export type Faults = readonly string[];

/** A body for `id`, of a length that `filler` says. */
export function bodyOf(id: string, filler: number): string {
  const payload = id.repeat(1 + filler);
  return `${id} ${crc32(payload)} ${payload}`;
}

/** The messages of a run. */
export class StoreCrashLedger {
  readonly #entries = new Map<string, Entry>();
  acknowledged = 0;

  /** It is sent, for the first time or again. */
  sent(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) this.#entries.set(id, { attempts: 1, places: [] });
    else entry.attempts++;
  }

  /** SEND_OK. */
  acknowledge(id: string, place: Place): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) throw new Error(`nobody sent ${id}`);
    entry.places.push(place);
    this.acknowledged++;
  }

  /** Judges all queues of the store, as pulled from their starts, by `topic/queueId`. */
  judge(queues: ReadonlyMap<string, readonly Received[]>): Faults {
    const faults: string[] = [];
    const copies = new Map<string, number>();
    for (const [queue, messages] of queues) {
      messages.forEach((message, i) => {
        if (message.queueOffset !== i) faults.push(`${queue} has offset ${message.queueOffset} at place ${i}`);
        const id = checkedId(message.body);
        if (id === undefined)
          faults.push(`${queue} offset ${i}, physical ${message.physicalOffset}: the body is damaged`);
        else copies.set(id, (copies.get(id) ?? 0) + 1);
      });
    }
    for (const [id, count] of copies) {
      const attempts = this.#entries.get(id)?.attempts ?? 0;
      if (attempts === 0) faults.push(`${id} is stored and was never sent`);
      else if (count > attempts) faults.push(`${id} is stored ${count} times and was sent ${attempts} times`);
    }
    for (const [id, { places }] of this.#entries) {
      for (const { topic, queueId, queueOffset } of places) {
        const found = queues.get(`${topic}/${queueId}`)?.[queueOffset]?.body;
        if (found?.startsWith(`${id} `) === true) continue;
        const instead = found?.slice(0, found.indexOf(' ')) ?? 'nothing';
        faults.push(`acknowledged and lost: ${id} at ${topic}/${queueId} offset ${queueOffset}, where ${instead} is`);
      }
    }
    return faults;
  }

  /** Acknowledged messages of `topic` that are not among `bodies`, in which each may be several times. */
  undelivered(topic: string, bodies: readonly string[]): Faults {
    const delivered = new Set(bodies.map(checkedId));
    const faults = delivered.has(undefined) ? ['a delivered body is damaged'] : [];
    for (const [id, { places }] of this.#entries) {
      if (places.some((place) => place.topic === topic) && !delivered.has(id)) faults.push(`${id} was never delivered`);
    }
    for (const id of delivered) {
      if (id !== undefined && !this.#entries.has(id)) faults.push(`${id} is delivered and was never sent`);
    }
    return faults;
  }
}

/** The id, if the body is whole. */
function checkedId(body: string): string | undefined {
  const [id, sum, payload] = body.split(' ');
  return id !== undefined && payload !== undefined && crc32(payload) === Number(sum) ? id : undefined;
}

/** What a consumer has committed of one queue. */
export class OffsetLedger {
  /** Acknowledged commits, ascending, with the time of each. */
  readonly #commits: { readonly offset: number; readonly atMs: number }[] = [{ offset: 0, atMs: 0 }];

  /** The offset to commit next. */
  get next(): number {
    return this.#last.offset + 1;
  }

  committed(offset: number, atMs: number): void {
    this.#commits.push({ offset, atMs });
  }

  /** Undefined, or what is wrong with `found` when nothing older than `keptMs` may be lost. From then on `found` is what is committed. */
  judge(queue: string, found: number, keptMs: number): string | undefined {
    const kept = this.#commits.findLast(({ atMs }) => atMs <= keptMs)?.offset ?? 0;
    const { offset: last } = this.#last;
    this.#commits.length = 0;
    this.#commits.push({ offset: Math.max(0, found), atMs: 0 });
    if (found > last + 1) return `${queue}: the consumer is at ${found} and has committed ${last}`;
    if (found < kept) return `${queue}: the consumer is at ${found} and had committed ${kept} long before the kill`;
    return undefined;
  }

  get #last(): { offset: number; atMs: number } {
    const last = this.#commits.at(-1);
    if (last === undefined) throw new Error('there is always one');
    return last;
  }
}
