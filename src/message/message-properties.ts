/**
 * A message's properties in their stored form `key\u0001value\u0002key\u0001value\u0002`, and their names. Any thread.
 * Java: MessageConst, MessageDecoder.messageProperties2String and string2messageProperties.
 */

/** Between a name and its value. */
export const NAME_VALUE_SEPARATOR = '\u0001';
/** After a value. */
export const PROPERTY_SEPARATOR = '\u0002';

/** Names of properties that the broker or its clients give a meaning to. Java: MessageConst. */
export const MessageConst = {
  KEYS: 'KEYS',
  TAGS: 'TAGS',
  WAIT_STORE_MSG_OK: 'WAIT',
  DELAY_TIME_LEVEL: 'DELAY',
  RETRY_TOPIC: 'RETRY_TOPIC',
  REAL_TOPIC: 'REAL_TOPIC',
  REAL_QUEUE_ID: 'REAL_QID',
  TRANSACTION_PREPARED: 'TRAN_MSG',
  TRANSACTION_PREPARED_QUEUE_OFFSET: 'TRAN_PREPARED_QUEUE_OFFSET',
  TRANSACTION_CHECK_TIMES: 'TRANSACTION_CHECK_TIMES',
  TRANSACTION_ID: '__transactionId__',
  CHECK_IMMUNITY_TIME_IN_SECONDS: 'CHECK_IMMUNITY_TIME_IN_SECONDS',
  PRODUCER_GROUP: 'PGROUP',
  ORIGIN_MESSAGE_ID: 'ORIGIN_MESSAGE_ID',
  RECONSUME_TIME: 'RECONSUME_TIME',
  MSG_REGION: 'MSG_REGION',
  TRACE_SWITCH: 'TRACE_ON',
  UNIQ_CLIENT_MESSAGE_ID_KEYIDX: 'UNIQ_KEY',
  MAX_RECONSUME_TIMES: 'MAX_RECONSUME_TIMES',
  INNER_NUM: 'INNER_NUM',
  INNER_BASE: 'INNER_BASE',
  INSTANCE_ID: 'INSTANCE_ID',
  CLUSTER: 'CLUSTER',
  SHARDING_KEY: '__SHARDINGKEY',
  TIMER_DELAY_SEC: 'TIMER_DELAY_SEC',
  TIMER_DELAY_MS: 'TIMER_DELAY_MS',
  TIMER_DELIVER_MS: 'TIMER_DELIVER_MS',
  TRACE_CONTEXT: 'TRACE_CONTEXT',
} as const;

/** All properties; a later one of the same name wins. Pieces without a name and a value are left out, as Apache does. */
export function propertiesToMap(text: string): Map<string, string> {
  const map = new Map<string, string>();
  for (const piece of text.split(PROPERTY_SEPARATOR)) {
    const separator = piece.indexOf(NAME_VALUE_SEPARATOR);
    if (separator >= 1 && separator < piece.length - 1) map.set(piece.slice(0, separator), piece.slice(separator + 1));
  }
  return map;
}

/** The stored form of `map`, each property closed with its separator. */
export function propertiesToString(map: ReadonlyMap<string, string>): string {
  let text = '';
  for (const [name, value] of map) text += name + NAME_VALUE_SEPARATOR + value + PROPERTY_SEPARATOR;
  return text;
}

/** Where the value of `name` begins in `text`, or -1. */
function valueStart(text: string, name: string): number {
  const needle = name + NAME_VALUE_SEPARATOR;
  let at = text.indexOf(needle);
  // A name counts at the text's start and after a separator, not as the end of another name.
  while (at > 0 && text[at - 1] !== PROPERTY_SEPARATOR) at = text.indexOf(needle, at + 1);
  return at < 0 ? -1 : at + needle.length;
}

/** The value of one property, found by scanning: for the way of a message, where a map would cost more. */
export function getProperty(text: string, name: string): string | undefined {
  const start = valueStart(text, name);
  if (start < 0) return undefined;
  const end = text.indexOf(PROPERTY_SEPARATOR, start);
  return end < 0 ? text.slice(start) : text.slice(start, end);
}

/** `text` with `name` set: appended, with a separator put in before if the text did not end with one. The name is not in it yet. */
export function appendProperty(text: string, name: string, value: string): string {
  const separator = text.length === 0 || text.endsWith(PROPERTY_SEPARATOR) ? '' : PROPERTY_SEPARATOR;
  return text + separator + name + NAME_VALUE_SEPARATOR + value + PROPERTY_SEPARATOR;
}

/** `text` without `name`. */
export function removeProperty(text: string, name: string): string {
  const start = valueStart(text, name);
  if (start < 0) return text;
  const nameStart = start - name.length - 1;
  const end = text.indexOf(PROPERTY_SEPARATOR, start);
  return text.slice(0, nameStart) + (end < 0 ? '' : text.slice(end + 1));
}

const SEPARATOR_BYTE = PROPERTY_SEPARATOR.charCodeAt(0);

/** The value of one property in `source[start, end)`, in stored form; `needle` is its name and NAME_VALUE_SEPARATOR. Makes no other string. */
export function propertyInBytes(source: Buffer, start: number, end: number, needle: Buffer): string | undefined {
  const properties = source.subarray(start, end);
  let at = properties.indexOf(needle);
  while (at > 0 && properties[at - 1] !== SEPARATOR_BYTE) at = properties.indexOf(needle, at + 1);
  if (at < 0) return undefined;
  const from = at + needle.length;
  const separator = properties.indexOf(SEPARATOR_BYTE, from);
  return properties.toString('utf8', from, separator < 0 ? properties.length : separator);
}
