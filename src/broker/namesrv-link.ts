/**
 * Registrations at one NameServer, one after the other. Main thread. Java: BrokerOuterAPI.registerBroker under registerBrokerAll's lock.
 * Invariant: at most one registration is on its way and one waits. The one that waits reads the topics when its turn comes, so it
 * says all that its callers wanted said; a NameServer with several threads cannot take an older state for the newer one.
 */
import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/log.js';
import { KVTable } from '../remoting/bodies/kv-table.js';
import { RegisterBrokerResponseHeader } from '../remoting/headers/register-broker-request-header.js';
import type { RemotingClient } from '../remoting/remoting-client.js';
import type { RemotingCommand } from '../remoting/remoting-command.js';
import { ResponseCode } from '../remoting/response-code.js';

/** Java: BrokerConfig.registerBrokerTimeoutMills. */
export const REGISTER_TIMEOUT_MS = 24_000;
/** A NameServer that takes longer is not waited for until it has been quicker again. */
export const SLOW_AFTER_MS = 2_000;

/** What a NameServer answered. */
export interface RegisterBrokerResult {
  /** Of the NameServer. */
  readonly address: string;
  /** Of this broker's master, if this is a slave and the master is there. */
  readonly masterAddr: string | undefined;
  readonly haServerAddr: string | undefined;
  /** `topic → brokerName:queues;…` of ordered topics; undefined if the NameServer has none. */
  readonly orderTopics: ReadonlyMap<string, string> | undefined;
}

/** One NameServer, as a broker sees it. */
export class NamesrvLink {
  readonly address: string;
  /** It was slow, or is being so now. */
  isSlow = false;
  readonly #client: Pick<RemotingClient, 'invoke'>;
  readonly #logger: Logger;
  readonly #clock: Clock;
  #last: Promise<unknown> = Promise.resolve();
  #waiting: Promise<RegisterBrokerResult | undefined> | undefined;

  constructor(address: string, client: Pick<RemotingClient, 'invoke'>, logger: Logger, clock: Clock) {
    this.address = address;
    this.#client = client;
    this.#logger = logger;
    this.#clock = clock;
  }

  /** Sends what `createRequest` makes when its turn comes. Undefined if that failed, which is logged; never rejects. */
  register(createRequest: () => RemotingCommand | undefined): Promise<RegisterBrokerResult | undefined> {
    if (this.#waiting !== undefined) return this.#waiting;
    const turn = this.#last.then(() => {
      this.#waiting = undefined;
      return this.#send(createRequest());
    });
    this.#waiting = turn;
    this.#last = turn;
    return turn;
  }

  /** Settles when no registration is on its way; at once if the NameServer is slow. */
  async settled(): Promise<void> {
    if (!this.isSlow) await this.#last;
  }

  async #send(request: RemotingCommand | undefined): Promise<RegisterBrokerResult | undefined> {
    if (request === undefined) return undefined;
    const { address } = this;
    const startMs = this.#clock.monotonicMs();
    try {
      const response = await this.#client.invoke(address, request, REGISTER_TIMEOUT_MS);
      if (response.code === ResponseCode.SUCCESS) return readResult(address, response);
      this.#logger.error('a NameServer refused the registration', {
        address,
        code: response.code,
        remark: response.remark,
      });
    } catch (error) {
      this.#logger.error('registering with a NameServer failed', { address, reason: reasonOf(error) });
    } finally {
      this.isSlow = this.#clock.monotonicMs() - startMs >= SLOW_AFTER_MS;
    }
    return undefined;
  }
}

/** Without a stack: that a NameServer is away is told every 30 s. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function readResult(address: string, response: RemotingCommand): RegisterBrokerResult {
  const { masterAddr, haServerAddr } = RegisterBrokerResponseHeader.decode(response.extFields);
  const orderTopics =
    response.body === undefined || response.body.length === 0 ? undefined : KVTable.decode(response.body).table;
  return { address, masterAddr, haServerAddr, orderTopics };
}
