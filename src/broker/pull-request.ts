/**
 * One pull from its arrival to its answer, which may be many seconds apart. Main thread. Java: PullRequest.
 * Invariant: it is in one place at a time: being served, waiting in the gate, or held for a message.
 */
import type { Connection } from '../remoting/connection.js';
import type { PullMessageRequestHeader } from '../remoting/headers/pull-message-request-header.js';
import type { RemotingCommand } from '../remoting/remoting-command.js';
import type { PullFilter } from './pull-filter.js';

/** A pull on its way; `filter` is set whenever it is served. */
export interface PullRequest {
  readonly request: RemotingCommand;
  readonly connection: Connection;
  readonly header: PullMessageRequestHeader;
  filter: PullFilter;
  /** False from the first hold on: it is answered next time, whatever the store says, and commits no offset again. */
  maySuspend: boolean;
  /** On the monotonic clock; meaningful while held. */
  heldUntilMs: number;
}
