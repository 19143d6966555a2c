/**
 * A broker that starts in a group does not serve before it has what the group did without it: a master waits until each of its slaves follows it, and takes over
 * how far these have come with consumers and delay levels; a slave waits until it follows its master. Main thread. Java: BrokerPreOnlineService.
 * Invariant: `onOnline` is called once at most, and by nothing else.
 */
import type { Clock, TimerHandle } from '../../base/clock.js';
import type { Logger } from '../../base/log.js';
import { parseHostPort } from '../../remoting/host-address.js';
import type { Replication } from '../../workers/replication.js';
import type { BrokerConfig } from '../broker-config.js';
import type { ConsumerOffsetManager } from '../consumer-offset-manager.js';
import { reasonOf } from '../namesrv-link.js';
import type { DelayOffsetTable } from '../schedule/delay-offset-table.js';
import type { BrokerGroupApi, MemberAddresses } from './broker-group-api.js';
import { MASTER_ID } from './min-broker.js';

/** The pause before what has failed is tried again, and between two looks at the replication connections. */
export const TRY_AGAIN_MS = 1_000;
/** So many looks pass before the whole is begun anew: the group may have changed. */
const LOOKS_MAX = 10;

/** What a BrokerPreOnlineService needs. */
export interface BrokerPreOnlineOptions {
  readonly api: Pick<BrokerGroupApi, 'memberGroup' | 'exchangeHaInfo' | 'allConsumerOffsets' | 'allDelayOffsets'>;
  readonly config: Pick<BrokerConfig, 'brokerId'>;
  readonly replication: Pick<Replication, 'runtimeInfo' | 'updateHaMasterAddress'>;
  readonly offsets: Pick<ConsumerOffsetManager, 'takeLarger'>;
  readonly delayOffsets: Pick<DelayOffsetTable, 'takeLarger'>;
  readonly brokerAddr: () => string;
  readonly haServerAddr: () => string;
  /** Where the log ended when this broker started. */
  readonly initMaxOffset: number;
  /** The smallest id of the group, this broker's among them, and its address. */
  readonly onOnline: (minBrokerId: number, minBrokerAddr: string | undefined) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** One start of a broker. */
export class BrokerPreOnlineService {
  readonly #options: BrokerPreOnlineOptions;
  #timer: TimerHandle | undefined;
  #wake: () => void = () => undefined;
  #isStopped = false;
  #work: Promise<void> = Promise.resolve();

  constructor(options: BrokerPreOnlineOptions) {
    this.#options = options;
  }

  /** Tries until it has come to an end, or until `stop`. */
  start(): void {
    this.#work = this.#run();
  }

  /** Settles when nothing of it is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#wake();
    await this.#work;
  }

  async #run(): Promise<void> {
    const { logger } = this.#options;
    while (!this.#isStopped) {
      try {
        if (await this.#prepare()) return;
      } catch (error) {
        logger.warn('this broker does not serve yet', { reason: reasonOf(error) });
      }
      await this.#pause();
    }
  }

  /** False to try again. */
  async #prepare(): Promise<boolean> {
    const { api, config, logger } = this.#options;
    const members = await api.memberGroup();
    if (members === undefined) throw new Error('no NameServer says who of the group is there');
    const others = new Map([...members].filter(([id]) => id !== config.brokerId));
    const isReady =
      config.brokerId === MASTER_ID ? await this.#prepareMaster(others) : await this.#prepareSlave(others);
    if (!isReady || this.#isStopped) return false;
    const minBrokerId = Math.min(config.brokerId, ...others.keys());
    logger.info('this broker is up to date with its group', { others: [...others.values()], minBrokerId });
    this.#options.onOnline(minBrokerId, others.get(minBrokerId) ?? this.#options.brokerAddr());
    return true;
  }

  async #prepareMaster(slaves: MemberAddresses): Promise<boolean> {
    const { api, haServerAddr, brokerAddr, initMaxOffset } = this.#options;
    const following = new Map<string, number>();
    for (const [, slave] of [...slaves].toSorted(([one], [other]) => one - other)) {
      const info = { masterHaAddress: haServerAddr(), masterFlushOffset: initMaxOffset, masterAddress: brokerAddr() };
      await api.exchangeHaInfo(slave, info);
      const host = parseHostPort(slave)?.host ?? '';
      following.set(host, (following.get(host) ?? 0) + 1);
      if (!(await this.#until(() => this.#isFollowedBy(host, following.get(host) ?? 0)))) return false;
      await this.#takeOver(slave);
    }
    return true;
  }

  async #prepareSlave(others: MemberAddresses): Promise<boolean> {
    const { api, replication } = this.#options;
    const master = others.get(MASTER_ID);
    if (master === undefined) return true;
    const { masterHaAddress } = await api.exchangeHaInfo(master, {});
    if (masterHaAddress === undefined || masterHaAddress === '') return true;
    replication.updateHaMasterAddress(masterHaAddress);
    return this.#until(async () => ((await replication.runtimeInfo()).client?.lastReadTimestampMs ?? 0) > 0);
  }

  /** True when so many slaves on `host` have said how far they are. */
  async #isFollowedBy(host: string, count: number): Promise<boolean> {
    const { connections } = await this.#options.replication.runtimeInfo();
    const isThere = ({ addr, slaveAckOffset }: (typeof connections)[number]): boolean =>
      slaveAckOffset >= 0 && parseHostPort(addr)?.host === host;
    return connections.filter(isThere).length >= count;
  }

  /**
   * Java: syncMetadataReverse. Differs: each offset that is larger is taken over. Apache takes the slave's whole table if its data version is not
   * older, and nothing if it is, so that offsets go back either way.
   */
  async #takeOver(slave: string): Promise<void> {
    const { api, offsets, delayOffsets, logger } = this.#options;
    const { offsetTable } = await api.allConsumerOffsets(slave);
    const consumerOffsetsTaken = offsets.takeLarger(offsetTable);
    const delayOffsetsTaken = delayOffsets.takeLarger(await api.allDelayOffsets(slave));
    logger.info('offsets taken over from a slave', { slave, consumerOffsetsTaken, delayOffsetsTaken });
  }

  async #until(isSo: () => Promise<boolean>): Promise<boolean> {
    for (let looks = 0; looks < LOOKS_MAX && !this.#isStopped; looks++) {
      if (await isSo()) return true;
      await this.#pause();
    }
    throw new Error('a replication connection is missing');
  }

  #pause(): Promise<void> {
    if (this.#isStopped) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#timer = this.#options.clock.after(TRY_AGAIN_MS, resolve);
    });
  }
}
