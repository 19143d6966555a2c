/**
 * One connection of a producer with its share of the requests in flight, each in a slot of its own: opaque mod slots. Generator's thread.
 * Java: NettyRemotingClient, ResponseFuture.
 * Invariant: an answer belongs to a request in flight, or the connection fails; a oneway request is in flight until the socket has taken it.
 */
import type { Socket } from 'node:net';

import type { Clock } from '../base/clock.js';
import { ResponseCode } from '../remoting/response-code.js';
import { type Answer, AnswerReader, parseHeader } from './answer-reader.js';
import type { LoadRecorder } from './load-recorder.js';
import { openSocket, type ServerAddress } from './load-socket.js';
import { OPAQUE_BASE, type RequestTemplate } from './request-template.js';
import type { SendSchedule } from './send-schedule.js';

/** Opaques from here on are of requests other than sends. */
export const OTHER_OPAQUE_BASE = 2_000_000_000;
/** Requests of one turn leave in pieces of about this size at most. */
const WRITE_BYTES_MAX = 1024 * 1024;

/** What a connection sends. */
export interface SendShare {
  /** In turn. */
  readonly templates: readonly RequestTemplate[];
  /** Requests in flight at most. */
  readonly slots: number;
  readonly messagesPerRequest: number;
  readonly bodyBytesPerRequest: number;
  readonly isOneway: boolean;
}

/** Who the connection belongs to. */
export interface SendOwner {
  readonly clock: Clock;
  readonly schedule: SendSchedule;
  readonly recorder: LoadRecorder;
  /** True: what is answered counts as messages; false: something else counts them, and only failures are of interest. */
  readonly countsAnswers: boolean;
  /** Requests that were stored, since the beginning. */
  storedRequests: number;
  /** Some requests of `connection` are over. */
  freed(connection: SendConnection, count: number): void;
  /** An answer to what somebody else asked over this connection. */
  otherAnswered(connection: SendConnection, answer: Answer): void;
  lost(error: Error): void;
}

interface WriteBuffer {
  readonly bytes: Buffer;
  requests: number;
  sinceMs: number;
  readonly written: () => void;
}

/** See the top of this file. */
export class SendConnection {
  readonly #owner: SendOwner;
  readonly #share: SendShare;
  /** Set by `open`, before anything is sent. */
  #socket: Socket | undefined;
  /** The opaque in flight in each slot, or 0. */
  readonly #opaques: Int32Array;
  readonly #rounds: Int32Array;
  readonly #sinceMs: Float64Array;
  readonly #freeSlots: Int32Array;
  #free: number;
  #next: number;
  #freedNow = 0;
  #nowMs = 0;
  readonly #requestsPerWrite: number;
  readonly #spareBuffers: WriteBuffer[] = [];
  readonly #writeBytes: number;
  readonly #readAnswer: AnswerReader;

