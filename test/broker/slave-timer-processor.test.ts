/** What Apache's slaves ask of a master beside the log: the layout of the timer checkpoint (60) against bytes of Apache's own, and lag (28). */
import * as assert from 'uvu/assert';

import { MessageRequestModes } from '#src/broker/message-request-modes.js';
import { KVTable } from '#src/remoting/bodies/kv-table.js';
import { RequestCode } from '#src/remoting/request-code.js';

import { suite } from '../suite.js';
import { AdminBroker } from './admin-broker.js';

const test = suite('slave timer processor');

/** What a 5.5.0 broker with an empty store answered to 60. */
const APACHE_CHECKPOINT =
  '000001a1fdeea5700000000000000000000000000000000000000000000000000000000000000000000001a1fdeea6410000000000000023';

test('a timer checkpoint has Apache’s layout: times of now and of the start, no place in any queue', async () => {
  const broker = new AdminBroker();
  const startMs = broker.clock.nowMs();
  broker.clock.advance(12_345);
  const { body = Buffer.alloc(0) } = await broker.call(RequestCode.GET_TIMER_CHECK_POINT, {});
  const apache = Buffer.from(APACHE_CHECKPOINT, 'hex');
  assert.is(body.length, apache.length);
  assert.equal(body.subarray(8, 40), apache.subarray(8, 40));
  const nowMs = broker.clock.nowMs();
  assert.is(Number(body.readBigInt64BE(0)), nowMs - (nowMs % 1000));
  assert.is(Number(body.readBigInt64BE(40)), startMs);
});

test('request modes that make no sense are not taken over', () => {
  const modes = new MessageRequestModes();
  assert.throws(() => modes.decode('{}'), /messageRequestModeMap/);
  assert.throws(() => modes.decode('nonsense'));
  assert.is(modes.encode(), '{"messageRequestModeMap":{}}');
});

async function lagOf(broker: AdminBroker): Promise<Record<string, string>> {
  const { body } = await broker.call(RequestCode.GET_BROKER_RUNTIME_INFO, {});
  return Object.fromEntries(Array.from(KVTable.decode(body).table).filter(([key]) => key.startsWith('slave')));
}

test('runtime info tells how far slaves are behind, in bytes and in time', async () => {
  const broker = new AdminBroker();
  assert.equal(await lagOf(broker), {});
  await broker.put('Lag', 0, 'first');
  const { maxPhysicalOffset: secondOffset } = broker.store.stats();
  await broker.put('Lag', 0, 'second');
  const { maxPhysicalOffset: endOffset } = broker.store.stats();
  broker.clock.advance(7000);
  const connection = (slaveAckOffset: number): AdminBroker['haRuntimeInfo']['connections'][number] => ({
    addr: 'slave:1',
    slaveAckOffset,
    transferFromWhere: slaveAckOffset,
    diff: endOffset - slaveAckOffset,
    isInSync: true,
    transferredByteInSecond: 0,
  });
  broker.haRuntimeInfo = { ...broker.haRuntimeInfo, connections: [connection(endOffset), connection(secondOffset)] };
  assert.equal(await lagOf(broker), {
    slaveCount: '2',
    slaveBehindBytesMin: '0',
    slaveBehindBytesMax: String(endOffset - secondOffset),
    slaveBehindMillisMax: '7000',
  });
  broker.haRuntimeInfo = { ...broker.haRuntimeInfo, connections: [connection(endOffset)] };
  assert.is((await lagOf(broker))['slaveBehindMillisMax'], '0');
});

test.run();
