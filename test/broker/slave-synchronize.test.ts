/** A slave takes over the tables of a master: asked over the wire's own bytes, from a broker of ours and in Apache's form. */
import * as assert from 'uvu/assert';

import { createLogger } from '#src/base/log.js';
import { SlaveSynchronize, SYNC_INTERVAL_MS } from '#src/broker/slave-synchronize.js';
import { createTopicConfig } from '#src/broker/topic-config.js';
import type { RemotingCommand } from '#src/remoting/remoting-command.js';
import { RemotingConnectError } from '#src/remoting/remoting-error.js';
import { RequestCode } from '#src/remoting/request-code.js';

import { suite } from '../suite.js';
import { AdminBroker } from './admin-broker.js';

const test = suite('slave synchronize');

/** Two brokers of one name; what the slave asks, the master answers. */
class Pair {
  readonly master = new AdminBroker();
  readonly slave = new AdminBroker();
  readonly asked: string[] = [];
  isAway = false;
  /** Answers that stand in for the master's. */
  readonly answers = new Map<number, Partial<RemotingCommand>>();
  readonly synchronize = new SlaveSynchronize({
    client: {
      invoke: async (address, request) => {
        this.asked.push(`${address} ${request.code}`);
        if (this.isAway) throw new RemotingConnectError(address, 'refused');
        const answer = await this.master.call(request.code, request.extFields ?? {});
        return { ...answer, ...this.answers.get(request.code) };
      },
    },
    topics: this.slave.topics,
    groups: this.slave.groups,
    offsets: this.slave.offsets,
    delayOffsets: this.slave.delayOffsets,
    requestModes: this.slave.requestModes,
    clock: this.slave.clock,
    logger: createLogger('test', 'silent'),
  });
}

test('topics, groups and offsets are the master’s after a round, those it does not have are gone', async () => {
  const { master, slave, synchronize } = new Pair();
  // Data versions tell tables apart by their times.
  master.clock.advance(5);
  master.topics.update(createTopicConfig('FromMaster', { readQueueNums: 3, writeQueueNums: 3, perm: 6 }));
  slave.topics.update(createTopicConfig('OnlyHere', { readQueueNums: 1, writeQueueNums: 1, perm: 6 }));
  master.groups.find('group-of-master');
  slave.groups.find('group-here');
  master.offsets.commit('host', 'group-of-master', 'FromMaster', 2, 17);
  slave.offsets.commit('host', 'group-here', 'FromMaster', 0, 4);
  master.delayOffsets.update(3, 12);
  const modes =
    '{"messageRequestModeMap":{"FromMaster":{"g":{"consumerGroup":"g","mode":"POP","popShareQueueNum":2,"topic":"FromMaster"}}}}';
  master.requestModes.decode(modes);
  synchronize.setMasterAddr('master:1');
  await synchronize.syncAll();
  assert.equal(slave.topics.select('FromMaster'), master.topics.select('FromMaster'));
  assert.is(slave.topics.select('OnlyHere'), undefined);
  assert.equal(slave.topics.dataVersion, master.topics.dataVersion);
  assert.ok(slave.groups.contains('group-of-master'));
  assert.not.ok(slave.groups.contains('group-here'));
  assert.is(slave.offsets.query('group-of-master', 'FromMaster', 2), 17);
  assert.is(slave.delayOffsets.get(3), 12);
  assert.is(slave.requestModes.encode(), modes);
  assert.ok(slave.requestModes.takeChanged());
  // Compat: offsets of groups that the master does not know stay.
  assert.is(slave.offsets.query('group-here', 'FromMaster', 0), 4);
});

test('Apache’s form of the offsets, with bare integers as keys, is read too', async () => {
  const { slave, synchronize, answers } = new Pair();
  const body = Buffer.from(
    '{"dataVersion":{"counter":7,"stateVersion":0,"timestamp":5},"offsetTable":{"GoldenTopic@golden_group":{0:1,1:2}}}',
  );
  answers.set(RequestCode.GET_ALL_CONSUMER_OFFSET, { body });
  synchronize.setMasterAddr('master:1');
  await synchronize.syncAll();
  assert.is(slave.offsets.query('golden_group', 'GoldenTopic', 1), 2);
  assert.is(slave.offsets.dataVersion.counter, 7);
});

test('a table of the same version is left alone, so that nothing is written or registered for it', async () => {
  const { master, slave, synchronize } = new Pair();
  synchronize.setMasterAddr('master:1');
  await synchronize.syncAll();
  let changes = 0;
  slave.topics.onChange(() => void changes++);
  slave.groups.onChange(() => void changes++);
  await synchronize.syncAll();
  assert.is(changes, 0);
  master.topics.touch();
  await synchronize.syncAll();
  assert.is(changes, 1);
});

test('rounds come every 10 s while there is a master, and an absent one costs nothing but the round', async () => {
  const pair = new Pair();
  const { slave, synchronize, asked } = pair;
  synchronize.start();
  slave.clock.advance(SYNC_INTERVAL_MS);
  await synchronize.syncAll();
  assert.equal(asked, []);
  pair.isAway = true;
  synchronize.setMasterAddr('master:1');
  await synchronize.syncAll();
  assert.ok(asked.every((line) => line === 'master:1 21'));
  pair.isAway = false;
  asked.length = 0;
  slave.clock.advance(SYNC_INTERVAL_MS);
  await synchronize.syncAll();
  assert.equal(asked, ['master:1 21', 'master:1 43', 'master:1 201', 'master:1 45', 'master:1 402']);
  await synchronize.stop();
  slave.clock.advance(SYNC_INTERVAL_MS);
  assert.is(asked.length, 5);
});

test.run();
