/** Apache's own bytes, decoded by us: see golden/README.md for how they were taken. */
import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import type { BodySchema } from '#src/remoting/body-schema.js';
import { ClusterInfo } from '#src/remoting/bodies/cluster-info.js';
import { HeartbeatData } from '#src/remoting/bodies/heartbeat-data.js';
import { KVTable } from '#src/remoting/bodies/kv-table.js';
import { LockBatchRequestBody } from '#src/remoting/bodies/lock-batch-body.js';
import {
  decodeCompressedRegisterBrokerBody,
  encodeCompressedRegisterBrokerBody,
  RegisterBrokerBody,
} from '#src/remoting/bodies/register-broker-body.js';
import { SubscriptionGroupWrapper } from '#src/remoting/bodies/subscription-group-wrapper.js';
import { TopicRouteData } from '#src/remoting/bodies/topic-route-data.js';
import { TopicStatsTable } from '#src/remoting/bodies/topic-stats-table.js';
import { PullMessageRequestHeader } from '#src/remoting/headers/pull-message-request-header.js';
import {
  decodeSendMessageRequestHeader,
  SendMessageResponseHeader,
} from '#src/remoting/headers/send-message-request-header.js';
import { CURRENT_VERSION } from '#src/remoting/mq-version.js';
import { isOneway, isResponse, SerializeType, type RemotingCommand } from '#src/remoting/remoting-command.js';
import { suite } from '../suite.js';
import { decodeFrame, encodeFrames } from './frames.js';

interface Golden {
  readonly version: number;
  readonly frames: readonly {
    readonly name: string;
    readonly serializeType: keyof typeof SerializeType;
    readonly hex: string;
  }[];
  readonly bodies: readonly { readonly name: string; readonly hex: string }[];
}

const file = new URL('../../../test/remoting/golden/apache-5.5.0.json', import.meta.url);
const golden = JSON.parse(readFileSync(file, 'utf8')) as Golden;
const sendHeader = {
  producerGroup: 'pg',
  topic: 'TopicTest',
  defaultTopic: 'TBW102',
  defaultTopicQueueNums: 4,
  queueId: 2,
  sysFlag: 0,
  bornTimestamp: 1_700_000_000_000,
  flag: 0,
  properties: 'KEYS\u0001kéy\u0002TAGS\u0001a\u0002',
  reconsumeTimes: 0,
  unitMode: false,
  maxReconsumeTimes: 16,
  batch: false,
  brokerName: 'broker-a',
};
const sent = (command: RemotingCommand): void => {
  assert.equal(decodeSendMessageRequestHeader(command), sendHeader);
  assert.is(command.body?.toString(), 'héllo 世界');
};

const checks: Readonly<Record<string, (command: RemotingCommand) => void>> = {
  'send-v1': sent,
  'send-v2': sent,
  'send-response': (command) => {
    assert.ok(isResponse(command));
    const header = SendMessageResponseHeader.decode(command.extFields);
    assert.equal(header, {
      msgId: '7F00000100002A9F0000000000000001',
      queueId: 3,
      queueOffset: Number.MAX_SAFE_INTEGER,
      transactionId: 'tx',
      batchUniqId: undefined,
      recallHandle: undefined,
    });
  },
  pull: (command) => {
    const header = PullMessageRequestHeader.decode(command.extFields);
    assert.is(header.subscription, 'a || b');
    assert.is(header.maxMsgBytes, 0x7f_ff_ff_ff);
    assert.is(header.subVersion, 1_700_000_000_000);
  },
  'heartbeat-no-header': (command) => {
    assert.is(command.language, 'GO');
    assert.is(command.body?.toString(), '{}');
  },
  'unregister-oneway': (command) => assert.ok(isOneway(command)),
  'error-response': (command) => {
    assert.is(command.code, 17);
    assert.is(command.remark, 'topic["x"] 不存在\n not exist');
  },
  pop: (command) => assert.is(command.code, 200_050),
  empty: (command) => assert.is(command.extFields, undefined),
};

const test = suite('golden bytes of Apache 5.5.0');

test('our version is its version', () => assert.is(CURRENT_VERSION, golden.version));

for (const { name, serializeType, hex } of golden.frames) {
  test(`frame ${name}, ${serializeType}`, () => {
    const command = decodeFrame(Buffer.from(hex, 'hex'));
    assert.is(command.opaque, 4711);
    assert.is(command.version, CURRENT_VERSION);
    assert.is(command.serializeType, SerializeType[serializeType]);
    const check = checks[name];
    assert.ok(check, `no check for ${name}`);
    check(command);
    assert.equal(decodeFrame(encodeFrames(command)), command);
  });
}

/** Bodies that our encoder must give back byte for byte: no member of theirs is unknown to us, no number has a fraction. */
const bodies: Readonly<Record<string, BodySchema<never>>> = {
  'topic-route-data': TopicRouteData as BodySchema<never>,
  'topic-route-data-standard': TopicRouteData as BodySchema<never>,
  'cluster-info': ClusterInfo as BodySchema<never>,
  'heartbeat-data': HeartbeatData as BodySchema<never>,
  'subscription-group-wrapper': SubscriptionGroupWrapper as BodySchema<never>,
  'register-broker-body': RegisterBrokerBody as BodySchema<never>,
  'lock-batch-request-body': LockBatchRequestBody as BodySchema<never>,
  'kv-table': KVTable as BodySchema<never>,
};

function body(name: string): Buffer {
  const found = golden.bodies.find((entry) => entry.name === name);
  return Buffer.from(found?.hex ?? '', 'hex');
}

for (const [name, schema] of Object.entries(bodies)) {
  test(`body ${name} comes back byte for byte`, () => {
    const encoded = schema.encode(schema.decode(body(name)), name.endsWith('-standard') ? 'standard' : 'fastjson');
    assert.is(encoded.toString(), body(name).toString());
  });
}

test('body topic-stats-table has queues as keys', () => {
  const table = TopicStatsTable.decode(body('topic-stats-table'));
  assert.equal(
    [...table.offsetTable],
    [
      [
        { brokerName: 'broker-a', queueId: 2, topic: 't' },
        { lastUpdateTimestamp: 1_700_000_000_000, maxOffset: 12, minOffset: 0 },
      ],
    ],
  );
  // Java writes the double as 0.0.
  assert.is(TopicStatsTable.encode(table).toString(), body('topic-stats-table').toString().replace('0.0}', '0}'));
});

test('body register-broker-body-compressed', () => {
  const decoded = decodeCompressedRegisterBrokerBody(body('register-broker-body-compressed'));
  const topic = decoded.topicConfigSerializeWrapper.topicConfigTable.get('TopicTest');
  assert.equal(topic?.attributes, { 'message.type': 'NORMAL' });
  assert.is(topic?.readQueueNums, 8);
  assert.is(topic?.writeQueueNums, 4);
  assert.equal(decoded.topicConfigSerializeWrapper.dataVersion, {
    counter: 3,
    stateVersion: 7,
    timestamp: 1_700_000_000_000,
  });
  assert.equal(decodeCompressedRegisterBrokerBody(encodeCompressedRegisterBrokerBody(decoded)), decoded);
});

test.run();
