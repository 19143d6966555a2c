/**
 * Request → processor → answer, the one place where failures of processors become response codes. Main thread.
 * Java: NettyRemotingAbstract.processRequestCommand and writeResponse.
 * Invariant: a request gets at most one answer from here, a oneway request none.
 */
import { AssertionError } from '../base/assert.js';
import { RequestError } from '../base/errors.js';
import type { Logger } from '../base/log.js';
import type { Connection, ProcessorTable } from './connection.js';
import { createResponse, FLAG_RESPONSE, isOneway, type RemotingCommand } from './remoting-command.js';
import { ResponseCode } from './response-code.js';

/** Calls the processor of a request's code and sends what it answers. */
export class RequestDispatcher {
  readonly #processors: ProcessorTable;
  readonly #logger: Logger;

  constructor(processors: ProcessorTable, logger: Logger) {
    this.#processors = processors;
    this.#logger = logger;
  }

  /** Bound, so that a connection can hold it. Throws AssertionError only. */
  readonly dispatch = (request: RemotingCommand, connection: Connection): void => {
    const processor = this.#processors.get(request.code);
    if (processor === undefined) {
      this.#refuseUnknown(request, connection);
      return;
    }
    // Hot: a processor that answers at once costs neither a promise nor a closure.
    try {
      const outcome = processor(request, connection);
      if (outcome === undefined) return;
      if (outcome instanceof Promise) this.#answerLater(outcome, request, connection);
      else answer(outcome, request, connection);
    } catch (error) {
      this.#answerError(error, request, connection);
    }
  };

  #answerLater(outcome: Promise<RemotingCommand | undefined>, request: RemotingCommand, connection: Connection): void {
    outcome.then(
      (response) => {
        if (response !== undefined) answer(response, request, connection);
      },
      (error: unknown) => this.#answerError(error, request, connection),
    );
  }

  #answerError(error: unknown, request: RemotingCommand, connection: Connection): void {
    if (error instanceof RequestError) {
      answer(createResponse(request, error.code, error.message), request, connection);
      return;
    }
    // Our own bug ends the thread.
    if (error instanceof AssertionError) throw error;
    const { remoteAddress } = connection;
    this.#logger.error('a processor failed', { code: request.code, opaque: request.opaque, remoteAddress, error });
    const remark = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    answer(createResponse(request, ResponseCode.SYSTEM_ERROR, remark), request, connection);
  }

  #refuseUnknown(request: RemotingCommand, connection: Connection): void {
    // Compat: Apache's remark begins with a space.
    const remark = ` request type ${request.code} not supported`;
    this.#logger.warn(`${connection.remoteAddress}${remark}`);
    answer(createResponse(request, ResponseCode.REQUEST_CODE_NOT_SUPPORTED, remark), request, connection);
  }
}

function answer(response: RemotingCommand, request: RemotingCommand, connection: Connection): void {
  if (isOneway(request)) return;
  // A processor may hand on an answer that it got from elsewhere.
  response.opaque = request.opaque;
  response.flag = FLAG_RESPONSE;
  response.serializeType = request.serializeType;
  connection.write(response);
}
