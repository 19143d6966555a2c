/** The stored record: V1 and V2, IPv4 and IPv6 hosts, parts found again, damaged lengths refused. Bytes from Apache: test/commitlog. */
import * as assert from 'uvu/assert';

import { SysFlag } from '#src/message/message-sys-flag.js';
import {
  emptyRecordParts,
  encodeRecord,
  locateParts,
  MESSAGE_MAGIC_V1,
  MESSAGE_MAGIC_V2,
  readInt64,
  RECORD,
  recordSize,
  storeTimestampPosition,
  writeInt64,
} from '#src/message/stored-record.js';

import { suite } from '../suite.js';

const test = suite('stored record');
const IPV4 = Buffer.from('7f00000100002a9f', 'hex');
const IPV6 = Buffer.concat([Buffer.alloc(15), Buffer.from('01', 'hex'), Buffer.from('00002a9f', 'hex')]);

function encode(topic: string, bornHost: Buffer, storeHost: Buffer): Buffer {
  const properties = 'TAGS\u0001Grün\u0002UNIQ_KEY\u0001x\u0002';
  const topicBytes = Buffer.from(topic);
  const body = Buffer.from('hello');
  const propertiesBytes = Buffer.byteLength(properties);
  const size = recordSize(bornHost.length, storeHost.length, body.length, topicBytes.length, propertiesBytes);
  const target = Buffer.alloc(size + 10);
  const message = {
    queueId: 3,
    flag: 9,
    sysFlag: SysFlag.COMPRESSED,
    bornTimestampMs: 1_795_000_000_000,
    bornHost,
    reconsumeTimes: 2,
    preparedTransactionOffset: 77,
    body,
  };
  const end = encodeRecord(target, 10, message, storeHost, topicBytes, properties, propertiesBytes);
  assert.is(end, size + 10);
  return target.subarray(10);
}

for (const [name, topic, bornHost, storeHost, magic] of [
  ['V1, IPv4', 'T', IPV4, IPV4, MESSAGE_MAGIC_V1],
  ['V1, IPv6 born host', 'T'.repeat(127), IPV6, IPV4, MESSAGE_MAGIC_V1],
  ['V2, IPv6 hosts', 'T'.repeat(128), IPV6, IPV6, MESSAGE_MAGIC_V2],
] as const) {
  test(`${name}: every part is found again`, () => {
    const record = encode(topic, bornHost, storeHost);
    const parts = emptyRecordParts();
    assert.ok(locateParts(record, 0, record.length, parts));
    assert.is(record.readInt32BE(RECORD.MAGIC), magic);
    assert.is(record.toString('utf8', parts.bodyStart, parts.bodyEnd), 'hello');
    assert.is(record.toString('utf8', parts.topicStart, parts.topicEnd), topic);
    assert.is(
      record.toString('utf8', parts.propertiesStart, parts.propertiesEnd),
      'TAGS\u0001Grün\u0002UNIQ_KEY\u0001x\u0002',
    );
    const flags = record.readInt32BE(RECORD.SYS_FLAG);
    assert.is((flags & SysFlag.BORN_HOST_V6) !== 0, bornHost.length === 20);
    assert.is((flags & SysFlag.STORE_HOST_V6) !== 0, storeHost.length === 20);
    assert.is(flags & SysFlag.COMPRESSED, SysFlag.COMPRESSED);
    assert.is(storeTimestampPosition(record, 0), RECORD.BORN_HOST + bornHost.length);
  });
}

test('a record cut anywhere, or with a changed length, is refused and nothing is thrown', () => {
  const record = encode('Topic', IPV4, IPV4);
  const parts = emptyRecordParts();
  locateParts(record, 0, record.length, parts);
  const bodySizePosition = parts.bodyStart - 4;
  for (let limit = 0; limit < record.length; limit++)
    assert.not(locateParts(record, 0, limit, parts), `cut at ${limit}`);
  for (const position of [RECORD.TOTAL_SIZE, bodySizePosition]) {
    for (const length of [-1, 0, 1, record.length - 1, record.length + 1, 0x7fffffff, -0x80000000]) {
      const damaged = Buffer.from(record);
      damaged.writeInt32BE(length, position);
      assert.not(locateParts(damaged, 0, damaged.length, parts), `length ${length} at ${position}`);
    }
  }
});

test('64-bit integers are exact up to 2^53 and below zero', () => {
  const bytes = Buffer.alloc(8);
  for (const value of [0, 1, -1, 2 ** 32, 2 ** 32 - 1, -(2 ** 32) - 5, 2 ** 53 - 1, -(2 ** 53) + 1, -1_234_567]) {
    writeInt64(bytes, value, 0);
    assert.is(readInt64(bytes, 0), value);
    assert.is(bytes.readBigInt64BE(0), BigInt(value));
  }
});

test.run();
