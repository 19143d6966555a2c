/** Compatibility cases of queries by key and of message trace, which is read by them, as data. */
import type { CompatCase } from './compat-case.js';

const NO_QUERIES = 'the Go client has no queries by key';

/** Rows of the matrix, in their order. */
export const QUERY_CASES: readonly CompatCase[] = [
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
