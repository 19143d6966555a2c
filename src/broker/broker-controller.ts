/**
 * One broker: its tables, its store, its port, and the order in which they start and end. Main thread. Java: BrokerController.
 * It makes the parts and hands each what it needs; nobody is handed the controller.
 * Invariant: a request is served only between the end of `start` and the beginning of `stop`.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';

import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/log.js';
import { DelayLevelTable, SCHEDULE_TOPIC } from '../message/delay-level-table.js';
import { RemotingClient } from '../remoting/remoting-client.js';
import { RemotingServer } from '../remoting/remoting-server.js';
import type { StoreClient } from '../workers/store-client.js';
import { BrokerGroupApi } from './acting/broker-group-api.js';
import { GroupMembership } from './acting/group-membership.js';
import { createSlaveServices } from './acting/slave-services.js';
import { SpecialServices } from './acting/special-services.js';
import { BrokerAddress } from './broker-address.js';
import type { BrokerConfigStore } from './broker-config-loader.js';
import { BrokerOuterApi } from './broker-outer-api.js';
import { BrokerPersistence } from './broker-persistence.js';
import { BrokerStats } from './broker-stats.js';
import { openBrokerStore, type StoreCut } from './broker-store.js';
import { type BrokerTables, createBrokerTables } from './broker-tables.js';
import { CleanCommitLogService } from './clean-commit-log-service.js';
import { MeteredMessageStore } from './metered-message-store.js';
import { createProcessorTable, type ProcessorSet } from './processor-table.js';
import { ReadingBrake } from './reading-brake.js';
import { SlaveRole } from './slave-role.js';
import { ScheduleMessageService } from './schedule/schedule-message-service.js';

/** The VIP port is so far below the broker's. Java: BrokerController, fastListenPort. */
const VIP_PORT_DISTANCE = 2;

/** What a broker is made of. */
export interface BrokerControllerOptions {
  readonly config: BrokerConfigStore;
  readonly logger: Logger;
  readonly clock: Clock;
  /** On a slave: what goes of its log before it is recovered. */
  readonly cut?: StoreCut | undefined;
  /** On a slave: its log is to be cut; it replicates nothing more. */
  readonly onDivergence: (cut: StoreCut) => void;
}

/** Everything that exists once the store is open. */
interface RunningParts {
  readonly store: StoreClient;
  readonly server: RemotingServer;
  readonly processors: ProcessorSet;
  readonly schedule: ScheduleMessageService;
  readonly cleaning: CleanCommitLogService;
  readonly services: SpecialServices;
}

