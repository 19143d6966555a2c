/**
 * Tells all NameServers of this broker: at the start, every 30 s, when a topic changes, and at the end. Main thread.
 * Java: BrokerOuterAPI, BrokerController.registerBrokerAll.
 * Invariant: a registration says the whole state, so that one that got lost is made good by the next.
 */
import type { Clock, TimerHandle } from '../base/clock.js';
import type { Logger } from '../base/log.js';
import type { DataVersion } from '../remoting/bodies/data-version.js';
import { RegisterBrokerBody, registerBrokerCrc32 } from '../remoting/bodies/register-broker-body.js';
import type { TopicConfig } from '../remoting/bodies/topic-config-serialize-wrapper.js';
import { RegisterBrokerRequestHeader } from '../remoting/headers/register-broker-request-header.js';
import { UnRegisterBrokerRequestHeader } from '../remoting/headers/un-register-broker-request-header.js';
import type { RemotingClient } from '../remoting/remoting-client.js';
import { createRequest, type RemotingCommand } from '../remoting/remoting-command.js';
import { RequestCode } from '../remoting/request-code.js';
import { ResponseCode } from '../remoting/response-code.js';
import { NamesrvLink, reasonOf, SLOW_AFTER_MS, type RegisterBrokerResult } from './namesrv-link.js';

/** Java: BrokerConfig.registerNameServerPeriod, and the bounds that BrokerController puts on it. */
const REGISTER_PERIOD_MS = 30_000;
const REGISTER_PERIOD_MIN_MS = 10_000;
const REGISTER_PERIOD_MAX_MS = 60_000;
const UNREGISTER_TIMEOUT_MS = 3_000;
/** Read and write: topics are told as they are. */
const FULL_PERMISSION = 6;

/** Who this broker is, to NameServers and clients. */
export interface BrokerIdentity {
  readonly clusterName: string;
  readonly brokerName: string;
  readonly brokerId: number;
  /** `host:port` that clients are to connect to. */
  readonly brokerAddr: string;
  /** `host:port` that slaves are to connect to. */
  readonly haServerAddr: string;
  /** Java: BrokerConfig.brokerPermission. What it lacks, no topic has. */
  readonly brokerPermission: number;
  /** The group's slaves act for a lost master, and NameServers take this broker out after so much silence, ms. */
  readonly acting: { readonly heartbeatTimeoutMillis: number } | undefined;
}

/** All topics, as of one data version. */
export interface RegisteredTopics {
  readonly topicConfigTable: ReadonlyMap<string, TopicConfig>;
  readonly dataVersion: DataVersion;
}

/** What the registrations are made of; the functions are asked again for each. */
export interface BrokerOuterApiOptions {
  readonly client: Pick<RemotingClient, 'invoke'>;
  readonly namesrvAddresses: () => readonly string[];
  readonly identity: () => BrokerIdentity;
  readonly topics: () => RegisteredTopics;
  /** True while NameServers are not to be told of this broker. */
  readonly isIsolated: () => boolean;
  /** Told of the answers to every registration; none came when the list is empty. */
  readonly onRegistered?: (results: readonly RegisterBrokerResult[]) => void;
  /** Called with each NameServer's ordered topics, when it names any. */
  readonly onOrderTopics: (topics: Iterable<string>) => void;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** The broker's side of REGISTER_BROKER (103) and UNREGISTER_BROKER (104). */
export class BrokerOuterApi {
  readonly #options: BrokerOuterApiOptions;
  readonly #links = new Map<string, NamesrvLink>();
  #timer: TimerHandle | undefined;
  #isStopped = false;
  /** The topics as they were registered last. */
  #encoded: { readonly version: string; readonly body: Buffer } | undefined;

  constructor(options: BrokerOuterApiOptions) {
    this.#options = options;
  }

  /** Registers again every `periodMs`, which is kept between 10 and 60 s. The first registration is the caller's `registerAll`. */
  start(periodMs: number = REGISTER_PERIOD_MS): void {
    const boundedMs = Math.min(Math.max(periodMs, REGISTER_PERIOD_MIN_MS), REGISTER_PERIOD_MAX_MS);
    this.#timer = this.#options.clock.every(boundedMs, () => void this.registerAll());
  }

