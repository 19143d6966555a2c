/** What a slave that acts for its master puts goes to another master of the cluster, or is refused and stays where it is. */
import * as assert from 'uvu/assert';
import { createLogger } from '#src/base/log.js';
import { EscapeBridge } from '#src/broker/acting/escape-bridge.js';
import { PublishRoutes } from '#src/broker/acting/publish-routes.js';
import { propertiesToMap } from '#src/message/message-properties.js';
import { TopicRouteData } from '#src/remoting/bodies/topic-route-data.js';
import { decodeSendMessageRequestHeader } from '#src/remoting/headers/send-message-request-header.js';
import { createResponse, type RemotingCommand } from '#src/remoting/remoting-command.js';
import { RemotingConnectError } from '#src/remoting/remoting-error.js';
import { RequestCode } from '#src/remoting/request-code.js';
import { ResponseCode } from '#src/remoting/response-code.js';
import { type MessageToStore, type PutResult, PutStatus } from '#src/workers/message-store.js';
import { FakeClock } from '../../fake-clock.js';
import { suite } from '../../suite.js';

const test = suite('escape bridge');
const logger = createLogger('test', 'silent');

const MESSAGE: MessageToStore = {
  topic: 'T',
  queueId: 3,
  flag: 9,
  sysFlag: 0x10,
  bornTimestampMs: 17,
  bornHost: Buffer.alloc(8),
  reconsumeTimes: 2,
  preparedTransactionOffset: 0,
  body: Buffer.from('body'),
  properties: 'DELAY\u00013\u0002KEYS\u0001k\u0002TRAN_MSG\u0001true\u0002',
};

/** A NameServer at `ns` and the master `other` at `other:1`; the lost master is `pair`, whose queues can be read. */
function setUp(settings: { enableRemoteEscape?: boolean; perm?: number; code?: number } = {}) {
  const { enableRemoteEscape = true, perm = 6, code = ResponseCode.SUCCESS } = settings;
  const sent: RemotingCommand[] = [];
  const answers = { code, isAway: false, routes: 0 };
  const queueOf = (brokerName: string, ownPerm: number) => ({
    brokerName,
    perm: ownPerm,
    readQueueNums: 2,
    writeQueueNums: 2,
    topicSysFlag: 0,
  });
  const brokerOf = (brokerName: string, brokerAddrs: Map<number, string>) => ({
    brokerAddrs,
    brokerName,
    cluster: 'c',
    enableActingMaster: true,
    zoneName: undefined,
  });
  const route = TopicRouteData.encode({
    brokerDatas: [
      brokerOf('pair', new Map([[0, 'slave:1']])),
      brokerOf(
        'other',
        new Map([
          [0, 'other:1'],
          [1, 'x:1'],
        ]),
      ),
    ],
    filterServerTable: new Map(),
    queueDatas: [queueOf('pair', 6), queueOf('other', perm)],
  });
  const client = {
    invoke: (address: string, request: RemotingCommand): Promise<RemotingCommand> => {
      if (request.code === RequestCode.GET_ROUTEINFO_BY_TOPIC) {
        answers.routes++;
        return Promise.resolve(createResponse(request, ResponseCode.SUCCESS, undefined, undefined, route));
      }
      if (answers.isAway) return Promise.reject(new RemotingConnectError(address, 'away'));
      assert.is(address, 'other:1');
      sent.push(request);
      return Promise.resolve(createResponse(request, answers.code, 'remark'));
    },
  };
  const clock = new FakeClock();
  const routes = new PublishRoutes({ client, namesrvAddresses: () => ['ns'], brokerName: 'pair', clock, logger });
  const config = { brokerName: 'pair', brokerId: 1, enableRemoteEscape };
  const bridge = new EscapeBridge({ client, routes, config, logger });
  const put = (message = MESSAGE): Promise<PutResult> => new Promise((resolve) => bridge.putMessage(message, resolve));
  return { put, sent, answers, clock };
}

