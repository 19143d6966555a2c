/** Messages that the broker keeps back, finds or chooses: transactions, delays, retries, filters, queries and traces. */
import type { CompatCase } from './compat-case.js';

const NO_QUERIES = 'the Go client has no queries by key';
/** Short times; Apache's broker writes op messages every 3 s otherwise, and would ask about what has ended. */
const TRANSACTION_SETTINGS = {
  transactionTimeOut: '2000',
  transactionCheckInterval: '2000',
  transactionOpBatchInterval: '100',
};
const NO_CHECK_OF_EXPRESSIONS = 'the Go client does not have its expressions checked before it starts';
const FILTERING = { enablePropertyFilter: 'true' } as const;

/** Rows of the matrix, in their order. */
export const MESSAGE_CASES: readonly CompatCase[] = [
  {
    name: 'transaction-ends',
    expectation: '50 committed messages are consumed once each, as they were sent, 50 rolled back ones never',
  },
  {
    name: 'transaction-asked',
    expectation: 'transactions of an unknown outcome are asked about, and committed or rolled back by the answer',
    cluster: 'own',
    settings: TRANSACTION_SETTINGS,
  },
  {
    name: 'transaction-producer-gone',
    expectation: 'those of a producer that is gone are decided by another of its group',
    cluster: 'own',
    settings: TRANSACTION_SETTINGS,
  },
  {
    name: 'transaction-immunity',
    expectation: 'one with CHECK_IMMUNITY_TIME_IN_SECONDS is not asked about before that',
    cluster: 'own',
    settings: TRANSACTION_SETTINGS,
  },
  {
    name: 'transaction-given-up',
    expectation: 'after transactionCheckMax questions the message is in TRANS_CHECK_MAX_TIME_TOPIC',
    cluster: 'own',
    settings: { ...TRANSACTION_SETTINGS, transactionCheckMax: '2' },
  },
  {
    name: 'transaction-restart',
    expectation: 'kill -9 between the half messages and their ends: what is undecided is asked about',
    cluster: 'own',
    // Each round counts, also while the producers have not come back.
    settings: { ...TRANSACTION_SETTINGS, transactionCheckMax: '1000' },
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
    name: 'retry-batch',
    expectation: 'messages of a batch are handed back and come again each with its own tag and key',
    notApplicable: { go: 'written for Java only: what is handed back does not depend on the client' },
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
  {
    name: 'filter-push',
    expectation:
      'exactly their messages for six SQL92 expressions: numbers, text, IS NULL, BETWEEN, IN, CONTAINS, TRUE and FALSE',
    cluster: 'own',
    settings: FILTERING,
  },
  {
    name: 'filter-wrong',
    expectation: 'a consumer with a wrong expression does not start: SUBSCRIPTION_PARSE_FAILED, line and column named',
    cluster: 'own',
    settings: FILTERING,
    notApplicable: { go: NO_CHECK_OF_EXPRESSIONS },
  },
  {
    name: 'filter-off',
    expectation: 'without enablePropertyFilter SQL92 expressions are refused at the start and in pulls',
    notApplicable: { go: NO_CHECK_OF_EXPRESSIONS },
  },
  {
    name: 'filter-pull',
    expectation: 'the pull consumer gets pages by expression, with bounds and statuses',
    cluster: 'own',
    settings: FILTERING,
    notApplicable: { go: 'a pull of the Go client’s pull consumer carries tags only' },
  },
  {
    name: 'filter-batch',
    expectation: 'messages of a batch are filtered each by its own properties',
    cluster: 'own',
    settings: FILTERING,
  },
  {
    name: 'filter-wakes',
    expectation: 'a waiting consumer is woken by a wanted message among others that are not',
    cluster: 'own',
    settings: FILTERING,
  },
  {
    name: 'filter-backlog',
    expectation: '14 of 10,000 messages are found after the broker was restarted',
    cluster: 'own',
    settings: FILTERING,
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
];
