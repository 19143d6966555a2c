/**
 * The broker's configuration: RocketMQ's behaviour as its keys say it. One flat object with the keys of the store and of the
 * network beside these. Main thread. Java: BrokerConfig, BrokerIdentity.
 * Invariant: names and defaults are Apache 5.5.0's; a key that nothing reads is marked as pending.
 */
import { bool, derived, int, oneOf, path, port, text, type ConfigOf } from '../base/config-schema.js';
import { LOG_LEVELS } from '../base/log.js';
import { actingKeys } from './acting-config.js';
import { limitKeys } from './limit-config.js';
import { messageStoreKeys } from './message-store-config.js';

const TOPIC_PATTERN = /^[%|a-zA-Z0-9_-]+$/;
const HOST_PATTERN = /^[^\s:;,/]+$|^\[?[0-9a-fA-F:.]+\]?$/;
const NAMESRV_ADDR_PATTERN = /^$|^[^\s:;]+:\d{1,5}(;[^\s:;]+:\d{1,5})*;?$/;
const READ_AND_WRITE = 6;
/** Listened on, these mean every address of the machine. */
const WILDCARD_ADDRESSES: ReadonlySet<string> = new Set(['0.0.0.0', '::']);
const NAMESRV_ADDR_ALLOWED = 'host:port, several with ; between them';

const changeable = { changeable: true } as const;
/** Nothing reads the key yet. */
const pending = { pending: true } as const;
const important = { important: true } as const;

/** Who this broker is and where it can be reached. */
const identityKeys = {
  rocketmqHome: path('.', 'Kept for the sake of existing files; nothing is read from it.'),
  brokerClusterName: text('DefaultCluster', 'The cluster that this broker belongs to.', {
    ...important,
    pattern: TOPIC_PATTERN,
    allowed: 'letters, digits, % | - _',
  }),
  brokerName: text(
    derived('the host name', ({ hostName }) => hostName.replaceAll(/[^%|a-zA-Z0-9_-]/g, '_') || 'DEFAULT_BROKER'),
    'Name of the master and its slaves; clients see it in every message queue.',
    { ...important, pattern: TOPIC_PATTERN, allowed: 'letters, digits, % | - _' },
  ),
  brokerId: int(0, '0 for a master, above it for a slave.', important),
  brokerRole: oneOf(
    ['ASYNC_MASTER', 'SYNC_MASTER', 'SLAVE'],
    'ASYNC_MASTER',
    'What this broker is in replication.',
    important,
  ),
  namesrvAddr: text('', 'NameServers to register with. Also taken from NAMESRV_ADDR.', {
    ...important,
    pattern: NAMESRV_ADDR_PATTERN,
    allowed: NAMESRV_ADDR_ALLOWED,
  }),
  listenPort: port(10_911, 'Port that clients connect to. Two below it a second one serves them too (the VIP port).', {
    ...changeable,
    ...important,
  }),
  bindAddress: text('0.0.0.0', 'Address that is listened on.', {
    pattern: HOST_PATTERN,
    allowed: 'a host name or an address',
  }),
  brokerIP1: text(
    derived('bindAddress if it is one, else an address of this machine', ({ localAddress, valueOf }) =>
      WILDCARD_ADDRESSES.has(valueOf('bindAddress')) ? localAddress : valueOf('bindAddress'),
    ),
    'Host that clients are told to connect to: a name or an address.',
    {
      ...changeable,
      ...important,
      pattern: HOST_PATTERN,
      allowed: 'a host name or an address',
    },
  ),
  advertisedPort: port(
    0,
    'Port that clients are told to connect to, where it differs from `listenPort` (a mapped port of a container). 0: the port listened on.',
    changeable,
  ),
  brokerIP2: text(
    derived('brokerIP1', ({ valueOf }) => valueOf('brokerIP1')),
    'Host that slaves are told to connect to.',
    { pattern: HOST_PATTERN, allowed: 'a host name or an address' },
  ),
  regionId: text('DefaultRegion', 'Written into the MSG_REGION property of messages.', changeable),
  brokerPermission: int(READ_AND_WRITE, 'What clients may do here: 4 read, 2 write, 6 both.', {
    max: 7,
    ...changeable,
  }),
  registerNameServerPeriod: int(30_000, 'Time between two registrations, ms; from 10 s to 60 s as in Apache.', {
    min: 1,
  }),
  registerBrokerTimeoutMills: int(24_000, 'How long a registration may take, ms.', changeable),
  forceRegister: bool(true, 'Register every period even if nothing has changed.', { ...changeable, ...pending }),
  compressedRegister: bool(false, 'Send registrations deflated.', { ...changeable, ...pending }),
  logLevel: oneOf(LOG_LEVELS, 'info', 'Least severity that is logged.'),
  configBlackList: text('configBlackList;brokerConfigPath', 'Keys that UPDATE_BROKER_CONFIG (25) refuses to change.'),
};

