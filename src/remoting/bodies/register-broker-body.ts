/**
 * Body of REGISTER_BROKER (103): all topics of a broker. Main thread. Java: RegisterBrokerBody.
 * Plain it is JSON; compressed it is, in one zlib stream,
 *
 *   | dataVersion | topics | (topic)* | filterServerList | mappings | (mapping)* |
 *     text          int32    text       text               int32      text            the last two since 5.0.0
 *
 * each text being an int32 length and UTF-8: JSON, but a topic is `name readQueueNums writeQueueNums perm filterType attributes`.
 */
import { crc32, deflateSync, inflateSync } from 'node:zlib';
import { RequestError } from '../../base/errors.js';
import { defineBody, list, text, type BodyOf } from '../body-schema.js';
import { parseFastjson, stringifyFastjson } from '../fastjson.js';
import { ResponseCode } from '../response-code.js';
import { DataVersion } from './data-version.js';
import { TOPIC_FILTER_TYPES, TopicConfig, TopicConfigSerializeWrapper } from './topic-config-serialize-wrapper.js';

/** What a compressed body may grow to. */
export const MAX_INFLATED_BYTES = 64 * 1024 * 1024;
const JAVA_BEST_COMPRESSION = 9;

/** The body when not compressed. */
export const RegisterBrokerBody = defineBody({
  filterServerList: list(text()),
  topicConfigSerializeWrapper: TopicConfigSerializeWrapper,
});
/** Decoded {@link RegisterBrokerBody}. */
export type RegisterBrokerBody = BodyOf<typeof RegisterBrokerBody>;

/** The header's bodyCrc32. Java: UtilAll.crc32, which drops the sign bit. */
export function registerBrokerCrc32(body: Buffer): number {
  return crc32(body) & 0x7f_ff_ff_ff;
}

/** Writes the compressed form. */
export function encodeCompressedRegisterBrokerBody(body: RegisterBrokerBody): Buffer {
  const { dataVersion, topicConfigTable } = body.topicConfigSerializeWrapper;
  const parts = [textPart(stringifyFastjson(dataVersion)), int32Part(topicConfigTable.size)];
  for (const topic of topicConfigTable.values()) parts.push(textPart(formatTopic(topic)));
  parts.push(textPart(JSON.stringify(body.filterServerList)), int32Part(0));
  return deflateSync(Buffer.concat(parts), { level: JAVA_BEST_COMPRESSION });
}

/** Reads the compressed form. Throws RequestError if it is broken. Mappings of static topics, the last part, are dropped. */
export function decodeCompressedRegisterBrokerBody(compressed: Buffer): RegisterBrokerBody {
  const reader = new PartReader(inflate(compressed));
  const dataVersion = DataVersion.read(parseFastjson(reader.text()));
  const topicConfigTable = new Map<string, TopicConfig>();
  for (let left = reader.int32(); left > 0; left -= 1) {
    const topic = parseTopic(reader.text());
    if (topic !== undefined) topicConfigTable.set(topic.topicName, topic);
  }
  const filterServerList = list(text()).read(parseFastjson(reader.text()));
  return { filterServerList, topicConfigSerializeWrapper: { dataVersion, topicConfigTable } };
}

function formatTopic(topic: TopicConfig): string {
  const { topicName, readQueueNums, writeQueueNums, perm, topicFilterType, attributes } = topic;
  return [topicName, readQueueNums, writeQueueNums, perm, topicFilterType, JSON.stringify(attributes)].join(' ');
}

/** Compat: order and topicSysFlag are not part of this form, and attributes with a space in them are lost. */
function parseTopic(line: string): TopicConfig | undefined {
  const [topicName, readQueueNums, writeQueueNums, perm, topicFilterType, attributes] = line.split(' ');
  if (topicName === undefined || topicFilterType === undefined) return undefined;
  return {
    attributes: parseAttributes(attributes),
    order: false,
    perm: Number(perm),
    readQueueNums: Number(readQueueNums),
    topicFilterType: TOPIC_FILTER_TYPES.find((type) => type === topicFilterType) ?? 'SINGLE_TAG',
    topicName,
    topicSysFlag: 0,
    writeQueueNums: Number(writeQueueNums),
  };
}

function parseAttributes(json: string | undefined): Record<string, string> {
  if (json === undefined || json === '') return {};
  try {
    return TopicConfig.read({ attributes: parseFastjson(json) }).attributes;
  } catch (error) {
    if (error instanceof RequestError) return {};
    throw error;
  }
}

function inflate(compressed: Buffer): Buffer {
  try {
    return inflateSync(compressed, { maxOutputLength: MAX_INFLATED_BYTES });
  } catch (error) {
    throw new RequestError(ResponseCode.SYSTEM_ERROR, 'the body cannot be decompressed', { cause: error });
  }
}

function int32Part(value: number): Buffer {
  const part = Buffer.alloc(4);
  part.writeInt32BE(value);
  return part;
}

function textPart(content: string): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([int32Part(bytes.length), bytes]);
}

/** Reads forward through the inflated parts. */
class PartReader {
  readonly #buffer: Buffer;
  #offset = 0;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }

  int32(): number {
    return this.#buffer.readInt32BE(this.#advance(4));
  }

  text(): string {
    const bytes = this.int32();
    const start = this.#advance(bytes);
    return this.#buffer.toString('utf8', start, start + bytes);
  }

  #advance(bytes: number): number {
    const start = this.#offset;
    if (bytes < 0 || start + bytes > this.#buffer.length) {
      throw new RequestError(ResponseCode.SYSTEM_ERROR, 'the body ends too early');
    }
    this.#offset += bytes;
    return start;
  }
}
