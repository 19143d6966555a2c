/** Bodies that look like what some request expects, and are wrong in one place. Fuzz process. */

const heartbeat = {
  clientID: 'fuzz-client',
  heartbeatFingerprint: 0,
  consumerDataSet: [
    {
      groupName: 'fuzz-group-0',
      consumeType: 'CONSUME_PASSIVELY',
      messageModel: 'CLUSTERING',
      consumeFromWhere: 'CONSUME_FROM_LAST_OFFSET',
      subscriptionDataSet: [
        {
          topic: 'fuzz-topic-0',
          subString: 'A || B',
          tagsSet: ['A', 'B'],
          codeSet: [65, 66],
          subVersion: 1,
          expressionType: 'TAG',
        },
      ],
      unitMode: false,
    },
  ],
  producerDataSet: [{ groupName: 'fuzz-group-1' }],
};

const topicConfig = {
  topicName: 'fuzz-topic-1',
  readQueueNums: 4,
  writeQueueNums: 4,
  perm: 6,
  topicFilterType: 'SINGLE_TAG',
  topicSysFlag: 0,
  order: false,
};

const texts: readonly string[] = [
  '{}',
  '[]',
  'null',
  '0',
  '"text"',
  '{',
  '[[[[[[[[[[',
  '{0:"a",1:{',
  JSON.stringify(heartbeat),
  JSON.stringify({ ...heartbeat, clientID: null }),
  JSON.stringify({ ...heartbeat, consumerDataSet: {} }),
  JSON.stringify({ ...heartbeat, consumerDataSet: [null, 1, 'x', []] }),
  JSON.stringify({
    ...heartbeat,
    consumerDataSet: [{ ...heartbeat.consumerDataSet[0], subscriptionDataSet: null, messageModel: 'NONE' }],
  }),
  JSON.stringify({ ...heartbeat, consumerDataSet: [{ ...heartbeat.consumerDataSet[0], groupName: '__proto__' }] }),
  JSON.stringify({ ...heartbeat, producerDataSet: 'x' }),
  JSON.stringify(topicConfig),
  JSON.stringify({ topicConfigList: [topicConfig, null, { topicName: 7 }] }),
  JSON.stringify({ groupName: 'fuzz-group-1', retryQueueNums: -1, brokerId: 'x' }),
  JSON.stringify({
    consumerGroup: 'fuzz-group-0',
    clientId: 'fuzz-client',
    mqSet: [{ topic: 'fuzz-topic-0', brokerName: 'x', queueId: -1 }, null],
  }),
  JSON.stringify({
    topicConfigSerializeWrapper: { topicConfigTable: { 'fuzz-topic-0': null }, dataVersion: null },
    filterServerList: 3,
  }),
  JSON.stringify({
    topicConfigSerializeWrapper: {
      topicConfigTable: { 'fuzz-topic-0': topicConfig },
      dataVersion: { counter: -1, timestamp: 'x' },
    },
  }),
  `{"a":${'['.repeat(5000)}${']'.repeat(5000)}}`,
];

/** A batch's message says to be longer than the body (Java: MessageDecoder.decodeMessages). */
function brokenBatches(): Buffer[] {
  return [0, 1, 21, 22, 0x7fff_ffff, 0xffff_ffff].map((total) => {
    const batch = Buffer.alloc(64);
    batch.writeUInt32BE(total, 0);
    batch.writeUInt32BE(0xffff_fff0, 16);
    return batch;
  });
}

/** All of them. */
export const SPECIAL_BODIES: readonly Buffer[] = [...texts.map((text) => Buffer.from(text)), ...brokenBatches()];
