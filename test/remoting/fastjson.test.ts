/** fastjson's dialect: what the writer makes of odd keys, and what the lenient reader takes and refuses. */
import * as assert from 'uvu/assert';
import { RequestError } from '#src/base/errors.js';
import { HeartbeatData } from '#src/remoting/bodies/heartbeat-data.js';
import { TopicRouteData } from '#src/remoting/bodies/topic-route-data.js';
import { parseFastjson, stringifyFastjson } from '#src/remoting/fastjson.js';
import { suite } from '../suite.js';
import { seededRandom } from './frames.js';

const test = suite('fastjson');

test('writes integer keys bare, or as text when standard JSON is asked for', () => {
  const value = {
    addrs: new Map([
      [0, 'a:1'],
      [1, 'b:2'],
    ]),
    gone: undefined,
    nothing: null,
  };
  assert.is(stringifyFastjson(value), '{"addrs":{0:"a:1",1:"b:2"}}');
  assert.is(stringifyFastjson(value, 'standard'), '{"addrs":{"0":"a:1","1":"b:2"}}');
});

test('reads what it writes with objects as keys', () => {
  const value = new Map([[{ queueId: 1, topic: 't}"{' }, { max: 2 }]]);
  assert.equal(parseFastjson(stringifyFastjson(value)), value);
});

test('reads the dialect', () => {
  assert.equal(parseFastjson('{0:"a",1:"b"}'), { 0: 'a', 1: 'b' });
  assert.equal(parseFastjson("{name:'it\\'s',\"n\":12L,x:[1,2,],}"), { name: "it's", n: 12, x: [1, 2] });
  assert.equal(parseFastjson('{"a":"\\u4e16\\n\\x41",0:null}'), { a: '世\nA', 0: null });
  assert.equal(parseFastjson('{{"q":1}:-1.5e3}'), new Map([[{ q: 1 }, -1500]]));
});

for (const text of [
  '',
  '{',
  '{1',
  '{1:',
  '{1:2',
  '{"a":tru}',
  '{a b:1}',
  '{1:"x',
  '{1:1}x',
  '[1 2]',
  '{0:"\\u12"}',
  ','.repeat(10),
]) {
  test(`refuses ${JSON.stringify(text)}`, () => {
    assert.throws(
      () => parseFastjson(text),
      (error: unknown) => error instanceof RequestError,
    );
  });
}

test('refuses nesting without end instead of overflowing', () => {
  assert.throws(() => parseFastjson('{1:'.repeat(100_000)), /nested deeper/);
});

test('mutated text ends in a value or a RequestError', () => {
  const random = seededRandom(7);
  const good = '{"offsetTable":{{"brokerName":"b","queueId":2,"topic":"t"}:{"maxOffset":12}},0:[1,"x\\u0001",true]}';
  for (let round = 0; round < 5_000; round += 1) {
    const at = Math.floor(random() * good.length);
    const text =
      good.slice(0, at) +
      String.fromCharCode(32 + Math.floor(random() * 95)) +
      good.slice(at + Math.floor(random() * 3));
    try {
      parseFastjson(text);
    } catch (error) {
      assert.instance(error, RequestError, text);
    }
  }
});

test('a body of wrong types reads as its defaults', () => {
  const heartbeat = HeartbeatData.decode(
    Buffer.from('{"clientID":7,"consumerDataSet":{"a":1},"producerDataSet":[null,{"groupName":"g"}]}'),
  );
  assert.is(heartbeat.clientID, '7');
  assert.equal(heartbeat.consumerDataSet, []);
  assert.equal(heartbeat.producerDataSet, [{ groupName: '' }, { groupName: 'g' }]);
  assert.equal(TopicRouteData.decode(undefined).brokerDatas, []);
});

test.run();
