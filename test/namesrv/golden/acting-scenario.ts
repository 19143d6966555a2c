/**
 * A group of brokers that loses its master and gets it back, as a NameServer sees it: real connections, and ports on which the brokers hear of each other
 * (905). The same for Apache's NameServer (`record-acting.ts`) and ours; addresses are written as names.
 */
import { systemClock } from '#src/base/clock.js';
import { createLogger } from '#src/base/log.js';
import { RegisterBrokerBody } from '#src/remoting/bodies/register-broker-body.js';
import type { ProcessorTable } from '#src/remoting/connection.js';
import { RegisterBrokerRequestHeader } from '#src/remoting/headers/register-broker-request-header.js';
import { RemotingClient } from '#src/remoting/remoting-client.js';
import { createRequest, createResponse, type ExtFields } from '#src/remoting/remoting-command.js';
import { RemotingServer } from '#src/remoting/remoting-server.js';
import { RequestCode } from '#src/remoting/request-code.js';
import { ResponseCode } from '#src/remoting/response-code.js';
import { MemoryConnection } from '../../remoting/memory-connection.js';
import { registration } from '../fixture.js';

const TIMEOUT_MS = 5_000;
const MEMBER_TOPIC = 'rmq_sys_SYNC_BROKER_MEMBER_broker-a';
const logger = createLogger('scenario', 'silent');

/** What was heard, in order. */
export type Transcript = { readonly what: string; readonly [field: string]: unknown }[];

/** One broker of the group. */
class Member {
  readonly #name: string;
  readonly #brokerId: number;
  readonly #heard: (fields: ExtFields | undefined, to: string) => void;
  #server: RemotingServer | undefined;
  #client = new RemotingClient({ logger, clock: systemClock });
  address = '';

  constructor(name: string, brokerId: number, heard: (fields: ExtFields | undefined, to: string) => void) {
    this.#name = name;
    this.#brokerId = brokerId;
    this.#heard = heard;
  }

  async listen(): Promise<void> {
    const processors: ProcessorTable = new Map([
      [
        RequestCode.NOTIFY_MIN_BROKER_ID_CHANGE,
        (request) => {
          this.#heard(request.extFields, this.#name);
          return createResponse(request, ResponseCode.SUCCESS);
        },
      ],
    ]);
    const settings = { logger, clock: systemClock, idleTimeoutMs: 60_000, maxFrameBytes: 1 << 20 };
    this.#server = new RemotingServer({ host: '127.0.0.1', ports: [0], processors, ...settings });
    const [port] = await this.#server.start();
    this.address = `127.0.0.1:${port}`;
  }

  async register(namesrv: string, values: object): Promise<ExtFields | undefined> {
    const { header, body } = registration(new MemoryConnection(), {
      brokerId: this.#brokerId,
      brokerAddr: this.address,
      haServerAddr: `ha-of-${this.#name}`,
      heartbeatTimeoutMillis: 10_000,
      topics: { A: 4, B: 4, [MEMBER_TOPIC]: 1 },
      ...values,
    });
    const fields = RegisterBrokerRequestHeader.encode(header);
    const request = createRequest(RequestCode.REGISTER_BROKER, fields, RegisterBrokerBody.encode(body));
    const answer = await this.#client.invoke(namesrv, request, TIMEOUT_MS);
    if (answer.code !== ResponseCode.SUCCESS) throw new Error(`${this.#name}: ${answer.code} ${answer.remark}`);
    return answer.extFields;
  }

  /** Its connections close, as those of a broker that is killed. */
  async vanish(): Promise<void> {
    await this.#client.close();
    this.#client = new RemotingClient({ logger, clock: systemClock });
  }

  async close(): Promise<void> {
    await this.#client.close();
    await this.#server?.stop();
  }
}

