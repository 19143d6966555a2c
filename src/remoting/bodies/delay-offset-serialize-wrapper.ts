/**
 * How far each delay level has been delivered: the content of delayOffset.json and of the answer to GET_ALL_DELAY_OFFSET (45).
 * Main thread. Java: DelayOffsetSerializeWrapper.
 */
import { defineBody, number, numberMap, optional, type BodyOf } from '../body-schema.js';
import { DataVersion } from './data-version.js';

/** The body. 4.9 writes no version. */
export const DelayOffsetSerializeWrapper = defineBody({
  dataVersion: optional(DataVersion),
  /** Level → offset of the next message to deliver in its queue. */
  offsetTable: numberMap(number()),
});
/** Decoded {@link DelayOffsetSerializeWrapper}. */
export type DelayOffsetSerializeWrapper = BodyOf<typeof DelayOffsetSerializeWrapper>;
