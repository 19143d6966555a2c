/**
 * Takes `apache-5.5.0.json` again: `node build/test/namesrv/golden/record.js HOST:PORT FILE`, against a NameServer that no broker has
 * registered with and that was started with orderMessageEnable=true.
 */
import { writeFileSync } from 'node:fs';
import { systemClock } from '#src/base/clock.js';
import { createLogger } from '#src/base/log.js';
import { RemotingClient } from '#src/remoting/remoting-client.js';
import { createRequest } from '#src/remoting/remoting-command.js';
import { EXCHANGES, V5_5_0, type Answer } from './exchanges.js';

const [address = '', file = ''] = process.argv.slice(2);
const client = new RemotingClient({ logger: createLogger('record'), clock: systemClock });
const answers: Answer[] = [];
for (const { name, code, extFields, body, version } of EXCHANGES) {
  const request = createRequest(code, extFields, body === undefined ? undefined : Buffer.from(body));
  request.version = version ?? V5_5_0;
  const response = await client.invoke(address, request, 3_000);
  const { remark, extFields: answered } = response;
  answers.push({ name, code: response.code, remark, extFields: answered, body: response.body?.toString() ?? '' });
}
writeFileSync(file, `${JSON.stringify(answers, undefined, 2)}\n`);
await client.close();
