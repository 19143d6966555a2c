/**
 * What goes between tools, broker and consumers over real sockets: relays, replies, resets, locks and ordered topics, wired together as the
 * broker's table has them.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';

import { systemClock } from '#src/base/clock.js';
import { createLogger } from '#src/base/log.js';
import { type RingMQ, startRingMQ } from '#src/index.js';
import { RemotingClient } from '#src/remoting/remoting-client.js';
import type { ProcessorTable } from '#src/remoting/connection.js';
import { createRequest, createResponse, type RemotingCommand } from '#src/remoting/remoting-command.js';
import { RequestCode } from '#src/remoting/request-code.js';
import { ResponseCode } from '#src/remoting/response-code.js';
import { suite } from '../suite.js';
import { TestClient } from './test-client.js';

const test = suite('consumer requests');
const folders: string[] = [];
const TIMEOUT_MS = 20_000;

test.after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A client that answers the broker, and an administrator. */
interface Peers {
  readonly mq: RingMQ;
  readonly client: (processors: ProcessorTable) => RemotingClient;
  readonly call: (
    code: number,
    fields: Record<string, string>,
    body?: string,
    address?: string,
  ) => Promise<RemotingCommand>;
  readonly messages: TestClient;
}

async function withPeers(use: (peers: Peers) => Promise<void>): Promise<void> {
  const data = mkdtempSync(join(tmpdir(), 'ringmq-e2e-'));
  folders.push(data);
  const mq = await startRingMQ({ data });
  const clients: RemotingClient[] = [];
  const client = (processors: ProcessorTable): RemotingClient => {
    const made = new RemotingClient({ logger: createLogger('client', 'silent'), clock: systemClock, processors });
    clients.push(made);
    return made;
  };
  const admin = client(new Map());
  const messages = new TestClient(mq.brokerAddress);
  try {
    await use({
      mq,
      client,
      messages,
      call: (code, fields, body, address = mq.brokerAddress) =>
        admin.invoke(
          address,
          createRequest(code, fields, body === undefined ? undefined : Buffer.from(body)),
          TIMEOUT_MS,
        ),
    });
  } finally {
    await messages.close();
    for (const made of clients) await made.close();
    await mq.stop();
  }
}

function heartbeat(clientID: string, consumer: string | undefined, producer: string | undefined): RemotingCommand {
  const consumerData = {
    groupName: consumer,
    consumeType: 'CONSUME_PASSIVELY',
    messageModel: 'CLUSTERING',
    consumeFromWhere: 'CONSUME_FROM_LAST_OFFSET',
    subscriptionDataSet: [{ topic: 'T', subString: '*', subVersion: 1, expressionType: 'TAG' }],
    unitMode: false,
  };
  const body = {
    clientID,
    consumerDataSet: consumer === undefined ? [] : [consumerData],
    producerDataSet: producer === undefined ? [] : [{ groupName: producer }],
  };
  return createRequest(RequestCode.HEART_BEAT, {}, Buffer.from(JSON.stringify(body)));
}

test('a consumer is asked how it runs, and asked to consume', () =>
  withPeers(async ({ mq, client, call, messages }) => {
    const { msgId } = await messages.send('T', 'once more');
    const consumer = client(
      new Map([
        [
          RequestCode.GET_CONSUMER_RUNNING_INFO,
          (request) =>
            createResponse(request, ResponseCode.SUCCESS, undefined, undefined, Buffer.from('{"running":true}')),
        ],
        [
          RequestCode.CONSUME_MESSAGE_DIRECTLY,
          (request) => createResponse(request, ResponseCode.SUCCESS, undefined, request.extFields, request.body),
        ],
      ]),
    );
    await consumer.invoke(mq.brokerAddress, heartbeat('c1', 'G', undefined), TIMEOUT_MS);
    const who = { consumerGroup: 'G', clientId: 'c1' };
    const info = await call(RequestCode.GET_CONSUMER_RUNNING_INFO, { ...who, jstackEnable: 'false' });
    assert.is(info.body?.toString(), '{"running":true}');
    const consumed = await call(RequestCode.CONSUME_MESSAGE_DIRECTLY, { ...who, msgId });
    assert.is(consumed.extFields?.['brokerName'], mq.brokerName);
    assert.match(consumed.body?.toString('latin1') ?? '', 'once more');
    await consumer.close();
    const gone = await call(RequestCode.GET_CONSUMER_RUNNING_INFO, { ...who, jstackEnable: 'false' });
    assert.is(gone.remark, 'The Consumer <G> <c1> not online');
  }));

