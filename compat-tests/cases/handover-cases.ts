/** One store that brokers of both makers have in turn. */
import type { CompatCase } from './compat-case.js';

const NOT_APPLICABLE = {
  go: 'the store is the brokers’: the newest Java client is enough to fill and to read it',
  olderJava:
    'the store is the brokers’: the newest client fills and reads it; older ones know no IPv6 addresses and no long topics',
};

/**
 * Segments that the load of a case fills several of; delays and times between questions short; level 3 longer than any run, so that its messages wait
 * when the first broker stops. Pulls of a thousand messages, since everything is read before and after. Listens on IPv6 too.
 */
const SETTINGS = {
  mappedFileSizeCommitLog: String(4 << 20),
  messageDelayLevel: '1s 15s 2h',
  transactionTimeOut: '2000',
  transactionCheckInterval: '2000',
  transactionCheckMax: '1000',
  transactionOpBatchInterval: '100',
  enablePropertyFilter: 'true',
  maxTransferCountOnMessageInMemory: '1000',
  maxTransferBytesOnMessageInMemory: String(4 << 20),
  maxTransferCountOnMessageInDisk: '1000',
  maxTransferBytesOnMessageInDisk: String(4 << 20),
  bindAddress: '::',
} as const;

/** Either maker delivers at once what would wait for longer than its level now does. Java: correctDeliverTimestamp. */
const SHORTER_DELAYS = { messageDelayLevel: '1s 15s 16s' } as const;

const COMMON = {
  notApplicable: NOT_APPLICABLE,
  settings: SETTINGS,
  timeoutMs: 400_000,
} as const;

/** Rows of the matrix, in their order. */
export const HANDOVER_CASES: readonly CompatCase[] = [
  {
    name: 'handover-from-apache',
    expectation:
      '50,000 messages of every kind that Apache’s 5.5.0 broker stored are all there with ours: bodies, properties, offsets, keys, times, groups; what waits is delivered, what is undecided is asked',
    run: 'handover-every-kind',
    cluster: 'from-apache',
    secondSettings: SHORTER_DELAYS,
    ...COMMON,
  },
  {
    name: 'handover-to-apache',
    expectation: 'the same of ours with Apache’s',
    run: 'handover-every-kind',
    cluster: 'to-apache',
    secondSettings: SHORTER_DELAYS,
    ...COMMON,
  },
  {
    name: 'handover-extended',
    expectation:
      'from Apache’s with enableConsumeQueueExt: tags and delivery times are read from the queues’ extension units',
    run: 'handover-every-kind',
    cluster: 'from-apache',
    secondSettings: SHORTER_DELAYS,
    ...COMMON,
    settings: { ...SETTINGS, enableConsumeQueueExt: 'true', mappedFileSizeConsumeQueueExt: '65536' },
  },
  {
    name: 'handover-thrice',
    expectation: 'Apache’s, ours, Apache’s, ours: consumers go on where they were, nothing twice, nothing missing',
    cluster: 'from-apache',
    ...COMMON,
  },
  {
    name: 'handover-killed',
    expectation: 'after kill -9 of either under load the other recovers: all that was acknowledged is at its offset',
    cluster: 'from-apache',
    ...COMMON,
  },
  {
    name: 'handover-locked',
    expectation: 'while Apache’s has the store ours is refused and says why; what it holds stays whole',
    cluster: 'from-apache',
    ...COMMON,
  },
  {
    name: 'handover-locked-to-apache',
    expectation: 'while ours has the store Apache’s is refused and says why; what it holds stays whole',
    run: 'handover-locked',
    cluster: 'to-apache',
    ...COMMON,
  },
];
