/**
 * A slave takes over what its master knows beside the log: topics, groups, offsets of consumers and of the delay levels, request
 * modes. Main thread. Java: SlaveSynchronize.
 * Invariant: a table is taken over whole and only if its data version is another; what fails is tried again in the next round.
 */
import type { Clock, TimerHandle } from '../base/clock.js';
import type { Logger } from '../base/log.js';
import { ConsumerOffsetTable } from '../remoting/bodies/consumer-offset-table.js';
import type { DataVersion } from '../remoting/bodies/data-version.js';
import { SubscriptionGroupWrapper } from '../remoting/bodies/subscription-group-wrapper.js';
import { TopicConfigSerializeWrapper } from '../remoting/bodies/topic-config-serialize-wrapper.js';
import type { RemotingClient } from '../remoting/remoting-client.js';
import { createRequest, type RemotingCommand } from '../remoting/remoting-command.js';
import { ConnectionClosedError, RemotingConnectError } from '../remoting/remoting-error.js';
import { RequestCode } from '../remoting/request-code.js';
import { ResponseCode } from '../remoting/response-code.js';
import type { ConsumerOffsetManager } from './consumer-offset-manager.js';
import type { MessageRequestModes } from './message-request-modes.js';
import type { DelayOffsetTable } from './schedule/delay-offset-table.js';
import type { SubscriptionGroupManager } from './subscription-group-manager.js';
import type { TopicConfigManager } from './topic-config-manager.js';

/** Time between two rounds. Differs: Apache 5.5.0 takes a minute, 4.9 ten seconds. */
export const SYNC_INTERVAL_MS = 10_000;
/** Java: the timeouts in BrokerOuterAPI.getAllTopicConfig and its like. */
const SYNC_TIMEOUT_MS = 30_000;

const NO_OFFSETS = Buffer.from('{}');

/** What is kept in step with the master. */
export interface SlaveSynchronizeOptions {
  readonly client: Pick<RemotingClient, 'invoke'>;
  readonly topics: TopicConfigManager;
  readonly groups: SubscriptionGroupManager;
  readonly offsets: ConsumerOffsetManager;
  readonly delayOffsets: DelayOffsetTable;
  readonly requestModes: MessageRequestModes;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The rounds of one slave. */
export class SlaveSynchronize {
  readonly #options: SlaveSynchronizeOptions;
  #masterAddr: string | undefined;
  #timer: TimerHandle | undefined;
  #round: Promise<void> | undefined;

  constructor(options: SlaveSynchronizeOptions) {
    this.#options = options;
  }

  /** Synchronizes every {@link SYNC_INTERVAL_MS} from now on. */
  start(): void {
    this.#timer = this.#options.clock.every(SYNC_INTERVAL_MS, () => void this.syncAll());
    void this.syncAll();
  }

  /** Undefined while the master is away: the tables stay as they are. A new master is asked at once. */
  setMasterAddr(address: string | undefined): void {
    if (address === this.#masterAddr) return;
    this.#options.logger.info('the master has changed', { before: this.#masterAddr, now: address });
    this.#masterAddr = address;
    if (this.#timer !== undefined) void this.syncAll();
  }

  /** One round; a call during a round joins it. Never rejects. */
  syncAll(): Promise<void> {
    this.#round ??= this.#syncAll().finally(() => {
      this.#round = undefined;
    });
    return this.#round;
  }

  /** No round begins from now on; settles when the last one has ended. */
  async stop(): Promise<void> {
    this.#timer?.cancel();
    this.#masterAddr = undefined;
    await this.#round;
  }

  async #syncAll(): Promise<void> {
    const master = this.#masterAddr;
    if (master === undefined) return;
    const tasks = {
      topics: () => this.#syncTopics(master),
      'consumer offsets': () => this.#syncConsumerOffsets(master),
      groups: () => this.#syncGroups(master),
      'delay offsets': () => this.#syncDelayOffsets(master),
      'request modes': () => this.#syncRequestModes(master),
    };
    for (const [what, task] of Object.entries(tasks)) {
      if (this.#masterAddr !== master) return;
      try {
        await task();
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        this.#options.logger.error('taking over from the master failed', { what, master, reason });
        if (error instanceof RemotingConnectError || error instanceof ConnectionClosedError) return;
      }
    }
  }

  async #syncTopics(master: string): Promise<void> {
    const { topics } = this.#options;
    const body = await this.#ask(master, RequestCode.GET_ALL_TOPIC_CONFIG);
    const { dataVersion, topicConfigTable } = TopicConfigSerializeWrapper.decode(body);
    if (isSameVersion(dataVersion, topics.dataVersion)) return;
    topics.replaceAll(topicConfigTable, dataVersion);
    await topics.settled();
  }

  async #syncGroups(master: string): Promise<void> {
    const { groups } = this.#options;
    const body = await this.#ask(master, RequestCode.GET_ALL_SUBSCRIPTIONGROUP_CONFIG);
    const wrapper = SubscriptionGroupWrapper.decode(body);
    if (isSameVersion(wrapper.dataVersion, groups.dataVersion)) return;
    groups.replaceAll(wrapper);
    await groups.settled();
  }

  async #syncConsumerOffsets(master: string): Promise<void> {
    const body = await this.#ask(master, RequestCode.GET_ALL_CONSUMER_OFFSET);
    const { offsetTable, dataVersion } = ConsumerOffsetTable.decode(body);
    this.#options.offsets.putAll(offsetTable, dataVersion);
  }

  async #syncDelayOffsets(master: string): Promise<void> {
    const body = await this.#ask(master, RequestCode.GET_ALL_DELAY_OFFSET);
    this.#options.delayOffsets.decode((body ?? NO_OFFSETS).toString());
  }

  async #syncRequestModes(master: string): Promise<void> {
    const response = await this.#invoke(master, RequestCode.GET_ALL_MESSAGE_REQUEST_MODE);
    // A master of 4.x has none.
    if (response.code === ResponseCode.REQUEST_CODE_NOT_SUPPORTED) return;
    this.#options.requestModes.decode(bodyOf(response)?.toString() ?? '');
  }

  async #ask(master: string, code: number): Promise<Buffer | undefined> {
    return bodyOf(await this.#invoke(master, code));
  }

  #invoke(master: string, code: number): Promise<RemotingCommand> {
    return this.#options.client.invoke(master, createRequest(code), SYNC_TIMEOUT_MS);
  }
}

function bodyOf({ code, remark, body }: RemotingCommand): Buffer | undefined {
  if (code !== ResponseCode.SUCCESS) throw new Error(`code ${code}: ${remark}`);
  return body;
}

function isSameVersion(a: DataVersion, b: DataVersion): boolean {
  return a.counter === b.counter && a.timestamp === b.timestamp && a.stateVersion === b.stateVersion;
}