test('a reply finds the client that asked', () =>
  withPeers(async ({ mq, client, call }) => {
    const replies: string[] = [];
    const asker = client(
      new Map([
        [
          RequestCode.PUSH_REPLY_MESSAGE_TO_CLIENT,
          (request) => {
            replies.push(`${request.body?.toString()} ${request.extFields?.['storeHost']}`);
            return createResponse(request, ResponseCode.SUCCESS);
          },
        ],
      ]),
    );
    await asker.invoke(mq.brokerAddress, heartbeat('asker', undefined, 'P'), TIMEOUT_MS);
    const header = { a: 'p', b: `${mq.clusterName}_REPLY_TOPIC`, c: 'TBW102', d: '4', e: '0', f: '0', g: '1', h: '0' };
    const answer = await call(
      RequestCode.SEND_REPLY_MESSAGE_V2,
      { ...header, i: 'REPLY_TO_CLIENT\u0001asker\u0002' },
      'the answer',
    );
    assert.is(answer.code, ResponseCode.SUCCESS, answer.remark);
    assert.equal(replies, [`the answer ${mq.brokerAddress}`]);
  }));

test('a reset is taken by the next pull, once', () =>
  withPeers(async ({ call, messages }) => {
    for (let i = 0; i < 10; i++) await messages.send('T', `m${i}`);
    const group = 'CID_RMQ_SYS_test';
    // The group is made by its first pull.
    assert.is((await messages.pull('T', 0)).messages.length, 10);
    const reset = { topic: 'T', group, timestamp: '0', isForce: 'true', queueId: '0', offset: '4' };
    assert.is((await call(RequestCode.INVOKE_BROKER_TO_RESET_OFFSET, reset)).code, ResponseCode.SUCCESS);
    const moved = await messages.pull('T', 10, { suspendMs: 15_000 });
    assert.equal([moved.code, moved.nextBeginOffset], [ResponseCode.PULL_OFFSET_MOVED, 4]);
    assert.is((await messages.pull('T', 4)).messages[0]?.body, 'm4');
    const stats = await call(RequestCode.GET_CONSUME_STATS, { consumerGroup: group, topic: 'T' });
    assert.match(stats.body?.toString() ?? '', '"brokerOffset":10,"consumerOffset":4');
  }));

test('what a group with locks gives up is a dead letter; without, it is not', () =>
  withPeers(async ({ mq, client, call, messages }) => {
    const consumer = client(new Map());
    await consumer.invoke(mq.brokerAddress, heartbeat('c1', 'G', undefined), TIMEOUT_MS);
    await messages.send('%RETRY%G', 'not in order');
    const locks = JSON.stringify({
      consumerGroup: 'G',
      clientId: 'c1',
      mqSet: [{ topic: 'T', brokerName: 'b', queueId: 0 }],
    });
    await call(RequestCode.LOCK_BATCH_MQ, {}, locks);
    await messages.send('%RETRY%G', 'in order');
    await call(RequestCode.UNLOCK_BATCH_MQ, {}, locks);
    await messages.send('%RETRY%G', 'no longer');
    const bodies = async (topic: string): Promise<string[]> => (await messages.pullAll(topic)).map(({ body }) => body);
    assert.equal(await bodies('%DLQ%G'), ['in order']);
    assert.equal(await bodies('%RETRY%G'), ['not in order', 'no longer']);
  }));

test('a topic that the NameServer names as ordered is so at the broker when its making is answered', () =>
  withPeers(async ({ mq, call }) => {
    const { namesrvAddress } = mq;
    assert.ok(namesrvAddress);
    const entry = { namespace: 'ORDER_TOPIC_CONFIG', key: 'Ordered', value: `${mq.brokerName}:2` };
    await call(RequestCode.PUT_KV_CONFIG, entry, undefined, namesrvAddress);
    const shape = {
      defaultTopic: 'TBW102',
      readQueueNums: '4',
      writeQueueNums: '4',
      perm: '6',
      topicFilterType: 'SINGLE_TAG',
    };
    for (const topic of ['Ordered', 'Other']) {
      const fields = { ...shape, topic, topicSysFlag: '0', order: 'false' };
      await call(RequestCode.UPDATE_AND_CREATE_TOPIC, fields);
    }
    const configs = await Promise.all(
      ['Ordered', 'Other'].map((topic) => call(RequestCode.GET_TOPIC_CONFIG, { topic })),
    );
    assert.equal(
      configs.map(({ body }) => /"order":(\w+)/.exec(body?.toString() ?? '')?.[1]),
      ['true', 'false'],
    );
  }));

test.run();
