/**
 * All that the admin processors need, in memory, with settings as in `golden/README.md`. Java: BrokerController in Apache's unit tests.
 */
import { ConfigStore } from '#src/base/config-store.js';
import { createLogger } from '#src/base/log.js';
import type { MinBrokerNews } from '#src/broker/acting/min-broker.js';
import { adminProcessors } from '#src/broker/admin-processors.js';
import { brokerConfigSchema } from '#src/broker/broker-config.js';
import { BrokerStats } from '#src/broker/broker-stats.js';
import { ConsumerFilterManager } from '#src/broker/consumer-filter-manager.js';
import { ConsumerIdsChangeNotifier } from '#src/broker/consumer-ids-change-notifier.js';
import { ConsumerManager } from '#src/broker/consumer-manager.js';
import { ConsumerOffsetManager } from '#src/broker/consumer-offset-manager.js';
import { GroupGetStats } from '#src/broker/group-get-stats.js';
import { MessageRequestModes } from '#src/broker/message-request-modes.js';
import { ProducerManager } from '#src/broker/producer-manager.js';
import { RebalanceLockManager } from '#src/broker/rebalance-lock-manager.js';
import { DelayOffsetTable } from '#src/broker/schedule/delay-offset-table.js';
import { SubscriptionGroupManager } from '#src/broker/subscription-group-manager.js';
import { TopicConfigManager } from '#src/broker/topic-config-manager.js';
import type { Connection, ProcessorTable } from '#src/remoting/connection.js';
import { RequestDispatcher } from '#src/remoting/request-dispatcher.js';
import { createRequest, type ExtFields, type RemotingCommand } from '#src/remoting/remoting-command.js';
import type { Replication } from '#src/workers/replication.js';
import { FakeClock } from '../fake-clock.js';
import { MemoryConnection } from '../remoting/memory-connection.js';
import { MemoryMessageStore } from './memory-message-store.js';

const silent = createLogger('test', 'silent');

/** Managers and processors of one broker. `settings` are added to those of the golden broker. */
export class AdminBroker {
  readonly clock = new FakeClock();
  readonly configStore: ConfigStore<typeof brokerConfigSchema>;
  readonly store = new MemoryMessageStore(this.clock);
  readonly topics: TopicConfigManager;
  readonly groups: SubscriptionGroupManager;
  readonly offsets: ConsumerOffsetManager;
  readonly delayOffsets = new DelayOffsetTable(this.clock);
  readonly requestModes = new MessageRequestModes();
  readonly consumers: ConsumerManager;
  readonly consumerFilters: ConsumerFilterManager;
  readonly producers: ProducerManager;
  readonly stats = new BrokerStats(this.clock);
  readonly groupGets = new GroupGetStats(this.clock);
  readonly table: ProcessorTable;
  /** What GET_BROKER_HA_STATUS tells. */
  haRuntimeInfo: Awaited<ReturnType<Replication['runtimeInfo']>> = {
    isMaster: true,
    masterCommitLogMaxOffset: 0,
    connections: [],
    client: undefined,
  };
  /** Masters that this broker was told to follow. */
  readonly haMasterAddresses: (string | undefined)[] = [];
  /** What it was told of its group. */
  readonly minBrokerNews: MinBrokerNews[] = [];
  /** Changes for which the broker registered anew. */
  reregistrations = 0;
  /** Topics that have a consume queue, and what was asked of the deletion of old messages. */
  storedTopics: string[] = [];
  readonly deletions: string[] = [];
  readonly #dispatcher: RequestDispatcher;

