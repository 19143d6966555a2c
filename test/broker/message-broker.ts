/**
 * The parts of a broker that messages go through, over a store in memory and connections without sockets, for tests of sending and pulling.
 * Java: none.
 */
import type { Clock } from '#src/base/clock.js';
import { RequestError } from '#src/base/errors.js';
import { ConfigStore } from '#src/base/config-store.js';
import { createLogger } from '#src/base/log.js';
import { brokerConfigSchema, type BrokerConfig } from '#src/broker/broker-config.js';
import { ConsumerFilterManager } from '#src/broker/consumer-filter-manager.js';
import { ConsumerManager } from '#src/broker/consumer-manager.js';
import { ConsumerOffsetManager } from '#src/broker/consumer-offset-manager.js';
import { GroupGetStats } from '#src/broker/group-get-stats.js';
import { PullMessageProcessor } from '#src/broker/processors/pull-message-processor.js';
import { createConsumerSendMsgBackProcessor } from '#src/broker/processors/consumer-send-msg-back-processor.js';
import { createSendMessageProcessor } from '#src/broker/processors/send-message-processor.js';
import { createSubscriptionGroupConfig, type SubscriptionGroupConfig } from '#src/broker/subscription-group-config.js';
import { SubscriptionGroupManager } from '#src/broker/subscription-group-manager.js';
import { createTopicConfig, type TopicConfig } from '#src/broker/topic-config.js';
import { TopicConfigManager } from '#src/broker/topic-config-manager.js';
import type { RequestProcessor } from '#src/remoting/connection.js';
import { createRequest, createResponse, type ExtFields, type RemotingCommand } from '#src/remoting/remoting-command.js';
import { FakeClock } from '../fake-clock.js';
import { MemoryConnection } from '../remoting/memory-connection.js';
import { MemoryMessageStore } from './memory-message-store.js';

/** Settings of a test, as text. */
export type TestSettings = Readonly<Record<string, string>>;

function configFor(settings: TestSettings): ConfigStore<typeof brokerConfigSchema> {
  const entries = new Map(Object.entries({ brokerIP1: '10.0.0.1', ...settings }));
  const machine = { hostName: 'test', localAddress: '10.0.0.1', homeDirectory: '/home/test' };
  return new ConfigStore(brokerConfigSchema, [{ source: 'the test', entries }], machine);
}

/** Sends and pulls without threads. */
export class MessageBroker {
  readonly clock: FakeClock;
  readonly store: MemoryMessageStore;
  readonly settings: ConfigStore<typeof brokerConfigSchema>;
  readonly config: BrokerConfig;
  readonly topics: TopicConfigManager;
  readonly groups: SubscriptionGroupManager;
  readonly consumers: ConsumerManager;
  readonly consumerFilters: ConsumerFilterManager;
  readonly offsets: ConsumerOffsetManager;
  readonly groupGets: GroupGetStats;
  readonly pulls: PullMessageProcessor;
  readonly connection = new MemoryConnection('192.168.1.2', 5555);
  /** Lines that were logged. */
  readonly logged: string[] = [];
  /** Groups of ordered consumers. */
  readonly lockedGroups = new Set<string>();
  readonly #send: RequestProcessor;
  readonly #sendBack: RequestProcessor;
  #opaque = 0;

