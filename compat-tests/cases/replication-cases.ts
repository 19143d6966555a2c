/** A master and a slave, of either maker. */
import type { CompatCase } from './compat-case.js';

const ACTING_LIMIT_MS = 600_000;
/**
 * A master that comes back takes over its slave's offsets. Apache's own pair cannot do what these cases show: 5.5.0 writes offsets (43, 45) with bare
 * integers as keys, which its reader refuses ('not support unquoted name'), so that its slave never has them and its master never comes back.
 */
const TAKES_OVER = { totalReplicas: '2' };
const ENOUGH_BY_JAVA = 'replication is between brokers: the Java clients are enough to send and to consume';
const ENOUGH_BY_NEWEST = {
  go: ENOUGH_BY_JAVA,
  olderJava: 'what is seen here is between brokers: the newest Java client is enough to send and to consume',
};

/** Rows of the matrix, in their order. */
export const REPLICATION_CASES: readonly CompatCase[] = [
  {
    name: 'replication',
    expectation:
      '100,000 messages: the slave’s log is the master’s byte for byte, and all are consumed from it after kill -9 of the master',
    cluster: 'replicated',
    notApplicable: { go: ENOUGH_BY_JAVA },
    timeoutMs: 400_000,
  },
  {
    name: 'replication-apache-slave',
    expectation: 'the same with Apache’s 5.5.0 slave under our master',
    run: 'replication',
    cluster: 'apache-slave',
    notApplicable: ENOUGH_BY_NEWEST,
    timeoutMs: 400_000,
  },
  {
    name: 'replication-apache-master',
    expectation: 'the same with our slave under Apache’s 5.5.0 master and NameServer',
    run: 'replication',
    cluster: 'apache-master',
    notApplicable: ENOUGH_BY_NEWEST,
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
    name: 'replication-status',
    expectation: 'mqadmin brokerStatus and haStatus of a master with a slave in sync',
    cluster: 'replicated',
    notApplicable: ENOUGH_BY_NEWEST,
    timeoutMs: 400_000,
  },
  {
    name: 'acting-master',
    expectation:
      'after kill -9 of a master its consumers go on at its slave, its delayed messages and transactions through another master; when it is back nothing is lost',
    cluster: 'acting',
    notApplicable: ENOUGH_BY_NEWEST,
    timeoutMs: ACTING_LIMIT_MS,
  },
  {
    name: 'acting-master-apache-slave',
    expectation:
      'the same with Apache’s 5.5.0 slave under our master and NameServer; consumers that start meanwhile go on at their offsets, also when the master is back',
    run: 'acting-master-offsets',
    cluster: 'acting-apache-slave',
    settings: TAKES_OVER,
    notApplicable: ENOUGH_BY_NEWEST,
    timeoutMs: ACTING_LIMIT_MS,
  },
  {
    name: 'acting-master-apache-master',
    expectation: 'the same with our slave under Apache’s 5.5.0 masters and NameServer',
    run: 'acting-master',
    cluster: 'acting-apache-master',
    notApplicable: ENOUGH_BY_NEWEST,
    timeoutMs: ACTING_LIMIT_MS,
  },
  {
    name: 'acting-master-offsets',
    expectation:
      'with our master and slave: offsets reach the slave, and come back from it before the master is registered',
    cluster: 'acting',
    settings: TAKES_OVER,
    notApplicable: ENOUGH_BY_NEWEST,
    timeoutMs: ACTING_LIMIT_MS,
  },
];
