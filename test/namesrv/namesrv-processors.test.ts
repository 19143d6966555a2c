/** Our NameServer's answers beside Apache's: see golden/README.md for how those were taken. */
import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { KVConfigManager } from '#src/namesrv/kv-config-manager.js';
import { createNamesrvProcessors } from '#src/namesrv/namesrv-processors.js';
import { RouteInfoManager } from '#src/namesrv/route-info-manager.js';
import type { ProcessorTable } from '#src/remoting/connection.js';
import { createRequest, type RemotingCommand } from '#src/remoting/remoting-command.js';
import { RequestCode } from '#src/remoting/request-code.js';
import { ResponseCode } from '#src/remoting/response-code.js';
import { FakeClock } from '../fake-clock.js';
import { MemoryConnection } from '../remoting/memory-connection.js';
import { suite } from '../suite.js';
import { configStore, registration, removeFolders, silent } from './fixture.js';
import { EXCHANGES, V5_5_0, type Answer } from './golden/exchanges.js';

interface GoldenRegistration {
  readonly name: string;
  readonly version: number;
  readonly extFields: Record<string, string>;
  readonly body: string;
}

function golden(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../../test/namesrv/golden/${name}`, import.meta.url), 'utf8'));
}

const test = suite('namesrv-processors');
test.after(removeFolders);

function setUp(settings: Record<string, string> = {}) {
  const store = configStore(settings);
  const clock = new FakeClock();
  const routes = new RouteInfoManager(store.values, silent, clock);
  const kvConfigs = new KVConfigManager(store.values.kvConfigPath, silent);
  const processors = createNamesrvProcessors({ store, logger: silent, clock, routes, kvConfigs });
  return { store, clock, routes, processors, connection: new MemoryConnection() };
}

async function call(
  processors: ProcessorTable,
  request: RemotingCommand,
  connection: MemoryConnection,
): Promise<RemotingCommand> {
  const response = await processors.get(request.code)?.(request, connection);
  if (response === undefined) throw new Error(`no answer to ${request.code}`);
  return response;
}

/** Apache lists in the order of its hash tables. */
function comparable(body: string): unknown {
  if (!body.includes('"topicList"')) return body;
  const list = JSON.parse(body) as { topicList: string[] };
  return { ...list, topicList: list.topicList.toSorted() };
}

test('answers as Apache does', async () => {
  const { processors, connection } = setUp({ orderMessageEnable: 'true' });
  const answers = golden('apache-5.5.0.json') as readonly Answer[];
  assert.is(answers.length, EXCHANGES.length);
  for (const [index, { name, code, extFields, body, version = V5_5_0 }] of EXCHANGES.entries()) {
    const request = createRequest(code, extFields, body === undefined ? undefined : Buffer.from(body));
    request.version = version;
    const response = await call(processors, request, connection);
    const expected = answers[index];
    assert.is(response.code, expected?.code, name);
    assert.is(response.remark, expected?.remark, name);
    assert.equal(response.extFields ?? {}, expected?.extFields ?? {}, name);
    assert.equal(comparable(response.body?.toString() ?? ''), comparable(expected?.body ?? ''), name);
  }
});

for (const { name, version, extFields, body } of golden('register-broker.json') as readonly GoldenRegistration[]) {
  test(`takes a registration of Apache's broker ${name}`, async () => {
    const { processors, connection, routes } = setUp();
    const request = createRequest(RequestCode.REGISTER_BROKER, extFields, Buffer.from(body, 'base64'));
    request.version = version;
    assert.is((await call(processors, request, connection)).code, ResponseCode.SUCCESS);
    const { topicList } = routes.allTopics();
    for (const topic of ['TBW102', 'BenchmarkTest', 'DefaultCluster', extFields['brokerName'] ?? ''])
      assert.ok(topicList.includes(topic), topic);
    assert.is(routes.pickupTopicRouteData('BenchmarkTest')?.queueDatas[0]?.readQueueNums, 1024);
  });
}

test('takes the topics of a broker older than 3.0.11', async () => {
  const { processors, connection, routes } = setUp();
  const { header } = registration(connection);
  const topicConfigTable = { A: { topicName: 'A' }, B: { topicName: 'B' } };
  const extFields = Object.fromEntries(Object.entries(header).map(([key, value]) => [key, String(value)]));
  const request = createRequest(
    RequestCode.REGISTER_BROKER,
    extFields,
    Buffer.from(JSON.stringify({ topicConfigTable })),
  );
  request.version = 36;
  assert.is((await call(processors, request, connection)).code, ResponseCode.SUCCESS);
  assert.equal(routes.allTopics().topicList, ['A', 'B']);
});

test('refuses routes until waitSecondsForService have passed', async () => {
  const { processors, connection, routes, clock } = setUp({ needWaitForService: 'true', waitSecondsForService: '45' });
  routes.registerBroker(registration(connection));
  const request = createRequest(RequestCode.GET_ROUTEINFO_BY_TOPIC, { topic: 'A' });
  const early = await call(processors, request, connection);
  assert.is(early.code, ResponseCode.SYSTEM_ERROR);
  assert.is(early.remark, 'name server not ready');
  clock.advance(45_000);
  assert.is((await call(processors, request, connection)).code, ResponseCode.SUCCESS);
});

test('shows a client in zone mode the brokers of its zone', async () => {
  const { processors, connection, routes } = setUp();
  routes.registerBroker(registration(connection, { zoneName: 'z1' }));
  routes.registerBroker(
    registration(connection, { brokerName: 'broker-b', brokerAddr: '127.0.0.1:20911', zoneName: 'z2' }),
  );
  const request = createRequest(RequestCode.GET_ROUTEINFO_BY_TOPIC, {
    topic: 'A',
    __ZONE_MODE: 'true',
    __ZONE_NAME: 'Z2',
  });
  const { body } = await call(processors, request, connection);
  const route = JSON.parse(body?.toString() ?? '') as {
    brokerDatas: { brokerName: string }[];
    queueDatas: { brokerName: string }[];
  };
  assert.equal(
    route.brokerDatas.map(({ brokerName }) => brokerName),
    ['broker-b'],
  );
  assert.equal(
    route.queueDatas.map(({ brokerName }) => brokerName),
    ['broker-b'],
  );
});

test('a setting with a wrong value changes nothing and is said to be wrong', async () => {
  const { processors, connection, store } = setUp();
  const body = Buffer.from('enableTopicList=false\nlistenPort=abc\n');
  const request = createRequest(RequestCode.UPDATE_NAMESRV_CONFIG, undefined, body);
  const failure = await call(processors, request, connection).then(
    () => undefined,
    (error: unknown) => error as Error & { code: number },
  );
  assert.is(failure?.code, ResponseCode.INVALID_PARAMETER);
  assert.match(failure?.message ?? '', /listenPort="abc"/);
  assert.is(store.values.enableTopicList, true);
});

test('settings are in the file when they have been changed, those for the next start too', async () => {
  const { processors, connection, store } = setUp();
  const body = Buffer.from('enableTopicList=false\nlistenPort=9999\n');
  const response = await call(
    processors,
    createRequest(RequestCode.UPDATE_NAMESRV_CONFIG, undefined, body),
    connection,
  );
  assert.is(response.code, ResponseCode.SUCCESS);
  const file = readFileSync(store.values.configStorePath, 'utf8');
  assert.match(file, /^enableTopicList=false$/m);
  assert.match(file, /^listenPort=9999$/m);
  const answer = await call(processors, createRequest(RequestCode.GET_NAMESRV_CONFIG), connection);
  assert.match(answer.body?.toString() ?? '', /^enableTopicList=false$/m);
});

test.run();
