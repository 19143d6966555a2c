/**
 * Which groups the client on a connection is in, so that all of them hear when it closes. Main thread.
 * Java: ClientChannelAttributeHelper.
 * Invariant: a connection is watched once, from its first group on, and forgotten when it has closed.
 */
import type { Connection } from '../remoting/connection.js';

/** Group names by connection. */
export class ConnectionGroups {
  readonly #groups = new Map<Connection, Set<string>>();
  readonly #onClose: (connection: Connection) => void;

  /** `onClose` is called when a connection with groups has closed; it takes them with `takeAll`. */
  constructor(onClose: (connection: Connection) => void) {
    this.#onClose = onClose;
  }

  /** The client on this connection is in `group` from now on. */
  add(connection: Connection, group: string): void {
    const known = this.#groups.get(connection);
    if (known !== undefined) {
      known.add(group);
      return;
    }
    this.#groups.set(connection, new Set([group]));
    connection.onClose(() => this.#onClose(connection));
  }

  /** The client left one group and keeps its connection. */
  delete(connection: Connection, group: string): void {
    this.#groups.get(connection)?.delete(group);
  }

  /** The connection's groups, once. */
  takeAll(connection: Connection): Iterable<string> {
    const groups = this.#groups.get(connection) ?? [];
    this.#groups.delete(connection);
    return groups;
  }
}
