/**
 * The cases of the compatibility tests, as data: what is run, against which servers, and what must come out.
 * What a case does is written once for each client library under its `run` name. Every case passes against Apache's own broker
 * (`--target apache`); one that does not is a wrong case.
 */
import { BASIC_CASES } from './cases/basic-cases.js';
import type { CompatCase } from './cases/compat-case.js';
import { CONSUMER_CASES } from './cases/consumer-cases.js';
import { HANDOVER_CASES } from './cases/handover-cases.js';
import { MESSAGE_CASES } from './cases/message-cases.js';
import { REPLICATION_CASES } from './cases/replication-cases.js';
import { RETENTION_CASES } from './cases/retention-cases.js';

/** Every row of the matrix, in its order. */
export const CASES: readonly CompatCase[] = [
  ...BASIC_CASES,
  ...MESSAGE_CASES,
  ...CONSUMER_CASES,
  ...REPLICATION_CASES,
  ...RETENTION_CASES,
  ...HANDOVER_CASES,
];
