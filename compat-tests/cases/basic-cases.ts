/** Sending, consuming, limits, administration and restarts: what every client does. */
import { type CompatCase, NO_LITE_PULL, NO_RAW_REQUESTS } from './compat-case.js';

/** Rows of the matrix, in their order. */
export const BASIC_CASES: readonly CompatCase[] = [
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
];