  private constructor(share: SendShare, owner: SendOwner, firstTemplate: number) {
    [this.#share, this.#owner, this.#next] = [share, owner, firstTemplate % share.templates.length];
    this.#opaques = new Int32Array(share.slots);
    this.#rounds = new Int32Array(share.slots);
    this.#sinceMs = new Float64Array(share.slots);
    this.#freeSlots = Int32Array.from({ length: share.slots }, (_, slot) => slot);
    this.#free = share.slots;
    const frameBytes = share.templates.reduce((max, { sizeBytes }) => Math.max(max, sizeBytes), 0);
    this.#requestsPerWrite = Math.max(1, Math.min(share.slots, Math.floor(WRITE_BYTES_MAX / frameBytes)));
    this.#writeBytes = this.#requestsPerWrite * frameBytes;
    this.#readAnswer = new AnswerReader((answer) => this.#take(answer));
  }

  /** Connects. `firstTemplate` is where its turn through the templates begins. */
  static async open(
    address: ServerAddress,
    share: SendShare,
    owner: SendOwner,
    firstTemplate: number,
  ): Promise<SendConnection> {
    const connection = new SendConnection(share, owner, firstTemplate);
    const socket = await openSocket(address, (chunk, length) => connection.#read(chunk, length));
    connection.#socket = socket;
    socket.on('error', (error) => owner.lost(error));
    socket.on('close', () => owner.lost(new Error(`${address.host}:${address.port} closed a connection`)));
    return connection;
  }

  /** Slots without a request. */
  get free(): number {
    return this.#free;
  }

  get inFlight(): number {
    return this.#opaques.length - this.#free;
  }

  close(): void {
    this.#socket?.removeAllListeners('close');
    this.#socket?.destroy();
  }

  /** Writes a request of somebody else's, whose opaque is {@link OTHER_OPAQUE_BASE} or more. */
  writeOther(frame: Buffer): void {
    this.#socket?.write(frame);
  }

  /** Sends what slots and schedule allow, `max` at most; returns how many. Hot: all requests of a turn leave in one write. */
  send(max: number): number {
    const { schedule, clock } = this.#owner;
    const count = Math.min(max, this.#free, schedule.available);
    if (count <= 0) return 0;
    const nowMs = clock.monotonicMs();
    for (let sent = 0; sent < count;) {
      const piece = Math.min(count - sent, this.#requestsPerWrite);
      this.#write(piece, nowMs);
      sent += piece;
    }
    return count;
  }

  #write(count: number, nowMs: number): void {
    const buffer = this.#spareBuffers.pop() ?? this.#createBuffer();
    const { templates, isOneway } = this.#share;
    const slots = this.#opaques.length;
    let end = 0;
    for (let i = 0; i < count; i++) {
      const slot = this.#freeSlots[--this.#free] ?? 0;
      const round = this.#rounds[slot] ?? 0;
      const opaque = OPAQUE_BASE + round * slots + slot;
      this.#rounds[slot] = round + 1;
      this.#opaques[slot] = opaque;
      const sinceMs = this.#owner.schedule.take(nowMs);
      this.#sinceMs[slot] = sinceMs;
      const template = templates[this.#next];
      if (template === undefined) throw new Error('no template');
      this.#next = this.#next + 1 === templates.length ? 0 : this.#next + 1;
      end = template.copyTo(buffer.bytes, end, opaque, sinceMs);
      if (isOneway) this.#opaques[slot] = 0;
      if (i === 0) buffer.sinceMs = sinceMs;
    }
    buffer.requests = count;
    this.#socket?.write(buffer.bytes.subarray(0, end), buffer.written);
  }

  #createBuffer(): WriteBuffer {
    const buffer: WriteBuffer = {
      bytes: Buffer.allocUnsafeSlow(this.#writeBytes),
      requests: 0,
      sinceMs: 0,
      written: () => this.#written(buffer),
    };
    return buffer;
  }

  #written(buffer: WriteBuffer): void {
    if (!this.#share.isOneway) {
      this.#spareBuffers.push(buffer);
      return;
    }
    // In the next turn: a kernel that takes everything at once would let nothing else have one.
    setImmediate(() => {
      this.#spareBuffers.push(buffer);
      this.#nowMs = this.#owner.clock.monotonicMs();
      for (let i = 0; i < buffer.requests; i++) this.#stored(buffer.sinceMs);
      // Which slot is free does not matter where nothing is answered: opaques differ by its round.
      for (let i = 0; i < buffer.requests; i++) this.#freeSlots[this.#free++] = i;
      this.#owner.freed(this, buffer.requests);
    });
  }

  /** Hot: one look at the clock for all answers of a chunk; none of them could be seen sooner. */
  #read(chunk: Buffer, length: number): void {
    this.#nowMs = this.#owner.clock.monotonicMs();
    this.#freedNow = 0;
    this.#readAnswer.push(chunk, length);
    if (this.#freedNow > 0) this.#owner.freed(this, this.#freedNow);
  }

  #take(answer: Answer): void {
    const { opaque } = answer;
    if (opaque >= OTHER_OPAQUE_BASE) {
      this.#owner.otherAnswered(this, answer);
      return;
    }
    const slot = (opaque - OPAQUE_BASE) % this.#opaques.length;
    if (this.#opaques[slot] !== opaque) throw new Error(`an answer to opaque ${opaque}, which is not in flight`);
    this.#opaques[slot] = 0;
    this.#freeSlots[this.#free++] = slot;
    this.#freedNow++;
    if (answer.code === ResponseCode.SUCCESS) this.#stored(this.#sinceMs[slot] ?? 0);
    else this.#unusual(answer, slot);
  }

  #stored(sinceMs: number): void {
    const { recorder, countsAnswers } = this.#owner;
    this.#owner.storedRequests++;
    if (countsAnswers)
      recorder.answered(this.#nowMs - sinceMs, this.#share.messagesPerRequest, this.#share.bodyBytesPerRequest);
    else recorder.requests++;
  }

  #unusual(answer: Answer, slot: number): void {
    const { recorder } = this.#owner;
    const { messagesPerRequest } = this.#share;
    switch (answer.code) {
      // Stored, though not flushed or replicated as asked.
      case ResponseCode.FLUSH_DISK_TIMEOUT:
      case ResponseCode.SLAVE_NOT_AVAILABLE:
      case ResponseCode.FLUSH_SLAVE_TIMEOUT:
        recorder.late += messagesPerRequest;
        this.#stored(this.#sinceMs[slot] ?? 0);
        break;
      // Nothing was stored. Apache drops so what has waited for over 200 ms; real clients send again, and so does this one.
      case ResponseCode.SYSTEM_BUSY:
      case ResponseCode.SERVICE_NOT_AVAILABLE:
        recorder.refused += messagesPerRequest;
        this.#owner.schedule.sendAgain();
        break;
      default:
        recorder.failedWith(answer.code, messagesPerRequest, parseHeader(answer).remark ?? '');
    }
  }
}
