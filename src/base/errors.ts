/**
 * The kinds of failure that are told apart by type. Any thread.
 * A request that cannot be done is answered; a peer that breaks the protocol is cut off; a wrong setting stops the start.
 */

/** The request cannot be done: answered with `code` (a `ResponseCode`) and the message as remark; the connection lives. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly code: number;

  constructor(code: number, remark: string, options?: ErrorOptions) {
    super(remark, options);
    this.code = code;
  }
}

/** The peer broke the protocol: logged once, and the connection is closed. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}

/** A setting has a wrong value. The message names the key, the value and what is allowed; the process does not start. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}
