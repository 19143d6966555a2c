/** SEND_REPLY_MESSAGE: the reply goes to the client that asked, and is stored. Codes, remarks and fields were taken from Apache's 5.5.0. */
import * as assert from 'uvu/assert';

import { createLogger } from '#src/base/log.js';
import { CALL_CLIENT_TIMEOUT_MS } from '#src/broker/call-client.js';
import { ProducerManager } from '#src/broker/producer-manager.js';
import { createReplyMessageProcessor } from '#src/broker/processors/reply-message-processor.js';
import { createRequest, createResponse, type RemotingCommand } from '#src/remoting/remoting-command.js';
import { RemotingTimeoutError } from '#src/remoting/remoting-error.js';
import { RequestCode } from '#src/remoting/request-code.js';
import { ResponseCode } from '#src/remoting/response-code.js';
import { MemoryConnection, type MemoryInvocation } from '../remoting/memory-connection.js';
import { suite } from '../suite.js';
import { MessageBroker } from './message-broker.js';

const test = suite('reply-message-processor');
const TOPIC = 'DefaultCluster_REPLY_TOPIC';
const STORE_HOST = Buffer.from('0a00000100002a9f', 'hex');
const REGION_FIELDS = { MSG_REGION: 'DefaultRegion', TRACE_ON: 'true' };

class ReplyBroker {
  readonly broker: MessageBroker;
  readonly producers: ProducerManager;
  readonly asker = new MemoryConnection('192.168.1.9', 9999);
  readonly replier = new MemoryConnection('192.168.1.2', 5555);
  readonly #process: ReturnType<typeof createReplyMessageProcessor>;

  constructor(settings: Readonly<Record<string, string>> = {}) {
    this.broker = new MessageBroker(settings);
    const { config, clock, store, topics } = this.broker;
    const logger = createLogger('test', 'silent');
    this.producers = new ProducerManager({ config, clock, logger });
    this.join('asker', 'ask_group');
    this.#process = createReplyMessageProcessor({
      store,
      topics,
      producers: this.producers,
      config,
      storeHost: () => STORE_HOST,
      clock,
      logger,
    });
  }

  join(clientId: string, group: string): void {
    this.producers.register(group, {
      connection: this.asker,
      clientId,
      language: 'JAVA',
      version: 513,
      lastUpdateMs: this.broker.clock.nowMs(),
    });
  }

  async reply(fields: Readonly<Record<string, string>>, body: string | undefined = 'reply'): Promise<RemotingCommand> {
    const header = {
      a: 'p',
      b: TOPIC,
      c: 'TBW102',
      d: '4',
      e: '0',
      f: '1',
      g: '1795000000000',
      h: '3',
      i: '',
      ...fields,
    };
    const bytes = body === '' ? undefined : Buffer.from(body);
    const request = createRequest(RequestCode.SEND_REPLY_MESSAGE_V2, header, bytes);
    const answer = await this.#process(request, this.replier);
    assert.ok(answer);
    return answer;
  }

  /** The reply that the asker was sent. */
  async pushed(): Promise<MemoryInvocation> {
    while (this.asker.invocations.length === 0) await this.asker.untilWritten(this.asker.written.length + 1);
    return this.asker.invocations[0] as MemoryInvocation;
  }
}

const TO_ASKER = 'TAGS\u0001t\u0002REPLY_TO_CLIENT\u0001asker\u0002CORRELATION_ID\u0001cc\u0002';

test('goes on to the client that asked, with where it comes from, and is stored as it came', async () => {
  const replies = new ReplyBroker();
  const { broker } = replies;
  const answered = replies.reply({ i: TO_ASKER });
  const push = await replies.pushed();
  const { request, timeoutMs } = push;
  assert.is(request.code, RequestCode.PUSH_REPLY_MESSAGE_TO_CLIENT);
  assert.is(timeoutMs, CALL_CLIENT_TIMEOUT_MS);
  assert.is(request.body?.toString(), 'reply');
  const nowMs = String(broker.clock.nowMs());
  assert.equal(request.extFields, {
    producerGroup: 'p',
    topic: TOPIC,
    defaultTopic: 'TBW102',
    defaultTopicQueueNums: '4',
    queueId: '0',
    sysFlag: '1',
    bornTimestamp: '1795000000000',
    flag: '3',
    reconsumeTimes: '0',
    unitMode: 'false',
    properties: `${TO_ASKER}MSG_REGION\u0001DefaultRegion\u0002TRACE_ON\u0001true\u0002PUSH_REPLY_TIME\u0001${nowMs}\u0002`,
    bornHost: '192.168.1.2:5555',
    storeHost: '10.0.0.1:10911',
    storeTimestamp: nowMs,
  });
  assert.is(broker.store.maxOffset(TOPIC, 0), 0, 'not before the asker has it');
  push.resolve(createResponse(request, ResponseCode.SUCCESS));
  const { code, remark, extFields } = await answered;
  assert.equal([code, remark], [ResponseCode.SUCCESS, undefined]);
  const fields = { msgId: '0A00000100002A9F0000000000000000', queueId: '0', queueOffset: '0' };
  assert.equal(extFields, { ...REGION_FIELDS, ...fields });
  const record = (await broker.store.recordAt(0))?.toString('latin1') ?? '';
  assert.ok(record.includes(`${TO_ASKER}MSG_REGION`), 'the properties, without the time of handing on');
  assert.not.ok(record.includes('PUSH_REPLY_TIME'));
});

