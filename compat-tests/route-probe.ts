/**
 * Asks a NameServer for the route of the topic that every broker with autoCreateTopicEnable has, until it is there. Apache's broker says
 * that it has booted although a registration with a NameServer that is still warming up failed; the next one comes 30 s later.
 * Written on bare sockets: the tests must not lean on the code under test.
 */
import { once } from 'node:events';
import { connect } from 'node:net';

const GET_ROUTEINFO_BY_TOPIC = 105;
const LIMIT_MS = 90_000;
const ANSWER_LIMIT_MS = 5_000;
const LOOK_AGAIN_MS = 100;

function routeRequest(topic: string): Buffer {
  const header = Buffer.from(
    JSON.stringify({
      code: GET_ROUTEINFO_BY_TOPIC,
      opaque: 1,
      flag: 0,
      language: 'JAVA',
      version: 0,
      extFields: { topic },
    }),
  );
  const lengths = Buffer.alloc(8);
  lengths.writeInt32BE(4 + header.length, 0);
  lengths.writeInt32BE(header.length, 4);
  return Buffer.concat([lengths, header]);
}

/** The code in the answer's JSON header; undefined when no answer came. */
async function routeCode(host: string, port: number, topic: string): Promise<number | undefined> {
  const socket = connect(port, host);
  try {
    const signal = AbortSignal.timeout(ANSWER_LIMIT_MS);
    await once(socket, 'connect', { signal });
    socket.write(routeRequest(topic));
    let received = Buffer.alloc(0);
    while (received.length < 8 || received.length < 8 + received.readInt32BE(4)) {
      const [chunk] = (await once(socket, 'data', { signal })) as [Buffer];
      received = Buffer.concat([received, chunk]);
    }
    const header = received.toString('utf8', 8, 8 + received.readInt32BE(4));
    return (JSON.parse(header) as { code: number }).code;
  } catch {
    return undefined; // not up yet, or too slow: the caller asks again
  } finally {
    socket.destroy();
  }
}

async function awaitCode(namesrv: string, isEnough: (code: number) => boolean, otherwise: string): Promise<void> {
  const [host = '', port = ''] = namesrv.split(':');
  const end = Date.now() + LIMIT_MS;
  while (true) {
    const code = await routeCode(host, Number(port), 'TBW102');
    if (code !== undefined && isEnough(code)) return;
    if (Date.now() > end) throw new Error(`${otherwise} at ${namesrv} within ${LIMIT_MS} ms`);
    await new Promise((resolve) => {
      setTimeout(resolve, LOOK_AGAIN_MS);
    });
  }
}

/** Waits until the NameServer answers at all: an Apache one says that it has booted well before. */
export function awaitAnswer(namesrv: string): Promise<void> {
  return awaitCode(namesrv, () => true, 'no NameServer answered');
}

/** Waits until the NameServer knows a broker that makes topics on first use. */
export function awaitRoute(namesrv: string): Promise<void> {
  return awaitCode(namesrv, (code) => code === 0, 'no broker was registered');
}
