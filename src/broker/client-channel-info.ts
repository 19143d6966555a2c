/** A client as a member of one group: its id, what it is, and its connection. Main thread. Java: ClientChannelInfo. */
import type { Connection } from '../remoting/connection.js';

/** One client in one group. A process that produces and consumes on one connection is in several. */
export interface ClientChannelInfo {
  readonly connection: Connection;
  readonly clientId: string;
  /** Java's LanguageCode by name. */
  readonly language: string;
  /** MQVersion ordinal. */
  readonly version: number;
  /** When its last heartbeat came. */
  lastUpdateMs: number;
}
