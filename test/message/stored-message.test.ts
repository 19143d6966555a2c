/** Records read back as messages: whatever was encoded comes out again, with either form of hosts and topics. */
import * as assert from 'uvu/assert';

import { decodeStoredMessage } from '#src/message/stored-message.js';
import { encodeRecord, RECORD, recordSize, storeTimestampPosition, writeInt64 } from '#src/message/stored-record.js';

import { suite } from '../suite.js';

const test = suite('stored message');
const V4 = Buffer.from([127, 0, 0, 1, 0, 0, 0x2a, 0x9f]);
const V6 = Buffer.from('20010db8000000000000000000000001000027aa', 'hex');

function encode(bornHost: Buffer, storeHost: Buffer, topic: string, padding = 0): Buffer {
  const properties = 'KEYS\u0001kä\u0002';
  const propertiesBytes = Buffer.byteLength(properties);
  const topicBytes = Buffer.from(topic);
  const message = {
    queueId: 3,
    flag: -7,
    sysFlag: 1,
    bornTimestampMs: 1_700_000_000_001,
    bornHost,
    reconsumeTimes: 5,
    preparedTransactionOffset: 2 ** 40,
    body: Buffer.from('a body'),
  };
  const size = recordSize(bornHost.length, storeHost.length, 6, topicBytes.length, propertiesBytes);
  const record = Buffer.alloc(padding + size);
  encodeRecord(record, padding, message, storeHost, topicBytes, properties, propertiesBytes);
  writeInt64(record, 12, padding + RECORD.QUEUE_OFFSET);
  writeInt64(record, 2 ** 41, padding + RECORD.PHYSICAL_OFFSET);
  writeInt64(record, 1_700_000_000_002, storeTimestampPosition(record, padding));
  return record;
}

test('all fields, with IPv4 and IPv6 hosts, short and long topics, anywhere in a buffer', () => {
  for (const bornHost of [V4, V6]) {
    for (const storeHost of [V4, V6]) {
      for (const topic of ['T', 'x'.repeat(200)]) {
        const stored = decodeStoredMessage(encode(bornHost, storeHost, topic, 9), 9);
        assert.ok(stored);
        const { bornHost: born, storeHost: store, body, sysFlag, ...rest } = stored;
        assert.equal(Buffer.from(born), bornHost);
        assert.equal(Buffer.from(store), storeHost);
        assert.is(Buffer.from(body).toString(), 'a body');
        assert.is(sysFlag & 1, 1);
        assert.equal(rest, {
          topic,
          queueId: 3,
          flag: -7,
          queueOffset: 12,
          physicalOffset: 2 ** 41,
          bodyCrc: 0,
          bornTimestampMs: 1_700_000_000_001,
          storeTimestampMs: 1_700_000_000_002,
          reconsumeTimes: 5,
          preparedTransactionOffset: 2 ** 40,
          properties: 'KEYS\u0001kä\u0002',
        });
      }
    }
  }
});

test('nothing comes of a record that is cut short', () => {
  const record = encode(V4, V4, 'T');
  assert.is(decodeStoredMessage(record.subarray(0, record.length - 1)), undefined);
});

test.run();
