/**
 * How far groups have consumed: the content of consumerOffset.json and of the answer to GET_ALL_CONSUMER_OFFSET (43). Main thread.
 * Java: ConsumerOffsetSerializeWrapper, and ConsumerOffsetManager as fastjson writes it.
 */
import { defineBody, list, number, numberMap, optional, text, textMap, type BodyOf } from '../body-schema.js';
import { DataVersion } from './data-version.js';

/** `topic@group` → queue id → offset. */
const OffsetTable = textMap(numberMap(number()));

/** The body. 4.9 writes the second table only. */
export const ConsumerOffsetTable = defineBody({
  dataVersion: optional(DataVersion),
  /** Follows from `offsetTable`; written because Apache does. */
  groupTopicMap: optional(textMap(list(text()))),
  offsetTable: OffsetTable,
  pullOffsetTable: optional(OffsetTable),
});
/** Decoded {@link ConsumerOffsetTable}. */
export type ConsumerOffsetTable = BodyOf<typeof ConsumerOffsetTable>;