  /**
   * Registers the present state with all NameServers at once. Settles when all have answered or failed, or after 2 s; a NameServer
   * that made it wait so long is told all the same but not waited for until it answers in time. Gives the answers that came;
   * never rejects. Once it has settled, clients of the NameServers that answered see the topics.
   */
  async registerAll(): Promise<RegisterBrokerResult[]> {
    const results: RegisterBrokerResult[] = [];
    if (this.#options.isIsolated()) return results;
    const pending = new Set<NamesrvLink>();
    const links = this.#currentLinks();
    const isAnyQuick = links.some((link) => !link.isSlow);
    const awaited: Promise<void>[] = [];
    for (const link of links) {
      if (!link.isSlow) pending.add(link);
      const attempt = link
        .register(() => this.#createRegisterRequest())
        .then((result) => {
          pending.delete(link);
          if (result !== undefined) results.push(result);
          if (result?.orderTopics !== undefined) this.#options.onOrderTopics(result.orderTopics.keys());
        });
      if (!link.isSlow || !isAnyQuick) awaited.push(attempt);
    }
    await this.#within(SLOW_AFTER_MS, Promise.all(awaited));
    for (const link of pending) link.isSlow = true;
    if (!this.#isStopped) this.#options.onRegistered?.(results);
    return results;
  }

  /** No registration is sent from now on. */
  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  /** Stops, and takes this broker out at all NameServers; after 3 s at most. Never rejects. */
  async unregisterAll(): Promise<void> {
    this.stop();
    await this.unregisterAddress(this.#options.identity().brokerAddr);
  }

  /** Takes an address of this broker out at all NameServers, which may hold it under another one later; after 3 s at most. Never rejects. */
  async unregisterAddress(brokerAddr: string): Promise<void> {
    const links = this.#currentLinks();
    const { clusterName, brokerName, brokerId } = this.#options.identity();
    const header = { clusterName, brokerName, brokerId, brokerAddr };
    await this.#within(UNREGISTER_TIMEOUT_MS, Promise.all(links.map((link) => this.#unregister(link, header))));
  }

  async #unregister(link: NamesrvLink, header: UnRegisterBrokerRequestHeader): Promise<void> {
    const { client, logger } = this.#options;
    const { address } = link;
    await link.settled();
    try {
      const request = createRequest(RequestCode.UNREGISTER_BROKER, UnRegisterBrokerRequestHeader.encode(header));
      const { code, remark } = await client.invoke(address, request, UNREGISTER_TIMEOUT_MS);
      if (code !== ResponseCode.SUCCESS)
        logger.warn('a NameServer refused to unregister this broker', { address, code, remark });
    } catch (error) {
      logger.warn('unregistering from a NameServer failed', { address, reason: reasonOf(error) });
    }
  }

  #currentLinks(): NamesrvLink[] {
    const { client, namesrvAddresses, logger, clock } = this.#options;
    const addresses = new Set(namesrvAddresses());
    for (const address of this.#links.keys()) if (!addresses.has(address)) this.#links.delete(address);
    for (const address of addresses) {
      if (!this.#links.has(address)) this.#links.set(address, new NamesrvLink(address, client, logger, clock));
    }
    return [...this.#links.values()];
  }

  #createRegisterRequest(): RemotingCommand | undefined {
    if (this.#isStopped) return undefined;
    const { brokerPermission, acting, ...identity } = this.#options.identity();
    const body = this.#encodedTopics(this.#options.topics(), brokerPermission);
    const enableActingMaster = acting !== undefined;
    const header = {
      ...identity,
      ...acting,
      enableActingMaster,
      compressed: false,
      bodyCrc32: registerBrokerCrc32(body),
    };
    return createRequest(RequestCode.REGISTER_BROKER, RegisterBrokerRequestHeader.encode(header), body);
  }

  /** The body is kept until a topic changes: ten thousand topics take 30 ms to encode, which nobody is to wait for every 30 s. */
  #encodedTopics({ topicConfigTable, dataVersion }: RegisteredTopics, brokerPermission: number): Buffer {
    const { stateVersion, timestamp, counter } = dataVersion;
    const version = [stateVersion, timestamp, counter, topicConfigTable.size, brokerPermission].join();
    if (this.#encoded?.version === version) return this.#encoded.body;
    const body = RegisterBrokerBody.encode({
      filterServerList: [],
      topicConfigSerializeWrapper: {
        dataVersion,
        // Apache's NameServers would make up a data version of their own time.
        mappingDataVersion: { counter: 0, stateVersion: 0, timestamp: 0 },
        topicConfigTable: withPermission(topicConfigTable, brokerPermission),
        topicQueueMappingDetailMap: {},
        topicQueueMappingInfoMap: {},
      },
    });
    this.#encoded = { version, body };
    return body;
  }

  async #within(limitMs: number, work: Promise<unknown>): Promise<void> {
    let timer: TimerHandle | undefined;
    const limit = new Promise<void>((resolve) => {
      timer = this.#options.clock.after(limitMs, resolve);
    });
    await Promise.race([work, limit]);
    timer?.cancel();
  }
}

function withPermission(topics: ReadonlyMap<string, TopicConfig>, brokerPermission: number): Map<string, TopicConfig> {
  if ((brokerPermission & FULL_PERMISSION) === FULL_PERMISSION) return new Map(topics);
  return new Map([...topics].map(([name, topic]) => [name, { ...topic, perm: topic.perm & brokerPermission }]));
}