  constructor(settings: Readonly<Record<string, string>> = {}) {
    const entries = {
      brokerName: 'broker-a',
      storePathRootDir: '/tmp',
      storePathCommitLog: '/store/commitlog',
      ...settings,
    };
    const layers = [{ source: 'the test', entries: new Map(Object.entries(entries)) }];
    const machine = { hostName: 'test', localAddress: '127.0.0.1', homeDirectory: '/tmp' };
    this.configStore = new ConfigStore(brokerConfigSchema, layers, machine);
    const config = this.configStore.values;
    const shared = { config, clock: this.clock, logger: silent };
    this.topics = new TopicConfigManager(shared);
    this.groups = new SubscriptionGroupManager(shared);
    this.offsets = new ConsumerOffsetManager(shared);
    this.consumerFilters = new ConsumerFilterManager(shared);
    this.consumers = new ConsumerManager({
      ...shared,
      subscriptionListener: this.consumerFilters,
      onConsumerIdsChange: new ConsumerIdsChangeNotifier(shared).notify,
    });
    this.producers = new ProducerManager(shared);
    this.table = adminProcessors({
      ...shared,
      configStore: this.configStore,
      store: this.store,
      topics: this.topics,
      groups: this.groups,
      offsets: this.offsets,
      consumers: this.consumers,
      producers: this.producers,
      stats: this.stats,
      delayOffsets: this.delayOffsets,
      requestModes: this.requestModes,
      groupGets: this.groupGets,
      locks: new RebalanceLockManager(this.clock),
      replication: {
        runtimeInfo: () => Promise.resolve(this.haRuntimeInfo),
        updateHaMasterAddress: (address) => this.haMasterAddresses.push(address),
      },
      group: { update: (news) => this.minBrokerNews.push(news) },
      haInfo: () => ({ masterHaAddress: '127.0.0.1:10912', masterFlushOffset: 0, masterAddress: '127.0.0.1:10911' }),
      retention: {
        cleanExpiredConsumeQueues: () => Promise.resolve(void this.deletions.push('queues')),
        topics: () => this.storedTopics,
      },
      cleaning: { deleteManually: () => void this.deletions.push('segments') },
      reregisterAround: (change) => {
        change();
        this.reregistrations += 1;
        return Promise.resolve();
      },
    });
    this.#dispatcher = new RequestDispatcher(this.table, silent);
  }

  /** Sends a request through the dispatcher and gives its answer. */
  async call(
    code: number,
    extFields: ExtFields,
    body?: string,
    connection = new MemoryConnection(),
  ): Promise<RemotingCommand> {
    const request = createRequest(code, extFields, body === undefined ? undefined : Buffer.from(body));
    request.opaque = 7_000_000 + connection.written.length;
    const isAnswer = (command: RemotingCommand): boolean =>
      command.opaque === request.opaque && (command.flag & 1) === 1;
    this.#dispatcher.dispatch(request, connection);
    let answer = connection.written.find(isAnswer);
    for (let seen = connection.written.length; answer === undefined; seen = connection.written.length) {
      await connection.untilWritten(seen + 1);
      answer = connection.written.find(isAnswer);
    }
    return answer;
  }

  /** Stores one message of `topic` and settles when it is visible. */
  put(topic: string, queueId: number, body = 'hello', properties = ''): Promise<void> {
    const message = {
      topic,
      queueId,
      flag: 0,
      sysFlag: 0,
      bornTimestampMs: this.clock.nowMs(),
      bornHost: Buffer.from([127, 0, 0, 1, 0, 0, 0xc3, 0x50]),
      reconsumeTimes: 0,
      preparedTransactionOffset: 0,
      body: Buffer.from(body),
      properties,
    };
    return new Promise((resolve) => this.store.putMessage(message, () => resolve()));
  }
}

/** A heartbeat's body. */
export function heartbeatBody(clientID: string, group: string, topics: readonly string[], more: object = {}): string {
  const subscriptionDataSet = topics.map((topic) => ({
    topic,
    subString: '*',
    tagsSet: [],
    codeSet: [],
    subVersion: 1,
    expressionType: 'TAG',
  }));
  const consumer = {
    groupName: group,
    consumeType: 'CONSUME_PASSIVELY',
    messageModel: 'CLUSTERING',
    consumeFromWhere: 'CONSUME_FROM_LAST_OFFSET',
    subscriptionDataSet,
    unitMode: false,
    ...more,
  };
  return JSON.stringify({ clientID, consumerDataSet: [consumer], producerDataSet: [{ groupName: 'P' }] });
}

/** The requests of a kind that a connection was sent. */
export function requestsTo(
  connection: Connection & { readonly written: RemotingCommand[] },
  code: number,
): RemotingCommand[] {
  return connection.written.filter((command) => command.code === code && (command.flag & 1) === 0);
}
