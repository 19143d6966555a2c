/**
 * Requests that the broker hands on to a client and whose answers it waits for. Main thread. Java: Broker2Client, AdminBrokerProcessor.callConsumer.
 * Invariant: every call ends: answered, when its time is up, or with the connection. Nothing else waits for it, and a client that does not
 * read gets no more of them, so that what waits for it stays bounded.
 */
import { RequestError } from '../base/errors.js';
import { oldVersionName, RELAY_VERSION } from '../remoting/mq-version.js';
import type { Connection } from '../remoting/connection.js';
import { createRequest, type RemotingCommand } from '../remoting/remoting-command.js';
import { RemotingTimeoutError } from '../remoting/remoting-error.js';
import { ResponseCode } from '../remoting/response-code.js';
import type { ConsumerManager } from './consumer-manager.js';

/** How long a client has for an answer; past it the asker is told so. Java: Broker2Client.callClient, as a constant. */
export const CALL_CLIENT_TIMEOUT_MS = 10_000;

/**
 * Sends a request of ours to a client. Rejects as `Connection.invoke`, and at once if the client does not read what it is sent.
 * Differs: Apache queues it without a bound.
 */
export function callClient(
  connection: Connection,
  request: RemotingCommand,
  timeoutMs = CALL_CLIENT_TIMEOUT_MS,
): Promise<RemotingCommand> {
  if (connection.isOpen && !connection.isWritable) {
    return Promise.reject(new Error(`${connection.remoteAddress} does not read what it is sent`));
  }
  return connection.invoke(request, timeoutMs);
}

/** The client that a request is for. */
export interface NamedConsumer {
  readonly consumerGroup: string;
  readonly clientId: string;
}

/** Gives the client's answer, whatever its code; throws RequestError if there is none. */
export async function callConsumer(
  consumers: Pick<ConsumerManager, 'group'>,
  { consumerGroup, clientId }: NamedConsumer,
  request: Pick<RemotingCommand, 'code' | 'extFields' | 'body'>,
): Promise<RemotingCommand> {
  const client = consumers.group(consumerGroup)?.client(clientId);
  if (client === undefined) {
    throw new RequestError(ResponseCode.SYSTEM_ERROR, `The Consumer <${consumerGroup}> <${clientId}> not online`);
  }
  if (client.version < RELAY_VERSION) {
    const version = oldVersionName(client.version);
    const remark = `The Consumer <${clientId}> Version <${version}> too low to finish, please upgrade it to V3_1_8_SNAPSHOT`;
    throw new RequestError(ResponseCode.SYSTEM_ERROR, remark);
  }
  try {
    return await callClient(client.connection, createRequest(request.code, request.extFields, request.body));
  } catch (error) {
    const who = `consumer <${consumerGroup}> <${clientId}>`;
    if (error instanceof RemotingTimeoutError) {
      throw new RequestError(ResponseCode.CONSUME_MSG_TIMEOUT, `${who} Timeout: ${error.message}`);
    }
    // Differs: Apache notices a connection that closes only when the time is up.
    const cause = error instanceof Error ? error.message : String(error);
    throw new RequestError(ResponseCode.SYSTEM_ERROR, `invoke ${who} Exception: ${cause}`);
  }
}
