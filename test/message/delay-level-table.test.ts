/** The delay levels: what the setting may say, and what the consume queue is told of a record. */
import * as assert from 'uvu/assert';

import {
  DELAY_LEVELS_PATTERN,
  DelayLevelTable,
  parseDelayLevel,
  SCHEDULE_TOPIC,
  tagsCodeOfRecord,
} from '#src/message/delay-level-table.js';
import { emptyRecordParts, encodeRecord, locateParts, recordSize } from '#src/message/stored-record.js';
import { tagsToTagsCode } from '#src/message/tags-code.js';

import { suite } from '../suite.js';

const test = suite('delay levels');
const HOST = Buffer.from([127, 0, 0, 1, 0, 0, 0x2a, 0x9f]);

function codeOf(topic: string, properties: string, levels = new DelayLevelTable([1000, 5000])): number {
  const topicBytes = Buffer.from(topic);
  const fields = {
    queueId: 0,
    flag: 0,
    sysFlag: 0,
    bornTimestampMs: 1,
    bornHost: HOST,
    reconsumeTimes: 0,
    preparedTransactionOffset: 0,
    body: Buffer.from('b'),
  };
  const record = Buffer.alloc(recordSize(8, 8, 1, topicBytes.length, properties.length));
  encodeRecord(record, 0, fields, HOST, topicBytes, properties, properties.length);
  const parts = emptyRecordParts();
  locateParts(record, 0, record.length, parts);
  return tagsCodeOfRecord(record, parts, 1_700_000_000_000, levels);
}

test('reads seconds, minutes, hours and days', () => {
  assert.equal(DelayLevelTable.parse('1s 5m  2h 1d 0s').delaysMs, [1000, 300_000, 7_200_000, 86_400_000, 0]);
  assert.is(DelayLevelTable.parse('1s 5m').maxLevel, 2);
});

test('the setting allows nothing else, and no time that a double could not hold', () => {
  for (const text of ['1s', '1s 5s 1d', '99999999d']) assert.ok(DELAY_LEVELS_PATTERN.test(text), text);
  for (const text of ['', '1', 's', '1ms', '1s,5s', ' 1s', '1s ', '-1s', '1.5s', '100000000d']) {
    assert.not.ok(DELAY_LEVELS_PATTERN.test(text), text);
  }
  assert.ok(Number.isSafeInteger(DelayLevelTable.parse('99999999d').deliverTimestampMs(1, 2_000_000_000_000)));
});

test('a message is due its level after it was stored; a level above the highest is the highest', () => {
  const levels = new DelayLevelTable([1000, 5000]);
  assert.is(levels.deliverTimestampMs(1, 10), 1010);
  assert.is(levels.deliverTimestampMs(2, 10), 5010);
  assert.is(levels.deliverTimestampMs(7, 10), 5010);
});

test('reads a level as Java reads an int', () => {
  assert.equal(['1', '+2', '-3', '007'].map(parseDelayLevel), [1, 2, -3, 7]);
  for (const text of ['', ' 1', '1.5', '1e3', '0x1', 'abc', '2147483648'])
    assert.is(parseDelayLevel(text), undefined, text);
});

test('a record of the schedule topic tells when it is due, any other the hash of its tags', () => {
  const properties = 'TAGS\u0001A\u0002DELAY\u00012\u0002';
  assert.is(codeOf(SCHEDULE_TOPIC, properties), 1_700_000_005_000);
  assert.is(codeOf(SCHEDULE_TOPIC, 'DELAY\u00019\u0002'), 1_700_000_005_000);
  assert.is(codeOf('SCHEDULE_TOPIC_XXXY', properties), tagsToTagsCode('A'));
  assert.is(codeOf('T', properties), tagsToTagsCode('A'));
  assert.is(codeOf(SCHEDULE_TOPIC, 'TAGS\u0001A\u0002'), tagsToTagsCode('A'));
  assert.is(codeOf(SCHEDULE_TOPIC, 'TAGS\u0001A\u0002DELAY\u00010\u0002'), tagsToTagsCode('A'));
  assert.is(codeOf(SCHEDULE_TOPIC, 'xDELAY\u00012\u0002'), 0);
});

test.run();