/** Starts and stops a broker; several may live in one process. */
export class BrokerController {
  /** Resolves after `stop`; rejects when the broker has stopped because its store failed. */
  readonly closed: Promise<void>;
  readonly #options: BrokerControllerOptions;
  readonly #address: BrokerAddress;
  readonly #tables: BrokerTables;
  readonly #persistence: BrokerPersistence;
  readonly #stats: BrokerStats;
  readonly #client: RemotingClient;
  readonly #outerApi: BrokerOuterApi;
  readonly #groupApi: BrokerGroupApi;
  readonly #group: GroupMembership;
  /** On a slave only. */
  readonly #slaveRole: SlaveRole | undefined;
  #settleClosed: { resolve(): void; reject(error: Error): void } = {
    resolve: () => undefined,
    reject: () => undefined,
  };
  #running: RunningParts | undefined;
  #stopping: Promise<void> | undefined;
  #failure: Error | undefined;

  constructor(options: BrokerControllerOptions) {
    this.#options = options;
    const { config, logger, clock } = options;
    const { values } = config;
    this.closed = new Promise((resolve, reject) => {
      this.#settleClosed = { resolve, reject };
    });
    // Whoever does not look at `closed` is not to be ended by it.
    this.closed.catch(() => undefined);
    this.#address = new BrokerAddress(values, logger);
    this.#tables = createBrokerTables({ config: values, logger, clock });
    this.#stats = new BrokerStats(clock);
    this.#persistence = new BrokerPersistence({ config: values, ...this.#tables, clock, logger });
    this.#client = new RemotingClient({ logger, clock });
    this.#outerApi = new BrokerOuterApi({
      client: this.#client,
      namesrvAddresses: this.#namesrvAddresses,
      identity: () => ({
        clusterName: values.brokerClusterName,
        brokerName: values.brokerName,
        brokerId: values.brokerId,
        brokerAddr: this.#address.brokerAddr,
        haServerAddr: this.#address.haServerAddr,
        brokerPermission: values.brokerPermission,
        acting: values.enableSlaveActingMaster
          ? { heartbeatTimeoutMillis: values.brokerNotActiveTimeoutMillis }
          : undefined,
      }),
      isIsolated: () => this.#group.isIsolated,
      onOrderTopics: (topics) => this.#tables.topics.markOrdered(topics),
      topics: () => ({ topicConfigTable: this.#tables.topics.all(), dataVersion: this.#tables.topics.dataVersion }),
      onRegistered: (results) => this.#slaveRole?.onRegistered(results),
      logger,
      clock,
    });
    this.#groupApi = new BrokerGroupApi({
      client: this.#client,
      namesrvAddresses: this.#namesrvAddresses,
      config: values,
      brokerAddr: () => this.#address.brokerAddr,
      dataVersion: () => this.#tables.topics.dataVersion,
      logger,
    });
    const register = (): Promise<unknown> => this.#outerApi.registerAll();
    this.#group = new GroupMembership({ config: values, api: this.#groupApi, register, clock, logger });
    if (values.brokerRole === 'SLAVE') {
      this.#slaveRole = new SlaveRole({ config: values, ...this.#tables, client: this.#client, clock, logger });
    }
  }

  readonly #namesrvAddresses = (): readonly string[] =>
    this.#options.config.values.namesrvAddr.split(';').filter((address) => address.trim() !== '');

  /** `host:port` that clients are told. */
  get brokerAddress(): string {
    return this.#address.brokerAddr;
  }

  /** Recovers the store, listens, registers; resolves when clients can be served. Rejects, with nothing left behind, when it cannot. */
  async start(): Promise<void> {
    const { config, logger, clock, cut, onDivergence } = this.#options;
    await this.#persistence.load();
    const brake = new ReadingBrake();
    const store = await openBrokerStore({
      config: config.values,
      storeHost: this.#address.storeHost,
      onPressure: brake.set,
      onFailure: (cause) => this.#fail(cause),
      onDivergence,
      cut,
      logger,
      clock,
    });
    // A slave's offsets are its master's, whose queues may be longer.
    if (this.#slaveRole === undefined)
      this.#tables.offsets.limitTo((topic, queueId) => store.maxOffset(topic, queueId));
    const meteredStore = new MeteredMessageStore(store, this.#stats, clock);
    const cleaning = new CleanCommitLogService({
      config: config.values,
      retention: store.retention,
      clock,
      logger: logger.child('retention'),
    });
    const processors = createProcessorTable({
      ...this.#options,
      tables: this.#tables,
      stats: this.#stats,
      store: meteredStore,
      replication: store.replication,
      retention: store.retention,
      cleaning,
      group: this.#group,
      address: this.#address,
      reregisterAround: (change) => this.#reregisterAround(change),
    });
    const server = this.#createServer(processors);
    brake.attach(server);
    this.#running = { store, server, processors, cleaning, ...this.#createServices(meteredStore, processors) };
    try {
      await this.#open(this.#running);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Ends in order: no new requests, what was accepted is answered and flushed, offsets kept, NameServers told. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** What a master does, or a slave that acts for one. */
  #createServices(store: MeteredMessageStore, processors: ProcessorSet): Pick<RunningParts, 'schedule' | 'services'> {
    const { config, logger, clock } = this.#options;
    const { values } = config;
    if (this.#slaveRole !== undefined) {
      const shared = { ...this.#options, ...this.#tables, config: values, store };
      const { schedule, transactions } = createSlaveServices({
        ...shared,
        client: this.#client,
        namesrvAddresses: this.#namesrvAddresses,
      });
      return { schedule, services: new SpecialServices([schedule, transactions], logger) };
    }
    const schedule = new ScheduleMessageService({
      store,
      delayLevels: DelayLevelTable.parse(values.messageDelayLevel),
      offsets: this.#tables.delayOffsets,
      clock,
      logger: logger.child('schedule'),
    });
    return { schedule, services: new SpecialServices([schedule, processors.transactions], logger) };
  }

  #createServer(processors: ProcessorSet): RemotingServer {
    const { config, logger, clock } = this.#options;
    const {
      bindAddress,
      listenPort,
      serverChannelMaxIdleTimeSeconds,
      maxFrameSizeBytes,
      connectionSendBufferSizeBytes,
    } = config.values;
    const hasVipPort = listenPort > VIP_PORT_DISTANCE;
    return new RemotingServer({
      host: bindAddress,
      ports: hasVipPort ? [listenPort, listenPort - VIP_PORT_DISTANCE] : [listenPort],
      processors: processors.table,
      logger,
      clock,
      idleTimeoutMs: serverChannelMaxIdleTimeSeconds * 1000,
      maxFrameBytes: maxFrameSizeBytes,
      highWaterMarkBytes: connectionSendBufferSizeBytes,
    });
  }

  async #open(parts: RunningParts): Promise<void> {
    this.#persistence.start();
    // Clients may be there as soon as the port is: a topic that one makes is registered, and answered, once this broker can say where it is.
    let addressIsKnown: () => void = () => undefined;
    const registrable = new Promise<void>((resolve) => (addressIsKnown = resolve));
    this.#tables.topics.onChange(() => registrable.then(() => this.#outerApi.registerAll()));
    try {
      await this.#listen(parts);
    } finally {
      addressIsKnown();
    }
    await this.#joinGroup(parts);
    this.#outerApi.start(this.#options.config.values.registerNameServerPeriod);
    parts.cleaning.start();
  }

  /** Registers, and starts what is the master's to do if this is one; or begins to prepare for it. */
  #joinGroup({ store, services }: RunningParts): Promise<void> {
    const { offsets, delayOffsets } = this.#tables;
    return this.#group.start({
      services,
      offsets,
      delayOffsets,
      replication: store.replication,
      brokerAddr: () => this.#address.brokerAddr,
      haServerAddr: () => this.#address.haServerAddr,
      initMaxOffset: store.stats().maxPhysicalOffset,
      onMasterOffline: () => this.#slaveRole?.onMasterOffline(),
      onMasterOnline: (address, haAddress) => void this.#followMaster(address, haAddress),
    });
  }

  /** The master has come back: its log is followed at once, and its tables once a registration has named it. */
  async #followMaster(address: string, haAddress: string | undefined): Promise<void> {
    try {
      const ha = haAddress ?? (await this.#groupApi.exchangeHaInfo(address, {})).masterHaAddress;
      if (ha !== undefined && ha !== '') this.#slaveRole?.onMasterOnline(ha);
    } catch (error) {
      this.#options.logger.warn('the master did not say where it listens for slaves', { address, error });
    }
    await this.#outerApi.registerAll();
  }

  /** Ends when the ports are open and the addresses of them known. */
  async #listen({ store, server, processors, schedule }: RunningParts): Promise<void> {
    const { config } = this.#options;
    store.setArrivalListener((topic, queueId, queueOffset, tagsCode) => {
      processors.pulls.messageArrived(topic, queueId, queueOffset, tagsCode);
      if (topic === SCHEDULE_TOPIC) schedule.messageArrived(queueId);
    });
    processors.pulls.start();
    if (this.#slaveRole === undefined && !this.#group.isIsolated) processors.transactions.start();
    this.#tables.housekeeping.start();
    this.#stats.start();
    const [port = config.values.listenPort] = await server.start();
    config.assign('listenPort', port);
    config.assign('haListenPort', await store.replication.start());
    this.#slaveRole?.start(store.replication);
    await this.#address.refresh();
  }

  /** See BrokerConfigProcessorDeps. The old address goes first: a NameServer of 4.9 takes out whatever stands under the broker's id. */
  async #reregisterAround(change: () => void): Promise<void> {
    const before = this.#address.brokerAddr;
    change();
    await this.#address.refresh();
    if (this.#address.brokerAddr !== before) await this.#outerApi.unregisterAddress(before);
    await this.#outerApi.registerAll();
  }

  async #stop(): Promise<void> {
    const running = this.#running;
    if (running !== undefined) {
      running.server.stopReading();
      await this.#group.stop();
      await this.#outerApi.unregisterAll();
      this.#tables.housekeeping.stop();
      this.#tables.consumerIdsChanges.stop();
      this.#tables.groupGets.stop();
      this.#stats.stop();
      running.processors.pulls.stop();
      running.schedule.stop();
      const cleaned = running.cleaning.stop();
      // Started before the group was joined, which the start may not have come to.
      await running.processors.transactions.stop();
      await this.#slaveRole?.stop();
      await running.store.stop();
      // A round under way ends at the latest with the store.
      await cleaned;
      await this.#untilChangesAreSettled();
      await running.server.stop();
    }
    await this.#persistence.stop();
    await this.#client.close();
    if (this.#failure === undefined) this.#settleClosed.resolve();
    else this.#settleClosed.reject(this.#failure);
  }

  /** Answers that wait for a new topic or group to be on disk leave before the connections go. */
  async #untilChangesAreSettled(): Promise<void> {
    await Promise.all([this.#tables.topics.settled(), this.#tables.groups.settled()]);
    // Those who wait for the same are called in this turn.
    await nextTurn();
  }

  #fail(cause: Error): void {
    this.#options.logger.error('the store has failed; writes are refused and the broker stops', { cause });
    this.#failure = cause;
    void this.stop();
  }
}
