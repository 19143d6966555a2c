/**
 * Filter expressions in CHECK_CLIENT_CONFIG, pulls and heartbeats: what Apache's 5.5.0 broker answered, against ours. Where ours differs on
 * purpose it is listed here with the reason.
 */
import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';

import { ConfigStore } from '#src/base/config-store.js';
import { createLogger } from '#src/base/log.js';
import { BrokerAddress } from '#src/broker/broker-address.js';
import { brokerConfigSchema } from '#src/broker/broker-config.js';
import { BrokerStats } from '#src/broker/broker-stats.js';
import { createBrokerTables } from '#src/broker/broker-tables.js';
import { createProcessorTable } from '#src/broker/processor-table.js';
import { readInt64, RECORD } from '#src/message/stored-record.js';
import { RequestDispatcher } from '#src/remoting/request-dispatcher.js';
import { createRequest, type RemotingCommand } from '#src/remoting/remoting-command.js';
import { FakeClock } from '../fake-clock.js';
import { MemoryConnection } from '../remoting/memory-connection.js';
import { suite } from '../suite.js';
import { MemoryMessageStore } from './memory-message-store.js';

interface Exchange {
  readonly name: string;
  readonly request: { readonly code: number; readonly extFields: Record<string, string>; readonly body?: string };
  readonly response: {
    readonly code: number;
    readonly remark?: string;
    readonly extFields?: Record<string, string>;
    readonly queueOffsets?: readonly number[];
  };
}

const exchanges = JSON.parse(
  readFileSync(new URL('../../../test/broker/golden/sql-exchanges.json', import.meta.url), 'utf8'),
) as Exchange[];

const logger = createLogger('test', 'silent');

/** A whole broker but for sockets and files. */
class FilterBroker {
  readonly connection = new MemoryConnection('127.0.0.1', 57_186);
  readonly configStore: ConfigStore<typeof brokerConfigSchema>;
  readonly #clock = new FakeClock();
  readonly #dispatcher: RequestDispatcher;

  constructor(settings: Readonly<Record<string, string>>) {
    const layers = [{ source: 'the test', entries: new Map(Object.entries(settings)) }];
    const machine = { hostName: 'test', localAddress: '127.0.0.1', homeDirectory: '/tmp' };
    this.configStore = new ConfigStore(brokerConfigSchema, layers, machine);
    const config = this.configStore.values;
    const clock = this.#clock;
    const { table } = createProcessorTable({
      config: this.configStore,
      tables: createBrokerTables({ config, logger, clock }),
      stats: new BrokerStats(clock),
      store: new MemoryMessageStore(clock),
      replication: {
        runtimeInfo: () => Promise.reject(new Error('not replicated')),
        updateHaMasterAddress: () => undefined,
      },
      group: { update: () => undefined },
      retention: { cleanExpiredConsumeQueues: () => Promise.resolve(), topics: () => [] },
      cleaning: { deleteManually: () => undefined },
      address: new BrokerAddress(config, logger),
      reregisterAround: (change) => {
        change();
        return Promise.resolve();
      },
      logger,
      clock,
    });
    this.#dispatcher = new RequestDispatcher(table, logger);
  }

  async call({ code, extFields, body }: Exchange['request']): Promise<RemotingCommand> {
    this.#clock.advance(1);
    const request = createRequest(code, extFields, body === undefined ? undefined : Buffer.from(body));
    const count = this.connection.written.length;
    request.opaque = count + 1;
    this.#dispatcher.dispatch(request, this.connection);
    for (let seen = count; ; seen = this.connection.written.length) {
      const answer = this.connection.written.find(({ opaque, flag }) => opaque === request.opaque && (flag & 1) === 1);
      if (answer !== undefined) return answer;
      await this.connection.untilWritten(seen + 1);
    }
  }
}

const SEND_DEFAULTS = {
  producerGroup: 'p',
  defaultTopic: 'TBW102',
  defaultTopicQueueNums: '4',
  sysFlag: '0',
  bornTimestamp: '1700000000000',
  flag: '0',
  reconsumeTimes: '0',
  unitMode: 'false',
  batch: 'false',
};

/** Answered otherwise, on purpose: at Apache's these pulls get every message, as if they had no filter. */
const REFUSED_HERE: ReadonlyMap<string, string> = new Map([
  ['11-sql-wrong', 'the expression is wrong: the expression ends where one of these was expected: '],
  ['11-type', 'no filter is called FOO'],
]);

/** Where Apache's remark says the trouble is. A trouble that it does not locate is looked for by hand. */
const PLACES: ReadonlyMap<string, string> = new Map([
  ['46-lexical', 'line 1, column 5'],
  ['46-meaning', 'line 1, column 3'],
  ['46-between', 'line 1, column 3'],
]);

function queueOffsets(body: Buffer = Buffer.alloc(0)): number[] {
  const offsets: number[] = [];
  for (let at = 0; at < body.length; at += body.readInt32BE(at)) {
    offsets.push(readInt64(body, at + RECORD.QUEUE_OFFSET));
  }
  return offsets;
}

const test = suite('sql-exchanges');
const broker = new FilterBroker({ brokerIP1: '127.0.0.1', enablePropertyFilter: 'true' });

async function check({ name, request, response }: Exchange): Promise<void> {
  broker.configStore.assign('filterSupportRetry', name.endsWith('-supported'));
  const extFields = request.code === 10 ? { ...SEND_DEFAULTS, ...request.extFields } : request.extFields;
  const answer = await broker.call({ ...request, extFields });
  const refusal = REFUSED_HERE.get(name);
  if (refusal !== undefined) {
    assert.is(answer.code, 23);
    assert.ok(answer.remark?.startsWith(refusal), answer.remark);
    return;
  }
  assert.is(answer.code, response.code, `${name}: ${answer.remark}`);
  if (request.code === 46 && answer.code === 23) {
    const place = PLACES.get(name) ?? /line \d+, column \d+/.exec(response.remark ?? '')?.[0];
    assert.ok(place === undefined || answer.remark?.endsWith(`at ${place}`), `${answer.remark}, not at ${place}`);
    return;
  }
  assert.is(answer.remark, response.remark, name);
  if (request.code === 10) return;
  for (const [field, value] of Object.entries(response.extFields ?? {})) {
    assert.is(answer.extFields?.[field], value, `${name} ${field}`);
  }
  if (response.queueOffsets !== undefined) assert.equal(queueOffsets(answer.body), response.queueOffsets, name);
}

for (const exchange of exchanges) test(exchange.name, () => check(exchange));

test.run();