  /** Goes on with the clock, store and group offsets of `before`, if it is given. */
  constructor(settings: TestSettings = {}, before?: MessageBroker) {
    this.clock = before?.clock ?? new FakeClock();
    this.store = before?.store ?? new MemoryMessageStore(this.clock);
    this.settings = configFor(settings);
    this.config = this.settings.values;
    const { config, store } = this;
    const clock: Clock = this.clock;
    const logger = createLogger('test', 'warn', (line) => this.logged.push(line));
    this.topics = new TopicConfigManager({ config, clock, logger });
    this.groups = new SubscriptionGroupManager({ config, clock, logger });
    this.consumerFilters = new ConsumerFilterManager({ config, clock, logger });
    this.consumers = new ConsumerManager({
      config,
      clock,
      logger,
      onConsumerIdsChange: () => undefined,
      subscriptionListener: this.consumerFilters,
    });
    this.offsets = new ConsumerOffsetManager({ config, clock, logger });
    if (before !== undefined) this.offsets.decode(before.offsets.encode());
    const { topics, groups, consumers, consumerFilters, offsets } = this;
    const storeHost = Buffer.from('0a00000100002a9f', 'hex');
    this.#send = createSendMessageProcessor({
      store,
      topics,
      groups,
      config,
      clock,
      storeHost: () => storeHost,
      messageIds: { next: () => 'MADE-BY-THE-BROKER' },
      isGroupLocked: (group) => this.lockedGroups.has(group),
    });
    this.#sendBack = createConsumerSendMsgBackProcessor({ store, topics, groups, config });
    this.groupGets = new GroupGetStats(this.clock);
    const tables = { topics, groups, consumers, consumerFilters, offsets };
    this.pulls = new PullMessageProcessor({ ...tables, store, config, groupGets: this.groupGets, clock, logger });
    store.setArrivalListener(this.pulls.messageArrived);
    this.pulls.start();
  }

  /** Makes a topic. */
  addTopic(topicName: string, values: Partial<TopicConfig> = {}): void {
    this.topics.update(createTopicConfig(topicName, { readQueueNums: 4, writeQueueNums: 4, ...values }));
  }

  /** Makes the group `G`. */
  addGroup(values: Partial<SubscriptionGroupConfig>): void {
    this.groups.update(createSubscriptionGroupConfig('G', values));
  }

  /** Sends a message back and gives the answer, as the dispatcher would. */
  async sentBack(request: RemotingCommand): Promise<RemotingCommand> {
    try {
      const response = await this.#sendBack(request, this.connection);
      if (response === undefined) throw new Error('sending back has an answer');
      return response;
    } catch (error) {
      if (error instanceof RequestError) return createResponse(request, error.code, error.message);
      throw error;
    }
  }

  /** Hands a request to the send processor; what it answers at once is written as the dispatcher would. */
  send(request: RemotingCommand, connection = this.connection): void {
    this.#dispatch(this.#send, request, connection);
  }

  /** The same for pulls. */
  pull(request: RemotingCommand, connection = this.connection): void {
    this.#dispatch(this.pulls.process, request, connection);
  }

  /** Sends and gives the answer. */
  async sent(request: RemotingCommand): Promise<RemotingCommand> {
    const count = this.connection.written.length + 1;
    this.send(request);
    await this.connection.untilWritten(count);
    return answer(this.connection);
  }

  /** Pulls and gives the answer. */
  async pulled(request: RemotingCommand): Promise<RemotingCommand> {
    const count = this.connection.written.length + 1;
    this.pull(request);
    await this.connection.untilWritten(count);
    return answer(this.connection);
  }

  /** Puts a message into the store as a producer would have. */
  async put(topic: string, queueId: number, properties = ''): Promise<void> {
    const message = {
      topic,
      queueId,
      flag: 0,
      sysFlag: 0,
      bornTimestampMs: 1,
      bornHost: this.connection.remoteHost,
      reconsumeTimes: 0,
      preparedTransactionOffset: 0,
      body: Buffer.from('body'),
      properties,
    };
    await new Promise<void>((resolve) => this.store.putMessage(message, () => resolve()));
  }

  #dispatch(processor: RequestProcessor, request: RemotingCommand, connection: MemoryConnection): void {
    request.opaque = ++this.#opaque;
    const outcome = processor(request, connection);
    if (outcome instanceof Promise) throw new Error('a processor of the message path made a promise');
    if (outcome !== undefined) connection.write(outcome);
  }
}

/** The last command that was written to a connection. */
export function answer(connection: MemoryConnection): RemotingCommand {
  const last = connection.written.at(-1);
  if (last === undefined) throw new Error('nothing was written');
  return last;
}

/** Lets everything happen that is only waiting for its turn. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A V2 send request (310); `fields` have V1's names. */
export function sendRequest(fields: ExtFields = {}, body: Buffer | undefined = Buffer.from('hello')): RemotingCommand {
  const named = { ...SEND_DEFAULTS, ...fields };
  const extFields = Object.fromEntries(Object.entries(named).map(([name, value]) => [V2_NAMES[name] ?? name, value]));
  return createRequest(310, extFields, body);
}

const SEND_DEFAULTS = {
  producerGroup: 'PG',
  topic: 'T',
  defaultTopic: 'TBW102',
  defaultTopicQueueNums: '4',
  queueId: '0',
  sysFlag: '0',
  bornTimestamp: '1700000000000',
  flag: '7',
  properties: 'UNIQ_KEY\u0001ID1\u0002',
  reconsumeTimes: '0',
  unitMode: 'false',
  batch: 'false',
};

const V2_NAMES: Readonly<Record<string, string>> = {
  producerGroup: 'a',
  topic: 'b',
  defaultTopic: 'c',
  defaultTopicQueueNums: 'd',
  queueId: 'e',
  sysFlag: 'f',
  bornTimestamp: 'g',
  flag: 'h',
  properties: 'i',
  reconsumeTimes: 'j',
  unitMode: 'k',
  maxReconsumeTimes: 'l',
  batch: 'm',
};

/** Bits of a pull's sysFlag. */
export const PULL = { COMMIT: 1, SUSPEND: 2, SUBSCRIPTION: 4 };

/** A pull request (11) that carries its own filter expression, `*`, and waits for 15 s. */
export function pullRequest(fields: ExtFields = {}, code = 11): RemotingCommand {
  return createRequest(code, {
    consumerGroup: 'G',
    topic: 'T',
    queueId: '0',
    queueOffset: '0',
    maxMsgNums: '32',
    sysFlag: String(PULL.SUSPEND | PULL.SUBSCRIPTION),
    commitOffset: '0',
    suspendTimeoutMillis: '15000',
    subscription: '*',
    subVersion: '0',
    expressionType: 'TAG',
    ...fields,
  });
}
