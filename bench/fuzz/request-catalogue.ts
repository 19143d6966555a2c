/**
 * Every request code with the names of its header fields, as data for the fuzz. Fuzz process.
 * Names are the wire's, from Apache's request header classes; a code without a row gets names from all of them.
 */

/** Codes that Apache 5.5.0 declares, senders' and receivers' alike. */
export const REQUEST_CODES: readonly number[] = [
  10, 11, 12, 13, 14, 15, 17, 18, 21, 22, 23, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42,
  43, 45, 46, 47, 60, 61, 100, 101, 102, 103, 104, 105, 106, 200, 201, 202, 203, 204, 205, 206, 207, 208, 209, 210, 211,
  212, 213, 214, 215, 216, 217, 219, 220, 221, 222, 223, 224, 225, 300, 301, 302, 303, 304, 305, 306, 307, 308, 309,
  310, 311, 312, 313, 314, 315, 316, 317, 318, 319, 320, 321, 322, 323, 324, 325, 326, 327, 328, 329, 343, 345, 351,
  352, 353, 354, 355, 361, 370, 400, 401, 402, 513, 901, 902, 903, 904, 905, 906, 907, 908, 1001, 1002, 1003, 1004,
  1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 2001, 2002, 2003, 2004, 3001, 3002, 3003, 3004, 3005, 3006,
  3007, 3008, 3009, 3010, 5001, 200050, 200051, 200052, 200053, 200054, 200055, 200056, 200070, 200071, 200072, 200073,
  200074, 200075, 200076, 200077, 200078, 200079, 200151, 999_999,
];

const SEND_V1 =
  'producerGroup topic defaultTopic defaultTopicQueueNums queueId sysFlag bornTimestamp flag properties reconsumeTimes unitMode maxReconsumeTimes batch bname';
const SEND_V2 = 'a b c d e f g h i j k l m n';
const PULL =
  'consumerGroup topic queueId queueOffset maxMsgNums sysFlag commitOffset suspendTimeoutMillis subscription subVersion expressionType maxMsgBytes requestSource proxyFrowardClientId';
const TOPIC =
  'topic defaultTopic readQueueNums writeQueueNums perm topicFilterType topicSysFlag order attributes force';
const POP =
  'consumerGroup topic queueId maxMsgNums invisibleTime pollTime bornTime initMode expType exp order attemptId extraInfo offset';
const REGISTER =
  'brokerName brokerAddr clusterName haServerAddr brokerId heartbeatTimeoutMillis enableActingMaster compressed bodyCrc32';
const GROUP_AND_TOPIC = 'consumerGroup topic queueId commitOffset setZeroIfNotFound group clientId producerGroup';
const KEY_VALUE = 'namespace key value';
const QUERY = 'topic key maxNum beginTimestamp endTimestamp indexType lastKey offset';
const OFFSETS = 'topic queueId timestamp committed offset boundaryType group isForce isC';

const FIELDS_BY_CODE: ReadonlyMap<number, string> = new Map([
  [10, SEND_V1],
  [310, SEND_V2],
  [320, SEND_V2],
  [324, SEND_V1],
  [325, SEND_V2],
  [11, PULL],
  [361, PULL],
  [12, QUERY],
  [33, 'offset topic'],
  [14, GROUP_AND_TOPIC],
  [15, GROUP_AND_TOPIC],
  [17, TOPIC],
  [513, TOPIC],
  [29, OFFSETS],
  [30, OFFSETS],
  [31, OFFSETS],
  [32, OFFSETS],
  [222, OFFSETS],
  [34, 'bname ns nsd'],
  [35, 'clientID producerGroup consumerGroup'],
  [36, 'offset group delayLevel originMsgId originTopic unitMode maxReconsumeTimes'],
  [
    37,
    'producerGroup tranStateTableOffset commitLogOffset commitOrRollback fromTransactionCheck msgId transactionId topic',
  ],
  [38, GROUP_AND_TOPIC],
  [100, KEY_VALUE],
  [101, KEY_VALUE],
  [102, KEY_VALUE],
  [103, REGISTER],
  [104, REGISTER],
  [105, 'topic acceptStandardJsonOnly'],
  [322, REGISTER],
  [904, REGISTER],
  [215, 'topic'],
  [216, 'topic clusterName'],
  [207, 'groupName cleanOffset'],
  [307, 'consumerGroup clientId jstackEnable metricsEnable'],
  [309, 'consumerGroup clientId msgId brokerName topic topicSysFlag groupSysFlag'],
  [315, 'statsName statsKey'],
  [321, 'topic queueId index count consumerGroup'],
  [200050, POP],
  [200051, POP],
  [200052, POP],
  [200053, POP],
  [200054, POP],
  [200151, POP],
]);

