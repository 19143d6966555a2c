/** The stored record: written by the main thread, stamped by the commitlog worker. Micro benchmark. */
import { crc32 } from 'node:zlib';
import {
  encodeRecord,
  locateParts,
  emptyRecordParts,
  recordSize,
  type RecordFields,
} from '#src/message/stored-record.js';
import { tagsCodeOfProperties } from '#src/message/record-properties.js';
import type { MicroBenchmark } from './micro-benchmark.js';

const HOST = Buffer.from([127, 0, 0, 1, 0, 0, 0x2a, 0x9f]);
const TOPIC = Buffer.from('bench-topic');
const PROPERTIES = 'UNIQ_KEY\u0001C0A80001000018B4AAC21999999999\u0002TAGS\u0001TagA\u0002WAIT\u0001true\u0002';

const message: RecordFields = {
  queueId: 1,
  flag: 0,
  sysFlag: 0,
  bornTimestampMs: 1_700_000_000_000,
  bornHost: HOST,
  reconsumeTimes: 0,
  preparedTransactionOffset: 0,
  body: Buffer.alloc(1024, 'x'),
};

/** Encoding, finding the parts, the tags code and the CRC of a 1 KiB message; the baseline copies as many bytes. */
export function recordBenchmarks(): MicroBenchmark[] {
  const propertiesBytes = Buffer.byteLength(PROPERTIES);
  const size = recordSize(HOST.length, HOST.length, message.body.length, TOPIC.length, propertiesBytes);
  const source = Buffer.alloc(size);
  const target = Buffer.alloc(size);
  encodeRecord(source, 0, message, HOST, TOPIC, PROPERTIES, propertiesBytes);
  const parts = emptyRecordParts();
  locateParts(source, 0, size, parts);
  const body = source.subarray(parts.bodyStart, parts.bodyEnd);
  const group = 'record';
  return [
    { group, name: 'copy of the bytes alone', isBaseline: true, run: () => void source.copy(target) },
    {
      group,
      name: 'encode',
      run: () => void encodeRecord(target, 0, message, HOST, TOPIC, PROPERTIES, propertiesBytes),
    },
    { group, name: 'locate the parts', run: () => void locateParts(source, 0, size, parts) },
    {
      group,
      name: 'tags code',
      run: () => void tagsCodeOfProperties(source, parts.propertiesStart, parts.propertiesEnd),
    },
    { group, name: 'CRC of the body', run: () => void crc32(body) },
  ];
}
