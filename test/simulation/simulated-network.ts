/**
 * A network in memory between simulated brokers: it delays, cuts into pieces, loses connections with or without telling, and parts brokers.
 * Java: none.
 * Invariant: bytes of one connection never change their order; nothing moves but by `deliver`. What it does follows from the random numbers it is given.
 */
import type { HaListener, HaListenOptions, HaNetwork } from '#src/ha/ha-network.js';

import type { Random } from './random.js';
import { SimulatedSocket, type SocketSizes } from './simulated-socket.js';

/** The port that every broker listens on. */
const PORT = 10_912;

interface Connection {
  readonly from: string;
  readonly to: string;
  readonly client: SimulatedSocket;
  /** Undefined while it is not accepted. */
  server: SimulatedSocket | undefined;
}

/** What one process sees of the network. */
export class SimulatedHost implements HaNetwork {
  readonly name: string;
  /** Sees the reports of this broker as a slave, as they are written. */
  onReport: ((bytes: Buffer) => void) | undefined;
  readonly #network: SimulatedNetwork;

  constructor(network: SimulatedNetwork, name: string) {
    this.#network = network;
    this.name = name;
  }

  connect(host: string): SimulatedSocket {
    const socket = this.#network.connect(this.name, host);
    socket.onWrite = (bytes) => this.onReport?.(bytes);
    return socket;
  }

  listen(options: HaListenOptions): Promise<HaListener> {
    this.#network.listen(this.name, options);
    return Promise.resolve({ port: PORT, close: () => this.#network.unlisten(this.name, options) });
  }
}

/** All of it. */
export class SimulatedNetwork {
  readonly #sizes: SocketSizes;
  readonly #listeners = new Map<string, HaListenOptions>();
  #connections: Connection[] = [];
  readonly #off = new Set<string>();
  readonly #parted = new Set<string>();

  constructor(sizes: SocketSizes) {
    this.#sizes = sizes;
  }

  /** Where a broker listens, as it is said to slaves. */
  static addressOf(name: string): string {
    return `${name}:${PORT}`;
  }

  /** A process of this name is there. */
  host(name: string): SimulatedHost {
    this.#off.delete(name);
    return new SimulatedHost(this, name);
  }

  connect(from: string, to: string): SimulatedSocket {
    const client = new SimulatedSocket(to, PORT, this.#sizes);
    this.#connections.push({ from, to, client, server: undefined });
    return client;
  }

  listen(name: string, options: HaListenOptions): void {
    this.#listeners.set(name, options);
  }

  unlisten(name: string, options: HaListenOptions): void {
    if (this.#listeners.get(name) === options) this.#listeners.delete(name);
  }

  /** A process ends. Its operating system closes its connections; after a power cut nobody does. */
  end(name: string, isPowerCut: boolean): void {
    this.#listeners.delete(name);
    for (const { from, to, client, server } of this.#connections) {
      const own = [from === name ? client : undefined, to === name ? server : undefined];
      for (const socket of own) {
        if (isPowerCut) socket?.forget();
        else socket?.destroy();
      }
    }
    if (isPowerCut) this.#off.add(name);
  }

  /** Lets up to `count` things arrive, any of those that can; returns how many did. */
  deliver(count: number, random: Random): number {
    for (let delivered = 0; delivered < count; delivered++) {
      const ready = this.#ready();
      if (ready.length === 0) return delivered;
      random.pick(ready)(random);
    }
    return count;
  }

  /** Breaks the connections between two brokers: each end is told at once, later or never, and what is on its way arrives or does not. */
  cut(a: string, b: string, random: Random): void {
    for (const { from, to, client, server } of this.#connections) {
      if (!isBetween(from, to, a, b) || server === undefined) continue;
      for (const [socket, other] of [
        [client, server],
        [server, client],
      ] as const) {
        const told = random.pick(['now', 'later', 'later', 'never'] as const);
        socket.cut(random.chance(0.5), told === 'later' ? 'reset' : undefined);
        if (told === 'now') other.fail('ECONNRESET');
      }
    }
  }

  /** True while both ends of a connection of a slave to its master are there, as far as they know themselves. */
  isConnected(slave: string, master: string): boolean {
    return this.#connections.some(
      ({ from, to, client, server }) =>
        from === slave && to === master && !client.isClosed && server?.isClosed === false && server.peer === client,
    );
  }

  /** Nothing passes between two brokers until `heal`. */
  part(a: string, b: string): void {
    this.#parted.add(`${a} ${b}`);
  }

  /** All brokers reach each other; what was held back goes on. */
  heal(): void {
    this.#parted.clear();
  }

  #isOpen(from: string, to: string): boolean {
    return !this.#parted.has(`${from} ${to}`) && !this.#parted.has(`${to} ${from}`) && !this.#off.has(to);
  }

  #ready(): ((random: Random) => void)[] {
    this.#connections = this.#connections.filter(({ client, server }) => !isOver(client) || !isOver(server));
    const ready: ((random: Random) => void)[] = [];
    for (const connection of this.#connections) {
      const { from, to, client, server } = connection;
      if (server === undefined) {
        if (this.#isOpen(from, to)) ready.push(() => this.#accept(connection));
        continue;
      }
      if (client.canDeliver && this.#isOpen(from, to)) ready.push((random) => deliverPart(client, random));
      if (server.canDeliver && this.#isOpen(to, from)) ready.push((random) => deliverPart(server, random));
    }
    return ready;
  }

  #accept(connection: Connection): void {
    const { from, to, client } = connection;
    const listener = this.#listeners.get(to);
    const server = new SimulatedSocket(from, PORT, this.#sizes);
    connection.server = server;
    server.peer = client;
    if (listener === undefined || client.isClosed) {
      server.forget();
      client.fail('ECONNREFUSED');
      return;
    }
    listener.onSocket(server);
    client.establish(server);
  }
}

/** Nothing comes from it any more. */
function isOver(socket: SimulatedSocket | undefined): boolean {
  return socket !== undefined && socket.isClosed && !socket.canDeliver;
}

function isBetween(from: string, to: string, a: string, b: string): boolean {
  return (from === a && to === b) || (from === b && to === a);
}

/** A byte, a few, or all that there is. */
function deliverPart(socket: SimulatedSocket, random: Random): void {
  const bytes = socket.wireBytes;
  const sizes = [
    1,
    random.between(1, Math.max(1, Math.min(40, bytes))),
    random.between(1, Math.max(1, bytes)),
    bytes,
    bytes,
  ];
  socket.deliver(Math.max(1, random.pick(sizes)));
}
