/**
 * A link between a slave and its master that does what networks do: cuts connections after some bytes, stops passing anything on without closing
 * (half-open), holds bytes back, splits them into single ones, delivers what a cut connection had under way after the next one has begun.
 * All by a seed and by the bytes that pass, never by time.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** What a link does to a connection. */
export type LinkFault = 'none' | 'cut' | 'half-open' | 'single bytes' | 'held back' | 'late after cut';

/** What the next connection suffers, and after how many bytes of the master's. */
export interface LinkPlan {
  readonly fault: LinkFault;
  readonly afterBytes: number;
}

interface Link {
  readonly slave: Socket;
  readonly master: Socket;
  readonly plan: LinkPlan;
  passedBytes: number;
  /** Held back, in order. */
  held: Buffer[];
  isBroken: boolean;
}

/** The proxy. */
export class LinkProxy {
  readonly #server: Server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
  readonly #masterPort: number;
  readonly #nextPlan: () => LinkPlan;
  readonly #links = new Set<Link>();
  /** Connections that were broken or silenced, by fault. */
  readonly faults = new Map<LinkFault, number>();
  #late: Link | undefined;

  constructor(masterPort: number, nextPlan: () => LinkPlan) {
    this.#masterPort = masterPort;
    this.#nextPlan = nextPlan;
  }

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Lets go of what is held back. */
  release(): void {
    for (const link of this.#links) {
      if (link.plan.fault !== 'held back') continue;
      for (const chunk of link.held.splice(0)) link.slave.write(chunk);
    }
  }

  close(): void {
    this.#server.close();
    for (const { slave, master } of this.#links) {
      slave.destroy();
      master.destroy();
    }
  }

  #accept(slave: Socket): void {
    const master = connect({ host: '127.0.0.1', port: this.#masterPort, noDelay: true });
    const link: Link = { slave, master, plan: this.#nextPlan(), passedBytes: 0, held: [], isBroken: false };
    this.#links.add(link);
    const end = (): void => {
      this.#links.delete(link);
      slave.destroy();
      // A master may believe in a connection for a while that is long gone.
      if (link.plan.fault !== 'half-open') master.destroy();
    };
    slave.on('error', () => undefined).on('close', end);
    master.on('error', () => undefined).on('close', end);
    slave.on('data', (chunk: Buffer) => {
      if (!link.isBroken) master.write(chunk);
    });
    master.on('data', (chunk: Buffer) => this.#pass(link, chunk));
    this.#deliverLate();
  }

  #pass(link: Link, chunk: Buffer): void {
    if (link.isBroken) return;
    const { fault, afterBytes } = link.plan;
    const before = link.passedBytes;
    link.passedBytes += chunk.length;
    const whole = fault === 'none' || link.passedBytes < afterBytes;
    if (whole) this.#write(link, chunk);
    else this.#suffer(link, chunk, Math.max(0, afterBytes - before));
  }

  #suffer(link: Link, chunk: Buffer, passed: number): void {
    const { fault } = link.plan;
    if (fault === 'held back') {
      link.held.push(chunk);
      this.#count(fault);
      return;
    }
    if (fault === 'single bytes') {
      this.#write(link, chunk);
      this.#count(fault);
      return;
    }
    link.slave.write(chunk.subarray(0, passed));
    link.isBroken = true;
    this.#count(fault);
    if (fault === 'half-open') return;
    if (fault === 'late after cut') {
      link.held = [chunk.subarray(passed)];
      this.#late = link;
    }
    link.slave.end();
    link.master.destroy();
  }

  /** What was under way on the connection before comes on its socket now, if that still takes anything. */
  #deliverLate(): void {
    const late = this.#late;
    this.#late = undefined;
    if (late === undefined) return;
    for (const chunk of late.held.splice(0)) if (late.slave.writable) late.slave.write(chunk);
  }

  #write(link: Link, chunk: Buffer): void {
    if (link.plan.fault !== 'single bytes') {
      link.slave.write(chunk);
      return;
    }
    for (let at = 0; at < chunk.length; at++) link.slave.write(chunk.subarray(at, at + 1));
  }

  #count(fault: LinkFault): void {
    this.faults.set(fault, (this.faults.get(fault) ?? 0) + 1);
  }
}
