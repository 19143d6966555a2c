/**
 * The cases of the compatibility tests, as data: what is run, against which servers, and what must come out.
 * What a case does is written once for each client library under its `run` name. Every case passes against Apache's own broker
 * (`--target apache`); one that does not is a wrong case.
 */
import type { ClientLanguage } from './client-table.js';

/**
 * The servers a case runs against. `shared`: the target with default settings, used by all. `own`: a target of its own that is restarted.
 * The mixed ones put one server of each maker together.
 */
export type CaseCluster = 'shared' | 'own' | 'apache-broker' | 'apache-namesrv';

/** One row of the matrix. */
export interface CompatCase {
  readonly name: string;
  /** What must come out, in a sentence for the results page. */
  readonly expectation: string;
  /** The name the drivers know it by, if another. */
  readonly run?: string;
  readonly cluster?: CaseCluster;
  /** Broker keys of an `own` cluster. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly serialisation?: 'ROCKETMQ';
  /** Why a client library cannot run it. */
  readonly notApplicable?: Readonly<Partial<Record<ClientLanguage, string>>>;
  readonly timeoutMs?: number;
}

const NO_LITE_PULL = 'the Go client has no lite pull consumer';
const NO_QUERIES = 'the Go client has no queries by key';
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
  { name: 'push-wakes-at-once', expectation: 'a waiting consumer has a message within 1 s of its sending' },
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
    name: 'query-by-key',
    expectation:
      'a message is found at once by each of its keys, within its topic; the newest of too many; nothing by others',
    notApplicable: { go: NO_QUERIES },
  },
  {
    name: 'query-by-unique-key',
    expectation: 'a message is viewed by the id that its producer gave it, and by its offset id',
    notApplicable: { go: NO_QUERIES },
  },
  {
    name: 'query-by-time',
    expectation: 'of two messages of a key the one is found whose store time lies within the bounds',
    notApplicable: { go: NO_QUERIES },
  },
  {
    name: 'query-batch',
    expectation: 'each message of a batch is found by its own key and id',
    notApplicable: { go: NO_QUERIES },
  },
  {
    name: 'query-after-sigterm',
    expectation: 'messages from before and after a restart are found by key',
    cluster: 'own',
    notApplicable: { go: NO_QUERIES },
  },
  {
    name: 'query-after-sigkill',
    expectation: 'the same with kill -9',
    cluster: 'own',
    notApplicable: { go: NO_QUERIES },
  },
  {
    name: 'trace-own-topic',
    expectation:
      'the trace of a send and of its consumption, in a topic of the user’s, is found by the message’s id and key',
    run: 'trace',
    notApplicable: { go: NO_QUERIES },
  },
  {
    name: 'trace-system-topic',
    expectation: 'the same in RMQ_SYS_TRACE_TOPIC',
    cluster: 'own',
    settings: { traceTopicEnable: 'true' },
    notApplicable: { go: NO_QUERIES },
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
