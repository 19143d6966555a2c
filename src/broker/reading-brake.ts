/**
 * Stops reading from all clients while the store has no room, so that what is on its way waits in their sockets and not in our memory.
 * Main thread. Java: none (Apache answers SYSTEM_BUSY).
 */
import type { Connection } from '../remoting/connection.js';

/** The connections that the brake works on. */
export interface BrakedServer {
  connections(): Iterable<Connection>;
  onConnection(listener: (connection: Connection) => void): void;
}

/** One brake for one server. */
export class ReadingBrake {
  #server: BrakedServer | undefined;
  #paused: Set<Connection> | undefined;

  /** From here on the brake works on `server`'s connections, those to come too. */
  attach(server: BrakedServer): void {
    this.#server = server;
    server.onConnection((connection) => this.#pause(connection));
  }

  /** Bound: `true` stops reading, `false` goes on. */
  readonly set = (isHigh: boolean): void => {
    if (isHigh === (this.#paused !== undefined)) return;
    const paused = this.#paused;
    this.#paused = isHigh ? new Set() : undefined;
    if (isHigh) for (const connection of this.#server?.connections() ?? []) this.#pause(connection);
    if (paused !== undefined) for (const connection of paused) connection.resumeReading();
  };

  #pause(connection: Connection): void {
    if (this.#paused === undefined) return;
    this.#paused.add(connection);
    connection.pauseReading();
    connection.onClose(() => this.#paused?.delete(connection));
  }
}
