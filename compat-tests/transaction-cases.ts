/** Compatibility cases of transactions, as data. */
import type { CompatCase } from './compat-case.js';

/** Short times; Apache's broker writes op messages every 3 s otherwise, and would ask about what has ended. */
const TRANSACTION_SETTINGS = {
  transactionTimeOut: '2000',
  transactionCheckInterval: '2000',
  transactionOpBatchInterval: '100',
};

/** Rows of the matrix, in their order. */
export const TRANSACTION_CASES: readonly CompatCase[] = [
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
];