/** Topics, groups and their clients. */
const topicAndClientKeys = {
  autoCreateTopicEnable: bool(true, 'Create a topic when the first message to it arrives.', {
    ...changeable,
    ...important,
  }),
  defaultTopicQueueNums: int(8, 'Most queues of a topic that is created on first use.', {
    min: 1,
    max: 65_536,
    ...changeable,
  }),
  clusterTopicEnable: bool(true, 'Keep a topic named like the cluster.'),
  brokerTopicEnable: bool(true, 'Keep a topic named like the broker.'),
  autoCreateSubscriptionGroup: bool(true, 'Create a consumer group when its first consumer appears.', {
    ...changeable,
    ...important,
  }),
  enableCreateSysGroup: bool(true, 'Let the groups of the system be created too.', changeable),
  enableRegisterProducer: bool(true, 'Keep a list of producers.', changeable),
  notifyConsumerIdsChangedEnable: bool(
    true,
    'Tell the consumers of a group at once when one joins or leaves (40).',
    changeable,
  ),
  realTimeNotifyConsumerChange: bool(true, 'Tell them for each change and not once in a while.', changeable),
  channelExpiredTimeout: int(120_000, 'A client without a heartbeat for this long is taken out, ms.', {
    min: 1,
    ...changeable,
  }),
  subscriptionExpiredTimeout: int(
    600_000,
    'A subscription that no client of the group has repeated for this long is forgotten, ms.',
    { min: 1, ...changeable, ...pending },
  ),
  flushConsumerOffsetInterval: int(5_000, 'Time between two writes of the consumer offsets, ms.', { min: 1 }),
  useServerSideResetOffset: bool(
    true,
    'A reset of offsets holds at the broker, and not only in the clients.',
    changeable,
  ),
  enableBroadcastOffsetStore: bool(
    true,
    'Remember where broadcasting consumers are, for those that come through a proxy.',
    { ...changeable, ...pending },
  ),
  validateSystemTopicWhenUpdateTopic: bool(true, 'Refuse to create or change topics of the system.', changeable),
  clearRetryTopicWhenDeleteTopic: bool(true, 'Delete the retry topics of POP with their topic.', changeable),
  enableMixedMessageType: bool(false, 'Let a topic take messages of several kinds.', changeable),
};

/** Sending, pulling and what goes with them. */
const messageKeys = {
  longPollingEnable: bool(true, 'Hold a pull that finds nothing for as long as the client allows.', changeable),
  shortPollingTimeMills: int(1_000, 'How long it is held when longPollingEnable is false, ms.', changeable),
  litePullMessageEnable: bool(true, 'Serve LITE_PULL_MESSAGE (361).', changeable),
  rejectPullConsumerEnable: bool(false, 'Refuse consumers that pull by hand.', changeable),
  slaveReadEnable: bool(false, 'Send consumers to a slave when they lag far behind.', changeable),
  rejectTransactionMessage: bool(false, 'Refuse messages of transactions.', { ...changeable, ...important }),
  enablePropertyFilter: bool(false, 'Accept SQL92 filter expressions.', changeable),
  filterSupportRetry: bool(
    false,
    'Judge messages of a retry topic by the SQL92 expression for the topic they came from.',
    changeable,
  ),
  filterDataCleanTimeSpan: int(
    86_400_000,
    'An SQL92 expression is forgotten when its group has been offline for this long, ms.',
    { max: Number.MAX_SAFE_INTEGER, ...changeable },
  ),
  maxErrorRateOfBloomFilter: int(20, 'Written with SQL92 expressions for the sake of Apache brokers, per cent.', {
    min: 1,
    max: 99,
  }),
  expectConsumerNumUseFilter: int(32, 'Likewise: groups expected to filter.', { min: 1, max: 1_000_000 }),
  traceOn: bool(true, 'Tell clients to record traces (TRACE_ON in send answers).', changeable),
  traceTopicEnable: bool(false, 'Create the trace topic at the start.', important),
  msgTraceTopicName: text('RMQ_SYS_TRACE_TOPIC', 'Name of the trace topic.', {
    ...important,
    pattern: TOPIC_PATTERN,
    allowed: 'letters, digits, % | - _',
  }),
  storeReplyMessageEnable: bool(true, 'Store the replies of request-reply as well as handing them on.', changeable),
  startAcceptSendRequestTimeStamp: int(0, 'Refuse sends before this time, ms since the epoch.', {
    max: Number.MAX_SAFE_INTEGER,
    ...changeable,
  }),
  transactionTimeOut: int(6_000, 'A transaction is asked about when it is undecided for this long, ms.', {
    ...changeable,
    ...important,
  }),
  transactionCheckMax: int(15, 'How often it is asked about; past it the message goes to TRANS_CHECK_MAX_TIME_TOPIC.', {
    ...changeable,
    ...important,
  }),
  transactionCheckInterval: int(30_000, 'Time between two rounds of asking, ms.', {
    min: 1,
    ...changeable,
    ...important,
  }),
  transactionOpMsgMaxSize: int(4_096, 'Size of an op message, bytes, from which on another one is begun.', {
    min: 1,
    max: 1_048_576,
    ...changeable,
  }),
};

/** Every key of the broker. */
export const brokerConfigSchema = {
  ...identityKeys,
  ...topicAndClientKeys,
  ...messageKeys,
  ...messageStoreKeys,
  ...actingKeys,
  ...limitKeys,
};

/** The values in force. Fields keep Java's names; read them where they are used, since some change while running. */
export type BrokerConfig = ConfigOf<typeof brokerConfigSchema>;
