/**
 * Requests that Apache's 5.5.0 broker was sent, and its answers, against ours: codes, remarks, header fields and bodies.
 * Where ours differs on purpose it is listed here with the reason.
 */
import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';

import { parseFastjson } from '#src/remoting/fastjson.js';
import type { FastjsonValue } from '#src/remoting/fastjson-reader.js';
import { RequestCode } from '#src/remoting/request-code.js';
import { MemoryConnection } from '../remoting/memory-connection.js';
import { suite } from '../suite.js';
import { AdminBroker } from './admin-broker.js';

interface Exchange {
  readonly name: string;
  readonly request: { readonly code: number; readonly extFields: Record<string, string>; readonly body?: string };
  readonly response: {
    readonly code: number;
    readonly remark?: string;
    readonly extFields?: Record<string, string>;
    readonly body?: string;
  };
}

const exchanges = JSON.parse(
  readFileSync(new URL('../../../test/broker/golden/exchanges.json', import.meta.url), 'utf8'),
) as Exchange[];

/** Only the code is the same: Apache's remark is a Java stack trace, or something that cannot happen here. */
const OTHER_REMARK: ReadonlySet<string> = new Set([
  '17-nofilter',
  '17-empty',
  '200-badattr',
  '34-nobody',
  // An offset in the middle of a record: Apache reads nonsense and fails, here there is no record.
  '33-bad',
  // Without numbers, or with a negative one, Apache's processor fails with an exception.
  '12-negative',
  '12-nomax',
  '12-notimes',
  // Apache sends an empty remark.
  '31',
  '31-none',
  // Nothing in them tells who asks, or of what: Apache fails on what is missing.
  '41-nobody',
  '41-notjson',
  '41-nogroup',
  '41-noclient',
  '42-nobody',
  '42-empty',
  '42-nogroup',
  // Apache fails on the id that is missing.
  '905-nothing',
  '223-offline',
  '309-badid',
  '309-noid',
  '309-gone',
]);
/** Answered with another code, on purpose. */
const OTHER_CODE: ReadonlyMap<string, number> = new Map([
  // A value that is not allowed: Apache says SUCCESS and keeps the old one.
  ['25-badvalue', 29],
]);
/** Depend on the machine and the connection; other tests look at them. */
const VARYING_BODIES: ReadonlySet<number> = new Set([
  RequestCode.GET_BROKER_CONFIG,
  RequestCode.GET_BROKER_RUNTIME_INFO,
  RequestCode.GET_CONSUMER_CONNECTION_LIST,
  RequestCode.GET_PRODUCER_CONNECTION_LIST,
]);

const test = suite('apache-exchanges');
const broker = new AdminBroker();
const connection = new MemoryConnection('127.0.0.1', 57_186);

/**
 * Members that depend on the time and on the size of the log, and the counter of a data version: Apache counts an update with attributes even if it changes nothing.
 */
const VARYING_MEMBER = /timestamp|^counter$|^masterCommitLogMaxOffset$|^delayTime$/i;

/** Java's sets of objects, which come in any order. */
const UNORDERED_MEMBER = /Set$/;

/** Without the members that vary, and with maps and sets in one order. */
function comparable(value: FastjsonValue): unknown {
  if (value instanceof Map) {
    return comparable(
      Object.fromEntries(Array.from(value, ([key, member]) => [JSON.stringify(comparable(key)), member])),
    );
  }
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(
    members.map(([key, member]) => [key, VARYING_MEMBER.test(key) ? 'varies' : inOrder(key, comparable(member))]),
  );
}

function inOrder(key: string, value: unknown): unknown {
  if (!UNORDERED_MEMBER.test(key) || !Array.isArray(value)) return value;
  return value.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

async function check({ name, request, response }: Exchange): Promise<void> {
  if (request.code === RequestCode.SEND_MESSAGE) {
    const { topic = '', queueId = '0' } = request.extFields;
    broker.topics.createInSend(topic, 'TBW102', 'test', Number(request.extFields['defaultTopicQueueNums']), 0);
    await broker.put(topic, Number(queueId), request.body, request.extFields['properties']);
    return;
  }
  const answer = await broker.call(request.code, request.extFields, request.body, connection);
  assert.is(answer.code, OTHER_CODE.get(name) ?? response.code, `${name}: ${answer.remark}`);
  if (OTHER_CODE.has(name)) return;
  if (!OTHER_REMARK.has(name)) assert.is(answer.remark, response.remark, name);
  for (const [field, value] of Object.entries(response.extFields ?? {})) {
    const isTime = /timestamp|version/i.test(field);
    assert.is(
      isTime ? typeof answer.extFields?.[field] : answer.extFields?.[field],
      isTime ? 'string' : value,
      `${name} ${field}`,
    );
  }
  if (response.body === undefined || VARYING_BODIES.has(request.code)) return;
  const body = answer.body?.toString() ?? '';
  assert.equal(comparable(parseFastjson(body)), comparable(parseFastjson(response.body)), name);
}

for (const exchange of exchanges) test(exchange.name, () => check(exchange));

test('every code of the table was tried', () => {
  const tried = new Set(exchanges.map(({ request }) => request.code));
  assert.equal(
    [...broker.table.keys()].filter((code) => !tried.has(code)),
    [],
  );
});

test.run();
