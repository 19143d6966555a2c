/** SEND_BATCH_MESSAGE (320): many messages in one put and one answer. */
import * as assert from 'uvu/assert';
import type { RemotingCommand } from '#src/remoting/remoting-command.js';
import { suite } from '../suite.js';
import { MessageBroker, sendRequest } from './message-broker.js';

const test = suite('send batch');

/** As MessageDecoder.encodeMessage writes one message of a batch. */
function encodeMessage(body: string, properties: string, flag = 0): Buffer {
  const bytes = Buffer.alloc(22 + Buffer.byteLength(body) + Buffer.byteLength(properties));
  bytes.writeInt32BE(bytes.length, 0);
  bytes.writeInt32BE(flag, 12);
  bytes.writeInt32BE(Buffer.byteLength(body), 16);
  const bodyEnd = 20 + bytes.write(body, 20);
  bytes.writeInt16BE(Buffer.byteLength(properties), bodyEnd);
  bytes.write(properties, bodyEnd + 2);
  return bytes;
}

function batchRequest(fields: Record<string, string>, body: Buffer): RemotingCommand {
  const request = sendRequest({ batch: 'true', properties: 'WAIT\u0001true\u0002', ...fields }, body);
  request.code = 320;
  return request;
}

function batchBroker(): MessageBroker {
  const broker = new MessageBroker();
  broker.addTopic('T');
  return broker;
}

test('stores each message with its own flag, body and properties, and answers all ids', async () => {
  const broker = batchBroker();
  const body = Buffer.concat([
    encodeMessage('one', 'UNIQ_KEY\u0001A\u0002', 5),
    encodeMessage('two', 'UNIQ_KEY\u0001B\u0002'),
  ]);
  const response = await broker.sent(batchRequest({ queueId: '1' }, body));
  assert.is(response.code, 0);
  assert.equal(
    broker.store.puts.map((message) => message.body.toString()),
    ['one', 'two'],
  );
  assert.equal(
    broker.store.puts.map((message) => message.properties),
    ['UNIQ_KEY\u0001A\u0002', 'UNIQ_KEY\u0001B\u0002'],
  );
  assert.equal(
    broker.store.puts.map((message) => message.flag),
    [5, 0],
  );
  assert.equal(
    broker.store.puts.map((message) => message.queueId),
    [1, 1],
  );
  assert.is(response.extFields?.['queueOffset'], '0');
  assert.is(response.extFields?.['queueId'], '1');
  assert.is(response.extFields?.['transactionId'], undefined);
  const ids = response.extFields?.['msgId']?.split(',') ?? [];
  assert.is(ids.length, 2);
  assert.is(ids[0], '0A00000100002A9F0000000000000000');
  assert.not.equal(ids[0], ids[1]);
});

test('refuses retry topics, transactions and delays', async () => {
  const broker = batchBroker();
  const body = encodeMessage('one', '');
  const illegal =
    'the message is illegal, maybe msg body or properties length not matched. ' +
    'msg body length limit 4194304B, msg properties length limit 32KB.';
  const cases: [Record<string, string>, string][] = [
    [{ topic: '%RETRY%G' }, 'batch request does not support retry group %RETRY%G'],
    [{ topic: `%DLQ%${'x'.repeat(130)}` }, 'message topic length too long 135'],
    [{ sysFlag: '4' }, illegal],
    [{ properties: 'DELAY\u00011\u0002' }, illegal],
  ];
  for (const [fields, remark] of cases) {
    const response = await broker.sent(batchRequest(fields, body));
    assert.is(response.code, 13);
    assert.is(response.remark, remark);
  }
  assert.is(broker.store.puts.length, 0);
});

test('refuses a batch that is too large, damaged or empty', async () => {
  const broker = batchBroker();
  const damaged = encodeMessage('one', '');
  damaged.writeInt32BE(1_000, 16);
  for (const body of [Buffer.alloc(4 * 1024 * 1024 + 1), damaged, Buffer.alloc(0)]) {
    assert.is((await broker.sent(batchRequest({}, body))).code, 13);
  }
  assert.is(broker.store.puts.length, 0);
});

test.run();
