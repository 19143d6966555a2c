/** A NameServer on a real port: registered over a connection, gone with it. */
import * as assert from 'uvu/assert';
import { NamesrvController } from '#src/namesrv/namesrv-controller.js';
import { RegisterBrokerBody } from '#src/remoting/bodies/register-broker-body.js';
import { RegisterBrokerRequestHeader } from '#src/remoting/headers/register-broker-request-header.js';
import { RemotingClient } from '#src/remoting/remoting-client.js';
import { createRequest } from '#src/remoting/remoting-command.js';
import { RequestCode } from '#src/remoting/request-code.js';
import { ResponseCode } from '#src/remoting/response-code.js';
import { systemClock } from '#src/base/clock.js';
import { FakeClock } from '../fake-clock.js';
import { MemoryConnection } from '../remoting/memory-connection.js';
import { suite } from '../suite.js';
import { configStore, registration, removeFolders, silent } from './fixture.js';

const test = suite('namesrv-controller');
test.after(removeFolders);

const TIMEOUT_MS = 5_000;

test('a broker is out when it has gone silent, and nothing is left after stop', async () => {
  const clock = new FakeClock();
  const config = configStore({ serverChannelMaxIdleTimeSeconds: '1000' });
  const namesrv = new NamesrvController({ config, logger: silent, clock });
  const { port } = await namesrv.start();
  assert.is(config.values.listenPort, port);
  const broker = new RemotingClient({ logger: silent, clock: systemClock });
  const client = new RemotingClient({ logger: silent, clock: systemClock });
  const address = `127.0.0.1:${port}`;
  const { header, body } = registration(new MemoryConnection());
  const register = createRequest(
    RequestCode.REGISTER_BROKER,
    RegisterBrokerRequestHeader.encode(header),
    RegisterBrokerBody.encode(body),
  );
  assert.is((await broker.invoke(address, register, TIMEOUT_MS)).code, ResponseCode.SUCCESS);
  const routeCode = async (): Promise<number> =>
    (await client.invoke(address, createRequest(RequestCode.GET_ROUTEINFO_BY_TOPIC, { topic: 'A' }), TIMEOUT_MS)).code;
  assert.is(await routeCode(), ResponseCode.SUCCESS);
  const brokerConnection = await broker.connection(address);
  const closed = new Promise<void>((resolve) => brokerConnection.onClose(resolve));
  clock.advance(125_000);
  assert.is(await routeCode(), ResponseCode.TOPIC_NOT_EXIST);
  await closed;
  await Promise.all([broker.close(), client.close()]);
  await namesrv.stop();
  assert.is(clock.pendingTimers, 0);
});

test('a broker is out when its connection closes', async () => {
  const namesrv = new NamesrvController({ config: configStore(), logger: silent, clock: new FakeClock() });
  const { port } = await namesrv.start();
  const broker = new RemotingClient({ logger: silent, clock: systemClock });
  const client = new RemotingClient({ logger: silent, clock: systemClock });
  const address = `127.0.0.1:${port}`;
  const { header, body } = registration(new MemoryConnection());
  const register = createRequest(
    RequestCode.REGISTER_BROKER,
    RegisterBrokerRequestHeader.encode(header),
    RegisterBrokerBody.encode(body),
  );
  await broker.invoke(address, register, TIMEOUT_MS);
  const routeCode = async (): Promise<number> =>
    (await client.invoke(address, createRequest(RequestCode.GET_ROUTEINFO_BY_TOPIC, { topic: 'A' }), TIMEOUT_MS)).code;
  assert.is(await routeCode(), ResponseCode.SUCCESS);
  await broker.close();
  // The server may see the close only after the next request of another connection.
  let code = await routeCode();
  while (code === ResponseCode.SUCCESS) code = await routeCode();
  assert.is(code, ResponseCode.TOPIC_NOT_EXIST);
  await client.close();
  await namesrv.stop();
});

test.run();
