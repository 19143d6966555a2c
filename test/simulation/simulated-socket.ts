/**
 * One end of a connection in a simulated network: a small buffer in the process, and bytes on their way to the other end. Java: none.
 * Invariant: what arrives is a beginning of what was written, in order. Once closed it says nothing more but `close`, once.
 */
import type { HaSocket } from '#src/ha/ha-network.js';

/** What stands at the end of a stream. */
type StreamEnd = 'fin' | 'reset';

/** Sizes of the buffers of every connection. */
export interface SocketSizes {
  /** Most bytes that a direction of a connection holds outside of the processes. */
  readonly wireBytesMax: number;
  /** Past it a socket needs a drain. */
  readonly sendBufferBytesMax: number;
}

interface Listeners {
  data: (chunk: Buffer) => void;
  error: (error: Error) => void;
  connect: () => void;
  drain: () => void;
  close: () => void;
}

/** An end. */
export class SimulatedSocket implements HaSocket {
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** The other end, once it is connected. */
  peer: SimulatedSocket | undefined;
  /** Sees what is written to it, before anybody else. */
  onWrite: ((bytes: Buffer) => void) | undefined;
  readonly #sizes: SocketSizes;
  #listeners: Partial<Listeners> = {};
  /** In the process. */
  #unsent = Buffer.alloc(0);
  /** On their way, to the other end. */
  #wire = Buffer.alloc(0);
  #wireEnd: StreamEnd | undefined;
  #needsDrain = false;
  #isPaused = false;
  #isClosed = false;
  #endsAfterUnsent = false;
  /** Nothing that is written from now on goes anywhere. */
  #isCut = false;
  /** Its machine has lost its memory of it. */
  #isForgotten = false;

  constructor(remoteAddress: string, remotePort: number, sizes: SocketSizes) {
    this.remoteAddress = remoteAddress;
    this.remotePort = remotePort;
    this.#sizes = sizes;
  }

  get writableLength(): number {
    return this.#unsent.length;
  }

  get writableNeedDrain(): boolean {
    return this.#needsDrain;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  on<Event extends keyof Listeners>(event: Event, listener: Listeners[Event]): this {
    this.#listeners[event] = listener;
    return this;
  }

  cork(): void {
    // Every write may be cut into pieces and put together with others anyway.
  }

  uncork(): void {
    // See cork.
  }

  write(bytes: Buffer): boolean {
    if (this.#isClosed) return false;
    this.onWrite?.(bytes);
    this.#unsent = Buffer.concat([this.#unsent, bytes]);
    this.#fillWire();
    if (this.#unsent.length >= this.#sizes.sendBufferBytesMax) this.#needsDrain = true;
    return !this.#needsDrain;
  }

  end(bytes: Buffer): void {
    this.write(bytes);
    this.#endsAfterUnsent = true;
    this.#fillWire();
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
  }

  /** What the operating system has still goes to the other end. */
  destroy(): void {
    if (this.#isClosed) return;
    this.#finish();
    this.#close();
  }

  /** The machine is gone, with all it knew of connections: nobody is told. */
  forget(): void {
    this.#isForgotten = true;
    this.#isClosed = true;
    this.#listeners = {};
  }

  /** It is connected. */
  establish(peer: SimulatedSocket): void {
    this.peer = peer;
    if (!this.#isClosed) this.#listeners.connect?.();
  }

  /** It cannot be connected, or was reset. */
  fail(code: string): void {
    if (this.#isClosed) return;
    this.#finish();
    this.#listeners.error?.(Object.assign(new Error(code), { code }));
    this.#close();
  }

  /** From now on nothing goes to the other end but, if it is kept, what is on its way. */
  cut(isWireKept: boolean, end: StreamEnd | undefined): void {
    if (!isWireKept) this.#wire = Buffer.alloc(0);
    this.#isCut = true;
    this.#wireEnd = end;
  }

  /** True when something that is on its way to the other end can arrive. */
  get canDeliver(): boolean {
    const { peer } = this;
    if (peer === undefined) return false;
    return this.#wire.length > 0 ? peer.#isClosed || !peer.#isPaused : this.#wireEnd !== undefined;
  }

  /** So many bytes, or the end of the stream, arrive. */
  deliver(bytesMax: number): void {
    const { peer } = this;
    if (peer === undefined) return;
    if (this.#wire.length === 0) {
      const end = this.#wireEnd;
      this.peer = undefined;
      if (end === 'reset') peer.fail('ECONNRESET');
      else peer.destroy();
      return;
    }
    const chunk = Buffer.from(this.#wire.subarray(0, bytesMax));
    this.#wire = this.#wire.subarray(chunk.length);
    if (!this.#isCut) this.#fillWire();
    // A machine that has no such connection says so; for one that is closed the end of the stream is on its way.
    if (peer.#isForgotten) this.fail('ECONNRESET');
    if (peer.#isClosed) return;
    peer.#listeners.data?.(chunk);
    if (!this.#isClosed && this.#needsDrain && this.#unsent.length === 0) {
      this.#needsDrain = false;
      this.#listeners.drain?.();
    }
  }

  /** Bytes on their way to the other end. */
  get wireBytes(): number {
    return this.#wire.length;
  }

  #fillWire(): void {
    if (this.#isCut) return;
    const room = Math.max(0, this.#sizes.wireBytesMax - this.#wire.length);
    if (room > 0 && this.#unsent.length > 0) {
      this.#wire = Buffer.concat([this.#wire, this.#unsent.subarray(0, room)]);
      this.#unsent = this.#unsent.subarray(Math.min(room, this.#unsent.length));
    }
    if (this.#endsAfterUnsent && this.#unsent.length === 0) this.#finish();
  }

  #finish(): void {
    if (!this.#isCut) this.#wireEnd ??= 'fin';
  }

  #close(): void {
    this.#isClosed = true;
    this.#unsent = Buffer.alloc(0);
    const { close } = this.#listeners;
    this.#listeners = {};
    if (close !== undefined) queueMicrotask(close);
  }
}
