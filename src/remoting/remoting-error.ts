/**
 * How a request of ours can fail without an answer. Main thread.
 * Java: RemotingTimeoutException, RemotingSendRequestException, RemotingConnectException.
 */

/** No answer within the time given; a late one is dropped. */
export class RemotingTimeoutError extends Error {
  override readonly name = 'RemotingTimeoutError';

  constructor(address: string, code: number, timeoutMs: number) {
    super(`no answer from ${address} to request ${code} within ${timeoutMs} ms`);
  }
}

/** The connection closed before the answer came, or was closed already. */
export class ConnectionClosedError extends Error {
  override readonly name = 'ConnectionClosedError';

  constructor(address: string, reason: string) {
    super(`connection to ${address} is closed: ${reason}`);
  }
}

/** No connection could be made. */
export class RemotingConnectError extends Error {
  override readonly name = 'RemotingConnectError';

  constructor(address: string, reason: string, options?: ErrorOptions) {
    super(`cannot connect to ${address}: ${reason}`, options);
  }
}
