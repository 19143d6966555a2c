/**
 * A broker as a member of its group, with `enableSlaveActingMaster`: sends heartbeats, looks who is there, and keeps away from NameServers and clients until
 * it is up to date. Main thread. Java: BrokerController.startService, scheduleSendHeartbeat, syncBrokerMemberGroup.
 * Invariant: while it is isolated it neither registers nor sends heartbeats, and its special services do not run.
 */
import type { Clock, TimerHandle } from '../../base/clock.js';
import type { Logger } from '../../base/log.js';
import type { BrokerConfig } from '../broker-config.js';
import type { BrokerGroupApi } from './broker-group-api.js';
import { BrokerPreOnlineService, type BrokerPreOnlineOptions } from './broker-pre-online-service.js';
import { MASTER_ID, MinBroker, type MinBrokerNews, type MinBrokerOptions } from './min-broker.js';
import type { SpecialServices } from './special-services.js';

/** The first heartbeat and the first look at the group, ms after the start. Java: the same, as constants. */
const FIRST_LOOK_MS = 1_000;

/** What a GroupMembership needs. */
export interface GroupMembershipOptions {
  readonly config: Pick<
    BrokerConfig,
    | 'brokerId'
    | 'enableSlaveActingMaster'
    | 'totalReplicas'
    | 'skipPreOnline'
    | 'brokerHeartbeatInterval'
    | 'syncBrokerMemberGroupPeriod'
  >;
  readonly api: Pick<BrokerGroupApi, 'sendHeartbeats' | 'memberGroup'> & BrokerPreOnlineOptions['api'];
  readonly register: () => Promise<unknown>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What is there once the store is open. */
export interface GroupMembershipParts extends Omit<
  BrokerPreOnlineOptions,
  'api' | 'config' | 'onOnline' | 'clock' | 'logger'
> {
  readonly services: SpecialServices;
  readonly onMasterOffline: MinBrokerOptions['onMasterOffline'];
  readonly onMasterOnline: MinBrokerOptions['onMasterOnline'];
}

/** Of one broker. */
export class GroupMembership {
  readonly #options: GroupMembershipOptions;
  readonly #timers: TimerHandle[] = [];
  #minBroker: MinBroker | undefined;
  #preOnline: BrokerPreOnlineService | undefined;
  #services: SpecialServices | undefined;
  #isIsolated: boolean;
  #isLooking = false;
  #isStopped = false;

  constructor(options: GroupMembershipOptions) {
    this.#options = options;
    const { enableSlaveActingMaster, totalReplicas, skipPreOnline } = options.config;
    this.#isIsolated = enableSlaveActingMaster && totalReplicas > 1 && !skipPreOnline;
  }

  /** True until it is up to date: NameServers are not told of this broker. */
  get isIsolated(): boolean {
    return this.#isIsolated;
  }

  /** The smallest id of the group; a master's while nothing else is known. */
  get minBrokerId(): number {
    return this.#minBroker?.id ?? MASTER_ID;
  }

  /** Registers and serves, or prepares for it. Settles when it has registered, or has begun to prepare. */
  async start(parts: GroupMembershipParts): Promise<void> {
    const { config, api, clock, logger } = this.#options;
    const { brokerId } = config;
    this.#services = parts.services;
    const minBroker = new MinBroker({ ...parts, brokerId, logger });
    this.#minBroker = minBroker;
    if (this.#isIsolated) {
      const onOnline = (minBrokerId: number, minBrokerAddr: string | undefined): void => {
        void this.#goOnline(minBroker, minBrokerId, minBrokerAddr);
      };
      this.#preOnline = new BrokerPreOnlineService({ ...parts, api, config, clock, logger, onOnline });
      this.#preOnline.start();
    } else {
      await this.#options.register();
      await minBroker.begin(MASTER_ID, undefined);
    }
    if (!config.enableSlaveActingMaster) return;
    this.#repeat(config.brokerHeartbeatInterval, () => this.#sendHeartbeats());
    this.#repeat(config.syncBrokerMemberGroupPeriod, () => void this.#look());
  }

  /** NOTIFY_MIN_BROKER_ID_CHANGE (905). Differs: nothing is made of it before this broker serves; it looks for itself then. */
  update(news: MinBrokerNews): void {
    if (this.#options.config.enableSlaveActingMaster && !this.#isIsolated) this.#minBroker?.update(news);
  }

  /** Settles when the special services have stopped. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const timer of this.#timers) timer.cancel();
    await this.#preOnline?.stop();
    await this.#services?.change(false);
  }

  async #goOnline(minBroker: MinBroker, minBrokerId: number, minBrokerAddr: string | undefined): Promise<void> {
    await minBroker.begin(minBrokerId, minBrokerAddr);
    this.#isIsolated = false;
    await this.#options.register();
  }

  #sendHeartbeats(): void {
    if (!this.#isIsolated) this.#options.api.sendHeartbeats();
  }

  async #look(): Promise<void> {
    if (this.#isLooking || this.#isIsolated) return;
    this.#isLooking = true;
    const members = await this.#options.api.memberGroup();
    this.#isLooking = false;
    if (!this.#isStopped && members !== undefined) this.#minBroker?.takeMembers(members);
  }

  #repeat(intervalMs: number, task: () => void): void {
    const first = this.#options.clock.after(FIRST_LOOK_MS, () => {
      task();
      this.#timers.push(this.#options.clock.every(intervalMs, task));
    });
    this.#timers.push(first);
  }
}