test('an asker that is not here, that refuses, that does not answer: the replier is told, and the reply is stored', async () => {
  const replies = new ReplyBroker();
  const failed = [
    await replies.reply({}),
    await replies.reply({ i: 'REPLY_TO_CLIENT\u0001gone\u0002' }),
    await refusedBy(replies, (push) => push.resolve(createResponse(push.request, ResponseCode.SYSTEM_ERROR))),
    await refusedBy(replies, (push) => push.reject(new RemotingTimeoutError('1.2.3.4:5', 326, push.timeoutMs))),
  ];
  assert.equal(
    failed.map(({ code, remark }) => [code, remark]),
    [
      [ResponseCode.SYSTEM_ERROR, 'reply message properties[REPLY_TO_CLIENT] is null'],
      [ResponseCode.SYSTEM_ERROR, 'push reply message fail, channel of <gone> not found.'],
      [ResponseCode.SYSTEM_ERROR, 'push reply message to askerfail.'],
      [ResponseCode.SYSTEM_ERROR, 'push reply message to askerfail.'],
    ],
  );
  assert.equal(
    failed.map(({ extFields }) => extFields?.['queueOffset']),
    ['0', '1', '2', '3'],
  );
});

async function refusedBy(replies: ReplyBroker, refuse: (push: MemoryInvocation) => void): Promise<RemotingCommand> {
  const answered = replies.reply({ i: TO_ASKER });
  const push = await replies.pushed();
  replies.asker.invocations.shift();
  refuse(push);
  return answered;
}

test('storeReplyMessageEnable=false: nothing is stored, and clients get the zeros that they need', async () => {
  const replies = new ReplyBroker({ storeReplyMessageEnable: 'false' });
  const answered = replies.reply({ i: TO_ASKER });
  const push = await replies.pushed();
  push.resolve(createResponse(push.request, ResponseCode.SUCCESS));
  assert.equal((await answered).extFields, { ...REGION_FIELDS, msgId: '0', queueId: '0', queueOffset: '0' });
  const gone = await replies.reply({ i: 'REPLY_TO_CLIENT\u0001gone\u0002' });
  assert.equal(gone.extFields, REGION_FIELDS);
  assert.is(replies.broker.store.maxOffset(TOPIC, 0), 0);
});

test('a reply that the store would not take reaches its asker all the same', async () => {
  const replies = new ReplyBroker({ maxMessageSize: '65536' });
  const answered = replies.reply({ i: TO_ASKER }, 'x'.repeat(65_537));
  const push = await replies.pushed();
  push.resolve(createResponse(push.request, ResponseCode.SUCCESS));
  const { code, extFields } = await answered;
  assert.is(code, ResponseCode.SUCCESS);
  assert.is(extFields?.['msgId'], '0');
});

test('what no send may do, no reply may', async () => {
  const replies = new ReplyBroker();
  const { code, remark, extFields } = await replies.reply({ b: 'a b' });
  assert.is(code, ResponseCode.INVALID_PARAMETER);
  assert.match(remark ?? '', /illegal characters/);
  assert.equal(extFields, REGION_FIELDS);
  assert.is((await replies.reply({ i: TO_ASKER }, '')).code, ResponseCode.MESSAGE_ILLEGAL);
  assert.is((await replies.reply({ e: '77' })).code, ResponseCode.INVALID_PARAMETER);
});

test('a client is found until it has left the last of its groups, or its connection has closed', () => {
  const replies = new ReplyBroker();
  const { asker, producers } = replies;
  replies.join('asker', 'second_group');
  producers.unregister('ask_group', asker);
  assert.is(producers.connectionOf('asker'), asker);
  producers.unregister('second_group', asker);
  assert.is(producers.connectionOf('asker'), undefined);
  replies.join('asker', 'ask_group');
  asker.close('test');
  assert.is(producers.connectionOf('asker'), undefined);
});

test.run();
