/**
 * One request or response of the remoting protocol, decoded. Main thread. Java: RemotingCommand.
 * Invariant: `body` is a view into the connection's read buffer while a request is being processed; whoever keeps it
 * past the processor's first return copies it.
 */
import { CURRENT_VERSION } from './mq-version.js';

/** How a header was serialised; a response uses its request's. */
export const SerializeType = { JSON: 0, ROCKETMQ: 1 } as const;
/** One of {@link SerializeType}. */
export type SerializeType = (typeof SerializeType)[keyof typeof SerializeType];

/** Bit 0 of `flag`: this is a response. */
export const FLAG_RESPONSE = 1;
/** Bit 1 of `flag`: no answer is wanted. */
export const FLAG_ONEWAY = 2;

/** Header fields as they travel: always strings. */
export type ExtFields = Record<string, string>;

/** A decoded command; mutable while it is being built, then handed to a connection. */
export interface RemotingCommand {
  code: number;
  /** Java's LanguageCode by name: `JAVA`, `GO`, … */
  language: string;
  /** MQVersion ordinal of the sender. */
  version: number;
  opaque: number;
  flag: number;
  remark: string | undefined;
  extFields: ExtFields | undefined;
  body: Buffer | undefined;
  serializeType: SerializeType;
}

/** Makes a request; the connection or client that sends it assigns `opaque`. */
export function createRequest(code: number, extFields?: ExtFields, body?: Buffer): RemotingCommand {
  return {
    code,
    language: 'JAVA',
    version: CURRENT_VERSION,
    opaque: 0,
    flag: 0,
    remark: undefined,
    extFields,
    body,
    serializeType: SerializeType.JSON,
  };
}

/**
 * Makes the response to `request`, with its opaque and serialisation. The oneway bit stays set, by which a connection knows
 * that nobody waits for it and drops it: whoever answers late need not ask.
 */
export function createResponse(
  request: RemotingCommand,
  code: number,
  remark?: string,
  extFields?: ExtFields,
  body?: Buffer,
): RemotingCommand {
  return {
    code,
    language: 'JAVA',
    version: CURRENT_VERSION,
    opaque: request.opaque,
    flag: FLAG_RESPONSE | (request.flag & FLAG_ONEWAY),
    remark,
    extFields,
    body,
    serializeType: request.serializeType,
  };
}

/** True for an answer, false for a request. */
export function isResponse(command: RemotingCommand): boolean {
  return (command.flag & FLAG_RESPONSE) !== 0;
}

/** True if the sender of a request wants no answer, or for an answer that nobody waits for. */
export function isOneway(command: RemotingCommand): boolean {
  return (command.flag & FLAG_ONEWAY) !== 0;
}
