/** Asks a broker to delete expired segments of its log (329), for clients that cannot. On bare sockets: the tests must not lean on the code under test. */
import { once } from 'node:events';
import { connect } from 'node:net';

const DELETE_EXPIRED_COMMITLOG = 329;
const ANSWER_LIMIT_MS = 10_000;

/** Resolves when the broker has answered SUCCESS. */
export async function deleteExpiredCommitLog(broker: string): Promise<void> {
  const [host = '', port = ''] = broker.split(':');
  const header = Buffer.from(
    JSON.stringify({ code: DELETE_EXPIRED_COMMITLOG, opaque: 1, flag: 0, language: 'JAVA', version: 0, extFields: {} }),
  );
  const lengths = Buffer.alloc(8);
  lengths.writeInt32BE(4 + header.length, 0);
  lengths.writeInt32BE(header.length, 4);
  const socket = connect(Number(port), host);
  try {
    const signal = AbortSignal.timeout(ANSWER_LIMIT_MS);
    await once(socket, 'connect', { signal });
    socket.write(Buffer.concat([lengths, header]));
    let received = Buffer.alloc(0);
    while (received.length < 8 || received.length < 4 + received.readInt32BE(0)) {
      const [chunk] = (await once(socket, 'data', { signal })) as [Buffer];
      received = Buffer.concat([received, chunk]);
    }
    const { code } = JSON.parse(received.toString('utf8', 8, 8 + (received.readInt32BE(4) & 0xff_ffff))) as {
      code: number;
    };
    if (code !== 0) throw new Error(`the broker answered ${code} to DELETE_EXPIRED_COMMITLOG`);
  } finally {
    socket.destroy();
  }
}