/** Plays it against a NameServer that knows no broker and has supportActingMaster and notifyMinBrokerIdChanged. */
export async function playActingScenario(namesrv: string): Promise<Transcript> {
  const transcript: Transcript = [];
  const client = new RemotingClient({ logger, clock: systemClock });
  const members: Member[] = [];
  const named = (text: string): string =>
    ['master', 'one', 'two'].reduce((all, name, i) => all.replaceAll(members[i]?.address ?? name, name), text);
  let awaited = 0;
  let wake = (): void => undefined;
  const heard = (fields: ExtFields | undefined, to: string): void => {
    transcript.push({ what: `905 to ${to}`, fields: JSON.parse(named(JSON.stringify(sorted(fields)))) as unknown });
    awaited--;
    if (awaited <= 0) wake();
  };
  const [master, one, two] = [new Member('master', 0, heard), new Member('one', 1, heard), new Member('two', 2, heard)];
  members.push(master, one, two);
  for (const member of members) await member.listen();
  const expectNotices = (count: number): Promise<void> => {
    awaited += count;
    return new Promise((resolve) => (awaited > 0 ? (wake = resolve) : resolve()));
  };
  const ask = async (code: number, extFields: ExtFields): Promise<string> => {
    const { body } = await client.invoke(namesrv, createRequest(code, extFields), TIMEOUT_MS);
    return body?.toString() ?? '';
  };
  const memberBody = (): Promise<string> =>
    ask(RequestCode.GET_BROKER_MEMBER_GROUP, { clusterName: 'DefaultCluster', brokerName: 'broker-a' });
  const look = async (when: string): Promise<void> => {
    const routes = ['A', MEMBER_TOPIC].map(async (topic) => {
      return [topic, named(await ask(RequestCode.GET_ROUTEINFO_BY_TOPIC, { topic, acceptStandardJsonOnly: 'true' }))];
    });
    transcript.push({ what: when, members: named(await memberBody()), routes: await Promise.all(routes) });
  };
  const registered = async (member: Member, name: string, values: object): Promise<void> => {
    transcript.push({ what: `${name} registered`, answer: JSON.parse(named(JSON.stringify((await member.register(namesrv, values)) ?? {}))) as unknown });
  };
  /** A NameServer may take a broker out a moment after its connection has closed. */
  const gone = async (member: Member): Promise<void> => {
    const { address } = member;
    await member.vanish();
    while ((await memberBody()).includes(address));
  };
  await playSteps([master, one, two], { registered, gone, look, expectNotices });
  for (const member of members) await member.close();
  await client.close();
  return inOrder(transcript);
}

/** What happens to the group. */
interface Steps {
  readonly registered: (member: Member, name: string, values: object) => Promise<void>;
  readonly gone: (member: Member) => Promise<void>;
  readonly look: (when: string) => Promise<void>;
  readonly expectNotices: (count: number) => Promise<void>;
}

async function playSteps([master, one, two]: readonly [Member, Member, Member], steps: Steps): Promise<void> {
  const { registered, gone, look, expectNotices } = steps;
  const acting = { enableActingMaster: true };
  await registered(two, 'two', acting);
  await registered(one, 'one', acting);
  await expectNotices(1);
  await look('slaves only');
  await registered(master, 'master', acting);
  await expectNotices(2);
  await look('all');
  await gone(master);
  await expectNotices(2);
  await look('without the master');
  await registered(one, 'one', { ...acting, counter: 2 });
  await look('the acting slave has registered again');
  await gone(one);
  await expectNotices(1);
  await look('the next slave acts');
  await registered(master, 'master', acting);
  await expectNotices(1);
  await look('the master is back');
  await gone(two);
  // Brokers that do not take part: told when one comes with the smallest id, not when it goes.
  await registered(two, 'two', { enableActingMaster: false });
  await registered(master, 'master', { enableActingMaster: false, counter: 3 });
  await gone(master);
  await look('brokers that do not take part, without a master');
  await registered(master, 'master', { enableActingMaster: false });
  await expectNotices(1);
  await look('brokers that do not take part, all');
}

/** Notifications and the answer to a registration overtake each other: what was heard between two looks, the notifications last and in the order of their texts. */
function inOrder(transcript: Transcript): Transcript {
  const ordered: Transcript = [];
  let notices: Transcript = [];
  for (const entry of transcript) {
    if (entry.what.startsWith('905')) {
      notices.push(entry);
      continue;
    }
    if ('members' in entry) {
      ordered.push(...notices.toSorted((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1)));
      notices = [];
    }
    ordered.push(entry);
  }
  return [...ordered, ...notices];
}

function sorted(fields: ExtFields | undefined): ExtFields {
  return Object.fromEntries(Object.entries(fields ?? {}).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}
