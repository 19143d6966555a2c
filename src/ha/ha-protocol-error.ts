/** The other end of a replication connection breaks the protocol or cannot be followed: logged once, the connection is closed. HA thread. */

/** Its message says what came and what was expected. */
export class HaProtocolError extends Error {
  override readonly name = 'HaProtocolError';
}