const ALL_FIELDS: readonly string[] = [...new Set([...FIELDS_BY_CODE.values()].flatMap((names) => names.split(' ')))];

/** The names that a request of this code may carry. */
export function fieldNames(code: number): readonly string[] {
  return FIELDS_BY_CODE.get(code)?.split(' ') ?? ALL_FIELDS;
}

/** Which of our own names a field is to be filled with now and then, so that requests get past the first check. */
export const NAME_FIELDS: ReadonlyMap<string, 'topic' | 'group'> = new Map([
  ['topic', 'topic'],
  ['b', 'topic'],
  ['originTopic', 'topic'],
  ['consumerGroup', 'group'],
  ['producerGroup', 'group'],
  ['a', 'group'],
  ['group', 'group'],
  ['groupName', 'group'],
]);

/** Names of few topics and groups, so that what is legitimately made stays bounded. No request of the fuzz names the check's topic. */
export const FUZZ_NAMES: Readonly<Record<'topic' | 'group', readonly string[]>> = {
  topic: [
    'fuzz-topic-0',
    'fuzz-topic-1',
    'fuzz-topic-2',
    'fuzz-topic-3',
    '%RETRY%fuzz-group-0',
    'fuzz topic/illegal',
    'f'.repeat(300),
  ],
  group: ['fuzz-group-0', 'fuzz-group-1', 'fuzz-group-2', 'CID_ONSAPI_fuzz', 'fuzz group|illegal', 'g'.repeat(300)],
};

/** Values that most fields take, so that requests get past the checks of their headers. */
export const PLAUSIBLE_VALUES: readonly string[] = ['0', '0', '0', '1', '4', 'true', 'false'];

/** Values that readers of numbers, booleans, enums and names stumble over. */
export const EXTREME_VALUES: readonly string[] = [
  '',
  ' ',
  '0',
  '-0',
  '1',
  '-1',
  '2',
  '4',
  '6',
  '8',
  '16',
  '32',
  '255',
  '32767',
  '65535',
  '65536',
  '2147483647',
  '2147483648',
  '-2147483648',
  '4294967295',
  '9007199254740993',
  '9223372036854775807',
  '-9223372036854775808',
  '99999999999999999999999',
  '1.5',
  '1e9',
  'NaN',
  'Infinity',
  '0x10',
  'true',
  'TRUE',
  'false',
  'null',
  'undefined',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '*',
  'TagA || TagB',
  'SQL92',
  'TAG',
  'a > 5 AND b IS NOT NULL',
  'SINGLE_TAG',
  'LOWER',
  '%RETRY%',
  '%DLQ%',
  '../../../../tmp/fuzz',
  '..',
  '/',
  '\u0000',
  '\u0001\u0002',
  'UNIQ_KEY\u0001ABC\u0002DELAY\u000199\u0002',
  'TIMER_DELIVER_MS\u0001-1\u0002',
  'TRAN_MSG\u0001true\u0002',
  'ü漢🚀',
  '\ud800',
  '{}',
  '[]',
  '{"a":',
];
