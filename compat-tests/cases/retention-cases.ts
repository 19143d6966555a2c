/** Messages that the broker has deleted before they were consumed. */
import type { CompatCase } from './compat-case.js';

/** Rows of the matrix, in their order. */
export const RETENTION_CASES: readonly CompatCase[] = [
  {
    name: 'retention-offset-moved',
    expectation:
      'segments are deleted at an operator’s word: a group that was at a deleted message goes on at the first that is left, and gets all from there',
    cluster: 'own',
    // Apache's broker looks for what it may delete a minute after its start for the first time.
    settings: {
      mappedFileSizeCommitLog: '262144',
      mappedFileSizeConsumeQueue: '2000',
      fileReservedTime: '0',
      cleanResourceInterval: '1000',
    },
    timeoutMs: 400_000,
  },
];
