/**
 * The cases of the compatibility tests, as data: what is run, against which servers, and what must come out.
 * What a case does is written once for each client library under its `run` name. Every case passes against Apache's own broker
 * (`--target apache`); one that does not is a wrong case.
 */
import type { CompatCase } from './compat-case.js';
import { FILTER_CASES } from './filter-cases.js';
import { QUERY_CASES } from './query-cases.js';
import { TRANSACTION_CASES } from './transaction-cases.js';

const NO_LITE_PULL = 'the Go client has no lite pull consumer';
const NO_ADMIN = 'the Go admin client knows topics only';
const ENOUGH_BY_JAVA = 'replication is between brokers: the Java clients are enough to send and to consume';
const NO_RAW_REQUESTS = 'the Go client sends no requests of which it does not know the answer';

/** Every row of the matrix, in its order. */
export const CASES: readonly CompatCase[] = [
  {
    name: 'send-sync',
    expectation: '100 sends answered with queue offsets that count up, to the 4 queues of a topic made on first use',
  },
  { name: 'send-async', expectation: '500 sends in flight together are all answered and stored' },
  { name: 'send-oneway', expectation: '200 sends without an answer are all stored' },
  {
    name: 'send-batch',
    expectation: 'batches of 32 are stored, each message with its own keys, properties and offset id',
  },
  {
    name: 'push-clustering',
    expectation: 'two consumers share the queues, each message once; when one leaves the other has them in under 12 s',
  },
  { name: 'push-broadcasting', expectation: 'two consumers of a broadcasting group get every message each' },
  { name: 'push-tags', expectation: 'exactly the subscribed tags arrive, tags of equal hash told apart' },
  {
    name: 'push-orderly',
    expectation: '12 orders of 30 steps each arrive in order, sent by selector, consumed under queue locks',
  },
  {
    name: 'push-wakes-at-once',
    expectation: 'a waiting consumer is woken by each message, and not by the broker’s next look at those who wait',
  },
  { name: 'push-20000', expectation: '20,000 messages arrive once each, by count and checksum' },
  { name: 'pull', expectation: 'the pull consumer gets pages, bounds and group offsets as it asked' },
  {
    name: 'pull-statuses',
    expectation: 'found, no match, nothing new, offset illegal; a held pull is woken by a message',
  },
  {
    name: 'pull-offset-by-timestamp',
    expectation: 'the offset at a point in time: before, between and after the messages',
    notApplicable: { go: 'the Go client’s pull consumer cannot ask for an offset by time' },
  },
  {
    name: 'lite-pull-subscribe',
    expectation: 'the lite pull consumer polls each message once and goes on where it committed',
    notApplicable: { go: NO_LITE_PULL },
  },
  {
    name: 'lite-pull-assign',
    expectation: 'assigned queues are sought to begin, to an offset and to the end',
    notApplicable: { go: NO_LITE_PULL },
  },
  { name: 'from-first', expectation: 'CONSUME_FROM_FIRST_OFFSET: a new group reads everything' },
  {
    name: 'from-last',
    expectation:
      'CONSUME_FROM_LAST_OFFSET: as at Apache’s, a new group reads a topic that is still young from its start',
  },
  { name: 'from-timestamp', expectation: 'CONSUME_FROM_TIMESTAMP: likewise' },
  {
    name: 'from-last-then-new',
    expectation: 'a group that comes back goes on where it was, whatever it says of first or last',
  },
  { name: 'offsets-consumer-restart', expectation: 'a restarted consumer gets the new messages only' },
  {
    name: 'offsets-broker-restart',
    expectation: 'a consumer gets the new messages only after the broker was restarted too',
    cluster: 'own',
  },
  { name: 'content-unicode', expectation: 'body, tag, keys, flag and properties come out as they went in' },
  { name: 'content-compressed', expectation: 'a 1 MiB body that the client compressed arrives whole' },
  { name: 'limit-4mib', expectation: 'a body of 4,194,304 bytes is taken and comes back unchanged' },
  { name: 'limit-4mib-and-one', expectation: 'one byte more is refused with MESSAGE_ILLEGAL and the connection lives' },
  { name: 'limit-properties', expectation: 'properties of more than 32,767 bytes are refused with MESSAGE_ILLEGAL' },
  {
    name: 'limit-topic-names',
    expectation: '127 characters are taken; 128, a space and a dot are refused with INVALID_PARAMETER',
  },
  {
    name: 'limit-queue-id',
    expectation: 'a queue id out of range is refused with INVALID_PARAMETER',
    notApplicable: { go: NO_RAW_REQUESTS },
  },
  {
    name: 'limit-unknown',
    expectation: 'an unknown request code and the route of an unknown topic get Apache’s codes and remarks',
    notApplicable: { go: NO_RAW_REQUESTS },
  },
  {
    name: 'admin-create-topic',
    expectation: 'a topic made by the admin client can be sent to at once, with all its queues',
  },
  {
    name: 'admin-basics',
    expectation:
      'topic list, cluster, route, statistics, run-time information, settings and groups by the admin client',
    notApplicable: { go: 'the Go admin client knows topics only' },
  },
  { name: 'admin-delete-topic', expectation: 'a deleted topic is gone; made again, it holds the new messages only' },
  ...TRANSACTION_CASES,
  {
    name: 'restart-sigterm',
    expectation:
      'SIGTERM in the middle of a producer’s run under SYNC_FLUSH: every acknowledged message is where it was said to be',
    cluster: 'own',
    settings: { flushDiskType: 'SYNC_FLUSH' },
    timeoutMs: 240_000,
  },
  {
    name: 'restart-sigkill',
    expectation: 'the same with kill -9',
    cluster: 'own',
    settings: { flushDiskType: 'SYNC_FLUSH' },
    timeoutMs: 240_000,
  },
  {
    name: 'delay-level-1',
    expectation:
      'messages of delay level 1 come with all they had, none before its second is over by the broker’s clock',
  },
  { name: 'delay-levels', expectation: 'levels 2, 1 and none in one queue: each in its time, and in order' },
  {
    name: 'delay-level-too-high',
    expectation: 'a level above the highest waits at the highest',
    notApplicable: { go: 'the Go client cannot look up a message by its offset id' },
  },
  {
    name: 'delay-restart-sigterm',
    expectation: 'messages that wait while the broker is restarted come once each',
    cluster: 'own',
    timeoutMs: 240_000,
  },
  {
    name: 'delay-restart-sigkill',
    expectation: 'messages that wait while the broker is killed with -9 all come',
    cluster: 'own',
    timeoutMs: 240_000,
  },
  { name: 'retry-level-3', expectation: 'RECONSUME_LATER: back with reconsumeTimes 1, 10 s later' },
  {
    name: 'retry-level-1',
    expectation: 'delayLevelWhenNextConsume=1: back after a second, as often as it fails',
  },
  {
    name: 'retry-dead-letter',
    expectation: 'after maxReconsumeTimes a message is in %DLQ% with all it had, its first topic and its first id',
  },
  { name: 'retry-never', expectation: 'delayLevelWhenNextConsume=-1: a dead letter at once' },
  {
    name: 'retry-orderly',
    expectation: 'what an orderly consumer gives up is a dead letter at once',
    notApplicable: { go: 'the Go client hands such messages back at level -1, which is the case before' },
  },
  ...FILTER_CASES,
  ...QUERY_CASES,
  {
    name: 'binary-headers',
    expectation: 'sending, batches, push, pull and look-up with ROCKETMQ serialisation on the wire',
    run: 'round-trip',
    serialisation: 'ROCKETMQ',
    notApplicable: { go: 'the Go client speaks JSON headers only' },
  },
  {
    name: 'mixed-apache-broker',
    expectation: 'Apache’s 5.5.0 broker registers with our NameServer and is found through it',
    run: 'round-trip',
    cluster: 'apache-broker',
  },
  {
    name: 'mixed-apache-namesrv',
    expectation: 'our broker registers with Apache’s 5.5.0 NameServer and is found through it',
    run: 'round-trip',
    cluster: 'apache-namesrv',
  },
  {
    name: 'order-rebalance',
    expectation: 'each queue in order, and with one consumer at a time, while a second one joins and leaves',
    timeoutMs: 240_000,
  },
  {
    name: 'order-crash',
    expectation: 'each queue in order when a consumer’s process is killed and its locks have to expire',
    timeoutMs: 300_000,
    notApplicable: { go: 'the driver’s process cannot be killed alone' },
  },
  {
    name: 'order-broker-restart',
    expectation: 'each queue in order across kill -9 of the broker',
    cluster: 'own',
    settings: { flushDiskType: 'SYNC_FLUSH' },
    timeoutMs: 300_000,
  },
  { name: 'order-suspend', expectation: 'messages that are put off are tried again before those behind them' },
  {
    name: 'order-given-up',
    expectation: 'a message that an orderly consumer gives up is a dead letter at once, and the queue goes on',
    notApplicable: { go: 'the Go client tries a message of an ordered queue again without end' },
  },
  {
    name: 'order-topic-conf',
    expectation: 'the NameServer’s ORDER_TOPIC_CONFIG is in the route, and marks the topic at the broker',
    notApplicable: { go: NO_ADMIN },
  },
  { name: 'reply-sync', expectation: 'requests are answered by a consumer, each asker with its own reply' },
  { name: 'reply-async', expectation: '50 requests in flight together get their own replies' },
  { name: 'reply-timeout', expectation: 'a request that nobody answers ends when its time is up' },
  {
    name: 'reply-asker-gone',
    expectation: 'a reply to a client that is not there: Apache’s code and remark, and it is stored',
    notApplicable: { go: NO_RAW_REQUESTS },
  },
  {
    name: 'reset-running',
    expectation: 'a running consumer goes on from the time that its group was reset to',
    timeoutMs: 300_000,
    notApplicable: { go: NO_ADMIN },
  },
  {
    name: 'reset-in-clients',
    expectation: 'the same by a request to the clients (220)',
    cluster: 'own',
    settings: { useServerSideResetOffset: 'false' },
    timeoutMs: 300_000,
    notApplicable: { go: NO_ADMIN },
  },
  {
    name: 'reset-offline',
    expectation: 'a backlog is skipped while nobody is online',
    timeoutMs: 240_000,
    notApplicable: { go: NO_ADMIN },
  },
  {
    name: 'reset-queue',
    expectation: 'one queue is reset to an offset; one out of range is refused',
    timeoutMs: 240_000,
    notApplicable: { go: NO_ADMIN },
  },
  {
    name: 'consumer-running-info',
    expectation: 'subscriptions, queues and stacks of a running consumer',
    notApplicable: { go: NO_ADMIN },
  },
  {
    name: 'consumer-directly',
    expectation: 'a stored message is handed to a running consumer’s listener again',
    notApplicable: { go: NO_ADMIN },
  },
  {
    name: 'consumer-stats',
    expectation: 'how far a group is, by client, by queue and in time',
    notApplicable: { go: NO_ADMIN },
  },
  {
    name: 'lite-pull-control',
    expectation: 'assigned queues are paused, resumed, committed and sought',
    notApplicable: { go: NO_LITE_PULL },
  },
  {
    name: 'pull-shared',
    expectation: 'two pull consumers share queues and offsets; a pull with a callback',
    notApplicable: { go: 'the Go client’s pull consumer does not tell its share' },
  },
  {
    name: 'replication',
    expectation:
      '10,000 messages: the slave’s log is the master’s byte for byte, and all are consumed from it after kill -9 of the master',
    cluster: 'replicated',
    notApplicable: { go: ENOUGH_BY_JAVA },
    timeoutMs: 400_000,
  },
  {
    name: 'replication-apache-slave',
    expectation: 'the same with Apache’s 5.5.0 slave under our master',
    run: 'replication',
    cluster: 'apache-slave',
    notApplicable: { go: ENOUGH_BY_JAVA },
    timeoutMs: 400_000,
  },
  {
    name: 'replication-apache-master',
    expectation: 'the same with our slave under Apache’s 5.5.0 master and NameServer',
    run: 'replication',
    cluster: 'apache-master',
    notApplicable: { go: ENOUGH_BY_JAVA },
    timeoutMs: 400_000,
  },
  {
    name: 'replication-sync',
    expectation: 'SYNC_MASTER: what was answered SEND_OK is at the slave when the master is killed right after',
    cluster: 'replicated',
    settings: { brokerRole: 'SYNC_MASTER', inSyncReplicas: '2' },
    notApplicable: { go: ENOUGH_BY_JAVA },
    timeoutMs: 400_000,
  },
];
