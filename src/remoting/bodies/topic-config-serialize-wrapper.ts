/**
 * All topics of a broker, with their data version: body of the answer to GET_ALL_TOPIC_CONFIG (21) and part of REGISTER_BROKER's. Main thread.
 * Java: TopicConfig, TopicConfigSerializeWrapper and TopicConfigAndMappingSerializeWrapper.
 */
import {
  choice,
  defineBody,
  flag,
  number,
  opaqueJson,
  optional,
  text,
  textMap,
  textRecord,
  type BodyOf,
} from '../body-schema.js';
import { DataVersion } from './data-version.js';

/** Java: TopicFilterType. */
export const TOPIC_FILTER_TYPES = ['SINGLE_TAG', 'MULTI_TAG'] as const;

/** One topic. */
export const TopicConfig = defineBody({
  attributes: textRecord(),
  order: flag(),
  perm: number(6),
  readQueueNums: number(16),
  topicFilterType: choice(TOPIC_FILTER_TYPES, 'SINGLE_TAG'),
  topicName: text(),
  topicSysFlag: number(),
  writeQueueNums: number(16),
});
/** Decoded {@link TopicConfig}. */
export type TopicConfig = BodyOf<typeof TopicConfig>;

/** All topics; what belongs to static topics is handed on as it came. */
export const TopicConfigSerializeWrapper = defineBody({
  dataVersion: DataVersion,
  mappingDataVersion: optional(DataVersion),
  topicConfigTable: textMap(TopicConfig),
  topicQueueMappingDetailMap: opaqueJson(),
  topicQueueMappingInfoMap: opaqueJson(),
});
/** Decoded {@link TopicConfigSerializeWrapper}. */
export type TopicConfigSerializeWrapper = BodyOf<typeof TopicConfigSerializeWrapper>;
