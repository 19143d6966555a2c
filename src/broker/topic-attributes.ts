/** Attributes that topics may have. Main thread. Java: TopicAttributes, TopicMessageType. */
import { enumAttribute, longRangeAttribute, type AttributeKinds } from './attribute-changes.js';

/** Values of `message.type`, in the order in which Apache's remark names them. */
const MESSAGE_TYPES = ['UNSPECIFIED', 'MIXED', 'TRANSACTION', 'PRIORITY', 'FIFO', 'DELAY', 'LITE', 'NORMAL'];
const LITE_EXPIRATION_MINUTES_MAX = 30 * 24 * 60;

/** The attribute that says which kind of messages a topic takes. */
export const MESSAGE_TYPE_ATTRIBUTE = 'message.type';

/** By name. Batch consume queues, compaction and tiered storage are named so that existing settings are kept; nothing acts on them. */
export const TOPIC_ATTRIBUTES: AttributeKinds = {
  'queue.type': enumAttribute(['BatchCQ', 'SimpleCQ'], false),
  'cleanup.policy': enumAttribute(['COMPACTION', 'DELETE'], false),
  [MESSAGE_TYPE_ATTRIBUTE]: enumAttribute(MESSAGE_TYPES, true),
  'reserve.time': longRangeAttribute(-1),
  'lite.topic.expiration': longRangeAttribute(-1, LITE_EXPIRATION_MINUTES_MAX),
};
