/** A queue of a topic on a broker, as bodies name it. Main thread. Java: MessageQueue. */
import { number, record, text, type BodyOf } from '../body-schema.js';

/** Shape of a queue, also as the key of maps. */
export const MessageQueue = record({ brokerName: text(), queueId: number(), topic: text() });
/** One queue. */
export type MessageQueue = BodyOf<typeof MessageQueue>;
