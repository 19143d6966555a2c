/** Order, replies, offsets that are reset, and what is asked of consumers. */
import { type CompatCase, NO_LITE_PULL, NO_RAW_REQUESTS } from './compat-case.js';

const NO_ADMIN = 'the Go admin client knows topics only';

/** Rows of the matrix, in their order. */
export const CONSUMER_CASES: readonly CompatCase[] = [
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
];
