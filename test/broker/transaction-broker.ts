/** The parts of a broker that transactions go through, over a store in memory and connections without sockets. Java: none. */
import { createLogger } from '#src/base/log.js';
import { ProducerManager } from '#src/broker/producer-manager.js';
import { createEndTransactionProcessor } from '#src/broker/processors/end-transaction-processor.js';
import { createResumeCheckHalfMessageProcessor } from '#src/broker/processors/resume-check-half-message-processor.js';
import { HALF_TOPIC, OP_HALF_TOPIC, TRANSACTION_GROUP } from '#src/broker/transactions/half-message.js';
import { Transactions } from '#src/broker/transactions/transactions.js';
import { propertiesToMap, propertiesToString } from '#src/message/message-properties.js';
import { physicalOffsetOfMessageId } from '#src/message/message-id.js';
import { decodeMessages, type StoredMessage } from '#src/message/stored-message.js';
import type { ProcessorTable } from '#src/remoting/connection.js';
import { createRequest, type ExtFields, type RemotingCommand } from '#src/remoting/remoting-command.js';
import { RequestDispatcher } from '#src/remoting/request-dispatcher.js';
import { RequestCode } from '#src/remoting/request-code.js';
import { MemoryConnection } from '../remoting/memory-connection.js';
import type { MemoryMessageStore } from './memory-message-store.js';
import { MessageBroker, sendRequest, type TestSettings } from './message-broker.js';

/** What END_TRANSACTION says. */
export const END = { UNKNOWN: '0', COMMIT: '8', ROLLBACK: '12' } as const;
/** The group of producers. */
export const GROUP = 'PG';
const STORE_HOST = Buffer.from('0a00000100002a9f', 'hex');

/** Where a half message was said to be. */
export interface SentHalf {
  readonly queueOffset: number;
  readonly physicalOffset: number;
}

/** A broker that has transactions. A store that is given is gone on with, as after a restart. */
export class TransactionBroker {
  readonly base: MessageBroker;
  readonly store: MemoryMessageStore;
  readonly producers: ProducerManager;
  readonly transactions: Transactions;
  readonly logged: string[] = [];
  readonly #dispatcher: RequestDispatcher;
  #opaque = 5_000_000;

  constructor(settings: TestSettings = {}, before?: TransactionBroker) {
    this.base = new MessageBroker({ brokerName: 'broker-a', ...settings }, before?.base);
    const { store, config, clock, topics, offsets } = this.base;
    this.store = store;
    const logger = createLogger('test', 'info', (line) => this.logged.push(line));
    this.producers = new ProducerManager({ config, clock, logger });
    const storeHost = (): Uint8Array => STORE_HOST;
    this.transactions = new Transactions({
      store,
      config,
      clock,
      topics,
      offsets,
      producers: this.producers,
      storeHost,
      maxDelayLevel: 18,
      logger,
    });
    const table: ProcessorTable = new Map([
      [
        RequestCode.END_TRANSACTION,
        createEndTransactionProcessor({ transactions: this.transactions.service, config, clock, logger }),
      ],
      [RequestCode.RESUME_CHECK_HALF_MESSAGE, createResumeCheckHalfMessageProcessor({ store, logger })],
    ]);
    this.#dispatcher = new RequestDispatcher(table, logger);
    this.transactions.start();
  }

  /** A producer of the group comes online. */
  addProducer(group = GROUP): MemoryConnection {
    const connection = new MemoryConnection();
    const client = { connection, clientId: `client-${connection.id}`, language: 'JAVA', version: 500 };
    this.producers.register(group, { ...client, lastUpdateMs: this.base.clock.nowMs() });
    return connection;
  }

  /** Sends a half message to queue 2 of topic T. */
  async sendHalf(body = 'half', properties: Record<string, string> = {}, fields: ExtFields = {}): Promise<SentHalf> {
    const named = { UNIQ_KEY: `K-${body}`, TRAN_MSG: 'true', PGROUP: GROUP, TAGS: 'a', ...properties };
    const request = sendRequest(
      {
        queueId: '2',
        bornTimestamp: String(this.base.clock.nowMs()),
        properties: propertiesToString(new Map(Object.entries(named))),
        ...fields,
      },
      Buffer.from(body),
    );
    const { code, remark, extFields } = await this.base.sent(request);
    if (code !== 0) throw new Error(`send answered ${code}: ${remark}`);
    const physicalOffset = physicalOffsetOfMessageId(extFields?.['msgId'] ?? '') ?? -1;
    return { queueOffset: Number(extFields?.['queueOffset']), physicalOffset };
  }

  /** Sends one after the other. */
  async sendHalves(bodies: readonly string[]): Promise<SentHalf[]> {
    const halves: SentHalf[] = [];
    for (const body of bodies) halves.push(await this.sendHalf(body));
    return halves;
  }

  /** Sends a request and gives its answer. */
  async call(code: number, fields: ExtFields): Promise<RemotingCommand> {
    const connection = new MemoryConnection();
    const request = createRequest(code, fields);
    request.opaque = ++this.#opaque;
    this.#dispatcher.dispatch(request, connection);
    await connection.untilWritten(1);
    const [answer] = connection.written;
    if (answer === undefined) throw new Error('nothing was answered');
    return answer;
  }

  /** END_TRANSACTION. */
  end(half: SentHalf, commitOrRollback: string, fields: ExtFields = {}): Promise<RemotingCommand> {
    return this.call(RequestCode.END_TRANSACTION, {
      producerGroup: GROUP,
      tranStateTableOffset: String(half.queueOffset),
      commitLogOffset: String(half.physicalOffset),
      commitOrRollback,
      fromTransactionCheck: 'false',
      msgId: 'K',
      ...fields,
    });
  }

  /** One round of checks. */
  check(): Promise<void> {
    return this.transactions.checks.check();
  }

  /** All messages of a queue. */
  async messages(topic: string, queueId = 0): Promise<StoredMessage[]> {
    const begin = this.store.minOffset(topic, queueId);
    const { body } = await this.store.getMessages(topic, queueId, begin, 10_000, 1e9, undefined);
    return decodeMessages(body);
  }

  /** The bodies of what consumers of topic T get. */
  async delivered(): Promise<string[]> {
    return (await this.messages('T', 2)).map(({ body }) => body.toString());
  }

  /** The half offsets that the op messages name. */
  async ops(): Promise<string[]> {
    return (await this.messages(OP_HALF_TOPIC)).map(({ body }) => body.toString());
  }

  /** How far both queues are done with: half, op. */
  progress(): [number, number] {
    const { offsets } = this.base;
    return [offsets.query(TRANSACTION_GROUP, HALF_TOPIC, 0), offsets.query(TRANSACTION_GROUP, OP_HALF_TOPIC, 0)];
  }
}

/** What producers were asked: the place that the answer has to name. */
export function asked(connection: MemoryConnection): SentHalf[] {
  return connection.written
    .filter(({ code }) => code === RequestCode.CHECK_TRANSACTION_STATE)
    .map(({ extFields }) => ({
      queueOffset: Number(extFields?.['tranStateTableOffset']),
      physicalOffset: Number(extFields?.['commitLogOffset']),
    }));
}

/** A message's property. */
export function property({ properties }: StoredMessage, name: string): string | undefined {
  return propertiesToMap(properties).get(name);
}
