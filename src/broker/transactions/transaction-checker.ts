/**
 * Asks a producer how a transaction has ended (CHECK_TRANSACTION_STATE, 39): any one that is online of the group that began it. Main thread.
 * Java: AbstractTransactionalMessageCheckListener.sendCheckMessage, Broker2Client.checkProducerTransactionState.
 */
import { encodeRecord, RECORD, recordSize, storeTimestampPosition, writeInt64 } from '../../message/stored-record.js';
import { createOffsetMessageId } from '../../message/message-id.js';
import type { Connection } from '../../remoting/connection.js';
import { CheckTransactionStateRequestHeader } from '../../remoting/headers/check-transaction-state-request-header.js';
import { createRequest } from '../../remoting/remoting-command.js';
import { RequestCode } from '../../remoting/request-code.js';
import { HALF_TOPIC, type HalfMessage } from './half-message.js';

/** Where the half message was put back to. */
export interface HalfMessagePlace {
  readonly queueOffset: number;
  readonly physicalOffset: number;
}

/** What a TransactionChecker needs. */
export interface TransactionCheckerDeps {
  readonly producers: { availableConnection(group: string): Connection | undefined };
  readonly config: { readonly brokerName: string };
  readonly storeHost: () => Uint8Array;
}

/** One for each broker. */
export class TransactionChecker {
  readonly #deps: TransactionCheckerDeps;

  constructor(deps: TransactionCheckerDeps) {
    this.#deps = deps;
  }

  /** Asks about `half` as it was put back with `properties` at `place`; false if nobody of its group can be asked. */
  ask(half: HalfMessage, properties: string, place: HalfMessagePlace): boolean {
    const connection = this.#deps.producers.availableConnection(half.producerGroup ?? '');
    // Differs: Apache also hands it to a client that does not read what it is sent. The next round asks again.
    if (connection?.isWritable !== true) return false;
    const header = CheckTransactionStateRequestHeader.encode({
      topic: HALF_TOPIC,
      tranStateTableOffset: place.queueOffset,
      commitLogOffset: place.physicalOffset,
      ...(half.uniqKey === undefined ? {} : { msgId: half.uniqKey, transactionId: half.uniqKey }),
      offsetMsgId: createOffsetMessageId(this.#deps.storeHost(), place.physicalOffset),
      brokerName: this.#deps.config.brokerName,
    });
    const body = encodeForProducer(half, properties, place);
    connection.invokeOneway(createRequest(RequestCode.CHECK_TRANSACTION_STATE, header, body));
    return true;
  }
}

/** As a stored record under the topic and queue that the producer knows. Java: MessageDecoder.encode. */
function encodeForProducer(
  { stored, realTopic, realQueueId }: HalfMessage,
  properties: string,
  place: HalfMessagePlace,
): Buffer {
  const topic = Buffer.from(realTopic);
  const propertiesBytes = Buffer.byteLength(properties);
  const { bornHost, storeHost, body } = stored;
  const size = recordSize(bornHost.length, storeHost.length, body.length, topic.length, propertiesBytes);
  const record = Buffer.allocUnsafe(size);
  encodeRecord(record, 0, { ...stored, queueId: realQueueId }, storeHost, topic, properties, propertiesBytes);
  record.writeInt32BE(stored.bodyCrc, RECORD.BODY_CRC);
  writeInt64(record, place.queueOffset, RECORD.QUEUE_OFFSET);
  writeInt64(record, place.physicalOffset, RECORD.PHYSICAL_OFFSET);
  writeInt64(record, stored.storeTimestampMs, storeTimestampPosition(record, 0));
  return record;
}
