/** A producer of transactions over the real sockets: begins them, ends some itself, and answers the broker's questions about the others. */
import { systemClock } from '#src/base/clock.js';
import { createLogger } from '#src/base/log.js';
import { physicalOffsetOfMessageId } from '#src/message/message-id.js';
import { propertiesToString } from '#src/message/message-properties.js';
import { decodeMessages } from '#src/message/stored-message.js';
import { CheckTransactionStateRequestHeader } from '#src/remoting/headers/check-transaction-state-request-header.js';
import { EndTransactionRequestHeader } from '#src/remoting/headers/end-transaction-request-header.js';
import {
  SendMessageRequestHeaderV2,
  SendMessageResponseHeader,
} from '#src/remoting/headers/send-message-request-header.js';
import { RemotingClient } from '#src/remoting/remoting-client.js';
import { createRequest, type RemotingCommand } from '#src/remoting/remoting-command.js';
import { RequestCode } from '#src/remoting/request-code.js';

import type { Outcome, TransactionLedger } from './transaction-ledger.js';

const TIMEOUT_MS = 20_000;
const GROUP = 'crash-producers';
const COMMIT = 8;
const ROLLBACK = 12;

/** How a transaction is ended: by the producer without or with an answer, or only when it is asked about. */
export type EndMode = 'oneway' | 'answered' | 'asked';

interface Place {
  readonly tranStateTableOffset: number;
  readonly commitLogOffset: number;
}

/** One producer, with one connection. Everything rejects once the broker is gone. */
export class TransactionProducer {
  readonly #address: string;
  readonly #ledger: TransactionLedger;
  readonly #onEvent: () => void;
  readonly #client: RemotingClient;

  /** `onEvent` is called at each acknowledgement, end and question. */
  constructor(address: string, ledger: TransactionLedger, onEvent: () => void) {
    this.#address = address;
    this.#ledger = ledger;
    this.#onEvent = onEvent;
    this.#client = new RemotingClient({
      logger: createLogger('producer', 'silent'),
      clock: systemClock,
      processors: new Map([[RequestCode.CHECK_TRANSACTION_STATE, (request) => this.#answer(request)]]),
    });
  }

  /** Makes itself known to the broker as one of the group. */
  async register(clientID: string): Promise<void> {
    const heartbeat = { clientID, consumerDataSet: [], producerDataSet: [{ groupName: GROUP }] };
    await this.#invoke(RequestCode.HEART_BEAT, {}, Buffer.from(JSON.stringify(heartbeat)));
  }

  /** One transaction, from its half message to its end, if that is not left to a question. */
  async run(topic: string, queueId: number, body: string, wanted: Outcome, mode: EndMode): Promise<void> {
    this.#ledger.begin(body);
    const properties = { UNIQ_KEY: body, TRAN_MSG: 'true', PGROUP: GROUP };
    const header = SendMessageRequestHeaderV2.encode({
      producerGroup: GROUP,
      topic,
      defaultTopic: 'TBW102',
      defaultTopicQueueNums: 4,
      queueId,
      sysFlag: 4,
      bornTimestamp: systemClock.nowMs(),
      flag: 0,
      properties: propertiesToString(new Map(Object.entries(properties))),
      reconsumeTimes: 0,
      unitMode: false,
      batch: false,
    });
    const { code, remark, extFields } = await this.#invoke(RequestCode.SEND_MESSAGE_V2, header, Buffer.from(body));
    if (code !== 0) throw new Error(`a half message was answered ${code}: ${remark}`);
    const outcome = this.#ledger.decide(body, wanted);
    this.#onEvent();
    if (mode === 'asked') return;
    const { queueOffset, msgId } = SendMessageResponseHeader.decode(extFields);
    const place = { tranStateTableOffset: queueOffset, commitLogOffset: physicalOffsetOfMessageId(msgId) ?? -1 };
    await this.#end(body, outcome, place, mode);
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  async #end(body: string, outcome: Outcome, place: Place, mode: EndMode): Promise<void> {
    this.#ledger.end(body, outcome);
    const header = EndTransactionRequestHeader.encode({
      producerGroup: GROUP,
      ...place,
      commitOrRollback: outcome === 'commit' ? COMMIT : ROLLBACK,
      fromTransactionCheck: mode === 'asked',
      msgId: body,
    });
    if (mode === 'answered') {
      const { code, remark } = await this.#invoke(RequestCode.END_TRANSACTION, header);
      if (code !== 0) throw new Error(`${outcome} of ${body} was answered ${code}: ${remark}`);
    } else {
      await this.#client.invokeOneway(this.#address, createRequest(RequestCode.END_TRANSACTION, header));
    }
    this.#onEvent();
  }

  async #answer(request: RemotingCommand): Promise<undefined> {
    const { tranStateTableOffset, commitLogOffset } = CheckTransactionStateRequestHeader.decode(request.extFields);
    const [message] = decodeMessages(request.body ?? Buffer.alloc(0));
    if (message === undefined) throw new Error('a question without a message');
    const body = message.body.toString();
    const outcome = this.#ledger.ask(body);
    this.#onEvent();
    // The broker may be gone by now; the next one asks again.
    await this.#end(body, outcome, { tranStateTableOffset, commitLogOffset }, 'asked').catch(() => undefined);
    return undefined;
  }

  #invoke(code: number, extFields: Record<string, string>, body?: Buffer): Promise<RemotingCommand> {
    return this.#client.invoke(this.#address, createRequest(code, extFields, body), TIMEOUT_MS);
  }
}