test('a message goes as its producer sent it to the queues of the other master, in turn, and is not delayed again', async () => {
  const { put, sent, answers } = setUp();
  assert.is((await put()).status, PutStatus.OK);
  assert.is((await put()).status, PutStatus.OK);
  const [first, second] = sent.map(decodeSendMessageRequestHeader);
  assert.equal([first?.queueId, second?.queueId], [0, 1]);
  assert.ok(first !== undefined);
  assert.is(first.topic, 'T');
  assert.is(first.producerGroup, 'InnerProducerGroup_pair_1');
  assert.equal([first.flag, first.bornTimestamp, first.reconsumeTimes, first.sysFlag], [9, 17, 2, 0]);
  // A transaction that was committed before it was delayed is none any more.
  assert.equal([...propertiesToMap(first.properties)], [['KEYS', 'k']]);
  assert.is(sent[0]?.body?.toString(), 'body');
  assert.is(answers.routes, 1);
});

test('a half message stays one, and goes in the name of its producer', async () => {
  const { put, sent } = setUp();
  await put({ ...MESSAGE, sysFlag: 0x24, properties: 'TRAN_MSG\u0001true\u0002PGROUP\u0001pg\u0002' });
  const [header] = sent.map(decodeSendMessageRequestHeader);
  assert.equal([header?.sysFlag, header?.producerGroup], [4, 'pg']);
  assert.equal(
    [...propertiesToMap(header?.properties ?? '')],
    [
      ['TRAN_MSG', 'true'],
      ['PGROUP', 'pg'],
    ],
  );
});

test('what was committed is committed at the other master too', async () => {
  const { put, sent } = setUp();
  await put({ ...MESSAGE, sysFlag: 0x9 });
  assert.is(sent.map(decodeSendMessageRequestHeader)[0]?.sysFlag, 1);
});

test('the other master’s answer is the put’s status, and a refusal says who refused', async () => {
  for (const [code, status] of [
    [ResponseCode.FLUSH_DISK_TIMEOUT, PutStatus.FLUSH_DISK_TIMEOUT],
    [ResponseCode.FLUSH_SLAVE_TIMEOUT, PutStatus.FLUSH_SLAVE_TIMEOUT],
    [ResponseCode.SLAVE_NOT_AVAILABLE, PutStatus.SLAVE_NOT_AVAILABLE],
    [ResponseCode.SYSTEM_BUSY, PutStatus.SERVICE_NOT_AVAILABLE],
  ] as const) {
    assert.is((await setUp({ code }).put()).status, status);
  }
  assert.is((await setUp({ code: ResponseCode.SYSTEM_BUSY }).put()).remark, 'other answered 2: remark');
});

test('without remote escape, another master or a way to it, nothing is put', async () => {
  const forbidden = await setUp({ enableRemoteEscape: false }).put();
  assert.equal(
    [forbidden.status, forbidden.remark],
    [PutStatus.SERVICE_NOT_AVAILABLE, 'this broker is a slave, and enableRemoteEscape is false'],
  );
  const alone = await setUp({ perm: 4 }).put();
  assert.equal([alone.status, alone.remark], [PutStatus.SERVICE_NOT_AVAILABLE, 'no other master has the topic T']);
  const cut = setUp();
  cut.answers.isAway = true;
  assert.is((await cut.put()).status, PutStatus.SERVICE_NOT_AVAILABLE);
  cut.answers.isAway = false;
  assert.is((await cut.put()).status, PutStatus.OK);
  // The route was asked for again, since the first had proved wrong.
  assert.is(cut.answers.routes, 2);
});

test('a route is asked for again when it is half a minute old', async () => {
  const { put, answers, clock } = setUp();
  await put();
  clock.advance(29_000);
  await put();
  assert.is(answers.routes, 1);
  clock.advance(1_000);
  await put();
  assert.is(answers.routes, 2);
});

test.run();
