/**
 * One connection of a consumer: for each of its queues one pull in flight. Generator's thread. Java: DefaultMQPushConsumer, PullMessageService.
 * Invariant: pulls of one turn leave in one write; the queue's place among the connection's is opaque mod queues.
 */
import type { Socket } from 'node:net';

import type { Clock } from '../base/clock.js';
import { type Answer, AnswerReader, numberField } from './answer-reader.js';
import { pullRequest } from './broker-topics.js';
import { openSocket, type ServerAddress } from './load-socket.js';
import { OPAQUE_BASE, RequestTemplate } from './request-template.js';
import type { QueueTarget } from './send-template.js';

/** How pulls ask. */
export interface PullShape {
  readonly group: string;
  /** `*`, or tags with `||` between them. */
  readonly subscription: string;
  readonly maxMessages: number;
  /** 0: be answered at once. */
  readonly suspendMs: number;
}

/** A queue that is read, and where the next pull begins. */
export interface QueueCursor {
  readonly queue: QueueTarget;
  /** The queue's first and last offset when the load began; the last is one past it. */
  readonly begin: number;
  readonly end: number;
  offset: number;
}

/** Who the connection belongs to. */
export interface PullOwner {
  readonly clock: Clock;
  /** An answer came; the cursor still stands where it was asked from. True: pull again, from where the cursor then is. */
  pulled(connection: PullConnection, cursor: QueueCursor, answer: Answer, latencyMs: number, nowMs: number): boolean;
  lost(error: Error): void;
}

const NEXT_OFFSET_KEY = Buffer.from('"nextBeginOffset":"');
const OFFSET_KEY = '"queueOffset":"';

/** Where the queue goes on, as an answer says; -1 if it does not. */
export function nextBeginOffset(answer: Answer): number {
  return numberField(answer, NEXT_OFFSET_KEY);
}

interface PullSlot {
  readonly cursor: QueueCursor;
  template: RequestTemplate | undefined;
  /** The offset's digits in the template: where and how many. */
  offsetAt: number;
  digits: number;
  round: number;
  sinceMs: number;
}

/** See the top of this file. */
export class PullConnection {
  readonly #owner: PullOwner;
  readonly #shape: PullShape;
  readonly #slots: readonly PullSlot[];
  /** Slots whose pulls leave at the end of the turn. */
  readonly #ready: number[] = [];
  readonly #reader: AnswerReader;
  #socket: Socket | undefined;
  #nowMs = 0;
  #inFlight = 0;

  private constructor(shape: PullShape, cursors: readonly QueueCursor[], owner: PullOwner) {
    [this.#shape, this.#owner] = [shape, owner];
    this.#slots = cursors.map((cursor) => ({
      cursor,
      template: undefined,
      offsetAt: 0,
      digits: 0,
      round: 0,
      sinceMs: 0,
    }));
    this.#reader = new AnswerReader((answer) => this.#take(answer));
  }

  /** Connects. */
  static async open(
    address: ServerAddress,
    shape: PullShape,
    cursors: readonly QueueCursor[],
    owner: PullOwner,
  ): Promise<PullConnection> {
    const connection = new PullConnection(shape, cursors, owner);
    const socket = await openSocket(address, (chunk, length) => connection.#read(chunk, length));
    connection.#socket = socket;
    socket.on('error', (error) => owner.lost(error));
    socket.on('close', () => owner.lost(new Error(`${address.host}:${address.port} closed a connection`)));
    return connection;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Pulls from all queues. */
  start(): void {
    for (let index = 0; index < this.#slots.length; index++) this.#ready.push(index);
    this.#writeReady();
  }

  /** Pulls again from a queue that `pulled` gave up for the time being. */
  resume(cursor: QueueCursor): void {
    this.#ready.push(this.#slots.findIndex((slot) => slot.cursor === cursor));
    this.#writeReady();
  }

  close(): void {
    this.#socket?.removeAllListeners('close');
    this.#socket?.destroy();
  }

  #read(chunk: Buffer, length: number): void {
    this.#nowMs = this.#owner.clock.monotonicMs();
    this.#reader.push(chunk, length);
    this.#writeReady();
  }

  #take(answer: Answer): void {
    const index = (answer.opaque - OPAQUE_BASE) % this.#slots.length;
    const slot = this.#slots[index];
    if (slot === undefined) throw new Error(`an answer to opaque ${answer.opaque}, which is not in flight`);
    this.#inFlight--;
    if (this.#owner.pulled(this, slot.cursor, answer, this.#nowMs - slot.sinceMs, this.#nowMs)) this.#ready.push(index);
  }

  #writeReady(): void {
    if (this.#ready.length === 0) return;
    const nowMs = this.#owner.clock.monotonicMs();
    let size = 0;
    for (const index of this.#ready) size += this.#templateOf(index).sizeBytes;
    const bytes = Buffer.allocUnsafe(size);
    let end = 0;
    for (const index of this.#ready) {
      const slot = this.#slots[index];
      if (slot === undefined) continue;
      const opaque = OPAQUE_BASE + slot.round++ * this.#slots.length + index;
      slot.sinceMs = nowMs;
      const at = end;
      end = this.#templateOf(index).copyTo(bytes, at, opaque);
      writeDigits(bytes, at + slot.offsetAt, slot.digits, slot.cursor.offset);
    }
    this.#inFlight += this.#ready.length;
    this.#ready.length = 0;
    this.#socket?.write(bytes);
  }

  /** The slot's template, made anew when its offset has one digit more or less. */
  #templateOf(index: number): RequestTemplate {
    const slot = this.#slots[index];
    if (slot === undefined) throw new Error('no such queue');
    const text = slot.cursor.offset;
    const digits = text < 10 ? 1 : Math.floor(Math.log10(text) + 1e-9) + 1;
    if (slot.template !== undefined && slot.digits === digits) return slot.template;
    const { code, extFields } = pullRequest({ ...this.#shape, ...slot.cursor.queue, offset: text });
    slot.template = new RequestTemplate(code, extFields);
    slot.offsetAt = slot.template.endOf(OFFSET_KEY);
    slot.digits = digits;
    return slot.template;
  }
}

function writeDigits(bytes: Buffer, at: number, digits: number, value: number): void {
  let rest = value;
  for (let digit = at + digits - 1; digit >= at; digit--) {
    const shorter = Math.floor(rest / 10);
    bytes[digit] = 0x30 + rest - shorter * 10;
    rest = shorter;
  }
}
