/** When a broker tells its NameServers what. */
import { setImmediate as turn } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { createLogger } from '#src/base/log.js';
import { BrokerOuterApi } from '#src/broker/broker-outer-api.js';
import { RegisterBrokerBody, registerBrokerCrc32 } from '#src/remoting/bodies/register-broker-body.js';
import { TopicConfig } from '#src/remoting/bodies/topic-config-serialize-wrapper.js';
import { createResponse, type RemotingCommand } from '#src/remoting/remoting-command.js';
import { RemotingConnectError } from '#src/remoting/remoting-error.js';
import { RequestCode } from '#src/remoting/request-code.js';
import { ResponseCode } from '#src/remoting/response-code.js';
import { FakeClock } from '../fake-clock.js';
import { suite } from '../suite.js';

const test = suite('broker-outer-api');

interface Call {
  readonly address: string;
  readonly request: RemotingCommand;
  readonly answer: (extFields?: Record<string, string>, body?: string) => void;
  readonly fail: () => void;
}

/** NameServers that answer when the test says so. */
class ScriptedClient {
  readonly calls: Call[] = [];
  readonly #listeners: (() => void)[] = [];

  invoke(address: string, request: RemotingCommand): Promise<RemotingCommand> {
    return new Promise((resolve, reject) => {
      const answer = (extFields?: Record<string, string>, body?: string): void =>
        resolve(
          createResponse(
            request,
            ResponseCode.SUCCESS,
            undefined,
            extFields,
            body === undefined ? undefined : Buffer.from(body),
          ),
        );
      this.calls.push({ address, request, answer, fail: () => reject(new RemotingConnectError(address, 'refused')) });
      for (const listener of this.#listeners.splice(0)) listener();
    });
  }

  /** The call with this number, as soon as there is one. */
  async call(index: number): Promise<Call> {
    for (;;) {
      const found = this.calls[index];
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#listeners.push(resolve));
    }
  }
}

function setUp(addresses: string[], brokerPermission = 6) {
  const client = new ScriptedClient();
  const clock = new FakeClock();
  const topics = new Map([['A', TopicConfig.read({ topicName: 'A' })]]);
  const dataVersion = { counter: 1, stateVersion: 0, timestamp: 1 };
  const identity = {
    clusterName: 'c',
    brokerName: 'b',
    brokerId: 0,
    brokerAddr: 'host:10911',
    haServerAddr: 'host:10912',
    brokerPermission,
    acting: undefined,
  };
  const ordered: string[] = [];
  const api = new BrokerOuterApi({
    client,
    namesrvAddresses: () => addresses,
    identity: () => identity,
    isIsolated: () => false,
    topics: () => ({ topicConfigTable: topics, dataVersion }),
    onOrderTopics: (names) => ordered.push(...names),
    logger: createLogger('test', 'silent'),
    clock,
  });
  return { api, client, clock, topics, ordered, dataVersion };
}

function topicsOf({ request }: Call): string[] {
  return [...RegisterBrokerBody.decode(request.body).topicConfigSerializeWrapper.topicConfigTable.keys()];
}

test('registers with all NameServers at once, each with header, checksum and all topics', async () => {
  const { api, client, ordered } = setUp(['ns1:9876', 'ns2:9876']);
  const registered = api.registerAll();
  const [first, second] = [await client.call(0), await client.call(1)];
  assert.equal([first.address, second.address], ['ns1:9876', 'ns2:9876']);
  assert.is(first.request.code, RequestCode.REGISTER_BROKER);
  assert.equal(first.request.extFields, {
    brokerName: 'b',
    brokerAddr: 'host:10911',
    clusterName: 'c',
    haServerAddr: 'host:10912',
    brokerId: '0',
    enableActingMaster: 'false',
    compressed: 'false',
    bodyCrc32: String(registerBrokerCrc32(first.request.body ?? Buffer.alloc(0))),
  });
  assert.equal(topicsOf(first), ['A']);
  first.answer({ masterAddr: 'm:1', haServerAddr: 'm:2' }, '{"table":{"A":"b:4"}}');
  second.answer();
  const [one, other] = await registered;
  assert.equal(one, {
    address: 'ns1:9876',
    masterAddr: 'm:1',
    haServerAddr: 'm:2',
    orderTopics: new Map([['A', 'b:4']]),
  });
  assert.equal(other, { address: 'ns2:9876', masterAddr: undefined, haServerAddr: undefined, orderTopics: undefined });
  assert.equal(ordered, ['A'], 'a NameServer says which topics are ordered');
});

test('topics are encoded again when they have changed, and not every 30 s', async () => {
  const { api, client, topics, dataVersion } = setUp(['ns1:9876']);
  const register = async (index: number): Promise<Buffer | undefined> => {
    const registered = api.registerAll();
    const call = await client.call(index);
    call.answer();
    await registered;
    return call.request.body;
  };
  const first = await register(0);
  assert.is(await register(1), first);
  topics.set('B', TopicConfig.read({ topicName: 'B' }));
  dataVersion.counter++;
  assert.is.not(await register(2), first);
  assert.equal(topicsOf(await client.call(2)), ['A', 'B']);
});

test('a NameServer that refuses the connection does not hold the others up', async () => {
  const { api, client } = setUp(['down:9876', 'ns2:9876']);
  const registered = api.registerAll();
  (await client.call(0)).fail();
  (await client.call(1)).answer();
  assert.equal(
    (await registered).map(({ address }) => address),
    ['ns2:9876'],
  );
});

test('a NameServer that hangs is waited for 2 s once, and again when it has answered in time', async () => {
  const { api, client, clock } = setUp(['hangs:9876', 'ns2:9876']);
  const first = api.registerAll();
  const hanging = await client.call(0);
  (await client.call(1)).answer();
  await turn();
  clock.advance(2_000);
  assert.is((await first).length, 1);
  const second = api.registerAll();
  (await client.call(2)).answer();
  assert.equal(
    (await second).map(({ address }) => address),
    ['ns2:9876'],
  );
  hanging.fail();
  // What was asked for meanwhile is told it now, in time.
  const late = await client.call(3);
  assert.is(late.address, 'hangs:9876');
  late.answer();
  await turn();
  const third = api.registerAll();
  const calls = [await client.call(4), await client.call(5)];
  for (const call of calls) call.answer();
  assert.is((await third).length, 2);
  assert.is(clock.pendingTimers, 0);
});

test('registrations asked for while one is on its way are one, with what the topics are by then', async () => {
  const { api, client, topics } = setUp(['ns1:9876']);
  const first = api.registerAll();
  const inFlight = await client.call(0);
  topics.set('B', TopicConfig.read({ topicName: 'B' }));
  const second = api.registerAll();
  topics.set('C', TopicConfig.read({ topicName: 'C' }));
  const third = api.registerAll();
  inFlight.answer();
  await first;
  const next = await client.call(1);
  assert.equal(topicsOf(inFlight), ['A']);
  assert.equal(topicsOf(next), ['A', 'B', 'C']);
  next.answer();
  await Promise.all([second, third]);
  assert.is(client.calls.length, 2);
});

test('registers every 30 s until it is stopped', async () => {
  const { api, client, clock } = setUp(['ns1:9876']);
  api.start();
  clock.advance(30_000);
  (await client.call(0)).answer();
  clock.advance(30_000);
  (await client.call(1)).answer();
  api.stop();
  clock.advance(60_000);
  await api.registerAll();
  assert.is(client.calls.length, 2);
});

test('no topic has a permission that the broker lacks', async () => {
  const { api, client, topics } = setUp(['ns1:9876'], 4);
  const registered = api.registerAll();
  const { request, answer } = await client.call(0);
  assert.is(RegisterBrokerBody.decode(request.body).topicConfigSerializeWrapper.topicConfigTable.get('A')?.perm, 4);
  answer();
  await registered;
  assert.is(topics.get('A')?.perm, 6);
});

test('unregisters after the registration that is on its way', async () => {
  const { api, client } = setUp(['ns1:9876']);
  const registered = api.registerAll();
  const inFlight = await client.call(0);
  const unregistered = api.unregisterAll();
  inFlight.answer();
  const { request, answer } = await client.call(1);
  assert.is(request.code, RequestCode.UNREGISTER_BROKER);
  assert.equal(request.extFields, { brokerName: 'b', brokerAddr: 'host:10911', clusterName: 'c', brokerId: '0' });
  answer();
  await Promise.all([registered, unregistered]);
});

test.run();
