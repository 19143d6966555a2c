/**
 * How long a start takes as a client feels it: NameServer and broker are started at the same moment; a client asks the NameServer where to send,
 * and sends, until a message is accepted. Then memory when idle. Bench processes. Java: MQClientInstance.updateTopicRouteInfoFromNameServer.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { readProcess } from '#src/load/process-meter.js';
import { RequestClient } from '#src/load/request-client.js';
import { prepareApache } from '../servers/apache-server.js';
import { prepareRingMQ } from '../servers/ringmq-server.js';
import type { ServerProcess } from '../servers/server-process.js';
import type { PreparedServers } from '../servers/server-under-test.js';
import type { Figures } from './figures.js';
import type { RunOptions } from './side-server.js';
import type { Side } from './workload.js';

const GET_ROUTEINFO_BY_TOPIC = 105;
const SEND_MESSAGE_V2 = 310;
/** The topic whose route a client takes for one that does not exist yet. Java: TopicValidator.AUTO_CREATE_TOPIC_KEY_TOPIC. */
const ROUTE = { topic: 'TBW102' };
const TRY_AGAIN_MS = 5;
const LIMIT_MS = 120_000;
/** Until garbage of the start is gone and threads have come to rest. */
const IDLE_MS = 5000;

/** Measures one start on an empty store. */
export async function runStartLoad(side: Side, folder: string, options: RunOptions): Promise<Figures> {
  const { flushDiskType, settings = {} } = side;
  const servers =
    side.maker === 'apache'
      ? await prepareApache(flushDiskType, folder, { heap: options.heap, settings })
      : await prepareRingMQ(flushDiskType, folder, settings, options.nodeArgs);
  const started: ServerProcess[] = [];
  const startedMs = performance.now();
  try {
    const namesrv = servers.startNamesrv?.();
    if (namesrv !== undefined) started.push(namesrv);
    const broker = servers.startBroker();
    started.push(broker);
    await untilTrue(() => hasRoute(servers), started);
    await untilTrue(() => isAccepted(servers), started);
    const firstMessageMs = performance.now() - startedMs;
    await delay(IDLE_MS);
    const { rssMiB, ownMiB } = readProcess(broker.pid);
    const figures: Figures = { firstMessageMs, idleRssMiB: rssMiB, ownMiB };
    return namesrv === undefined ? figures : { ...figures, namesrvRssMiB: readProcess(namesrv.pid).rssMiB };
  } finally {
    for (const server of started.toReversed()) await server.stop();
  }
}

async function untilTrue(isThere: () => Promise<boolean>, started: readonly ServerProcess[]): Promise<void> {
  const endMs = performance.now() + LIMIT_MS;
  while (!(await isThere().catch(() => false))) {
    const gone = started.find((server) => server.hasExited);
    if (gone !== undefined) throw new Error(`a server has exited; see ${gone.logPath}`);
    if (performance.now() > endMs) throw new Error(`no message was accepted within ${LIMIT_MS} ms`);
    await delay(TRY_AGAIN_MS);
  }
}

/** Rejects, as the other, while the server does not listen yet. */
async function hasRoute({ namesrvPort }: PreparedServers): Promise<boolean> {
  const client = await RequestClient.open('127.0.0.1', namesrvPort);
  const reply = await client.ask(GET_ROUTEINFO_BY_TOPIC, ROUTE).finally(() => client.close());
  return reply.code === 0;
}

async function isAccepted({ brokerPort }: PreparedServers): Promise<boolean> {
  const client = await RequestClient.open('127.0.0.1', brokerPort);
  // The one-letter names of SendMessageRequestHeaderV2.
  const names = { a: 'bench-producer', b: 'bench-start', c: ROUTE.topic, n: 'bench' };
  const numbers = { d: '4', e: '0', f: '0', g: String(Date.now()), h: '0', j: '0' };
  const fields = { ...names, ...numbers, i: '', k: 'false', m: 'false' };
  const sending = client.ask(SEND_MESSAGE_V2, fields, Buffer.from('first'));
  return (await sending.finally(() => client.close())).code === 0;
}
