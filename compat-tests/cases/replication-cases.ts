/** A master and a slave, of either maker. */
import type { CompatCase } from './compat-case.js';

const ACTING_LIMIT_MS = 600_000;
const ENOUGH_BY_JAVA = 'replication is between brokers: the Java clients are enough to send and to consume';

/** Rows of the matrix, in their order. */
export const REPLICATION_CASES: readonly CompatCase[] = [
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
  {
    name: 'acting-master',
    expectation:
      'after kill -9 of a master its slave goes on: queues, offsets, delayed messages and transactions; when the master is back nothing is lost, and offsets do not go back',
    cluster: 'acting',
    notApplicable: { go: ENOUGH_BY_JAVA },
    timeoutMs: ACTING_LIMIT_MS,
  },
  {
    name: 'acting-master-apache-slave',
    expectation: 'the same with Apache’s 5.5.0 slave under our master and NameServer',
    run: 'acting-master',
    cluster: 'acting-apache-slave',
    notApplicable: { go: ENOUGH_BY_JAVA },
    timeoutMs: ACTING_LIMIT_MS,
  },
  {
    name: 'acting-master-apache-master',
    expectation: 'the same with our slave under Apache’s 5.5.0 masters and NameServer',
    run: 'acting-master',
    cluster: 'acting-apache-master',
    notApplicable: { go: ENOUGH_BY_JAVA },
    timeoutMs: ACTING_LIMIT_MS,
  },
];
