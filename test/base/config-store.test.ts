/** Layers, values that are not allowed, changes while running. */
import * as assert from 'uvu/assert';

import { bool, bytes, derived, int, oneOf, path, port, text } from '#src/base/config-schema.js';
import { ConfigStore } from '#src/base/config-store.js';
import { ConfigError } from '#src/base/errors.js';

import { suite } from '../suite.js';

const schema = {
  name: text(
    derived('the host name', ({ hostName }) => hostName),
    'A name.',
    { pattern: /^\w+$/, allowed: 'letters' },
  ),
  count: int(3, 'A number.', { min: 1, max: 9, changeable: true, important: true }),
  size: bytes(1_024, 'A size.', { max: 2 ** 30 }),
  listenPort: port(80, 'A port.'),
  nextPort: port(
    derived('listenPort + 1', ({ valueOf }) => Number(valueOf('listenPort')) + 1),
    'Another.',
  ),
  isOn: bool(true, 'A switch.', { changeable: true }),
  mode: oneOf(['FAST', 'SAFE'], 'FAST', 'A mode.'),
  folder: path('x', 'A folder.'),
};

const machine = { hostName: 'box', localAddress: '10.0.0.1', homeDirectory: '/home' };

function storeOf(...layers: Record<string, string>[]): ConfigStore<typeof schema> {
  const sources = layers.map((entries, index) => ({
    source: `layer ${index}`,
    entries: new Map(Object.entries(entries)),
  }));
  return new ConfigStore(schema, sources, machine);
}

const test = suite('config store');

test('works out defaults, one from another', () => {
  const { values } = storeOf({ listenPort: '100' });
  assert.equal(
    { ...values },
    { name: 'box', count: 3, size: 1_024, listenPort: 100, nextPort: 101, isOn: true, mode: 'FAST', folder: 'x' },
  );
});

test('lets a later layer win', () => {
  assert.is(storeOf({ count: '4', name: 'a' }, { count: '5' }).values.count, 5);
});

test('does not look at a value that a later layer replaces', () => {
  assert.is(storeOf({ count: 'x' }, { count: '5' }).values.count, 5);
});

const refused = [
  ['count', '0', 'a whole number from 1 to 9'],
  ['count', '1.5', 'a whole number from 1 to 9'],
  ['count', '', 'a whole number from 1 to 9'],
  ['size', '4 parsecs', 'a number of bytes from 1 to 1073741824, or one with KiB, MiB or GiB behind it'],
  ['size', '2GiB', 'a number of bytes from 1 to 1073741824, or one with KiB, MiB or GiB behind it'],
  ['listenPort', '65536', 'a port from 0 to 65535'],
  ['isOn', 'yes', 'true or false'],
  ['mode', 'fast', 'FAST, SAFE'],
  ['name', 'a b', 'letters'],
  ['folder', '', 'a path'],
] as const;

for (const [key, value, allowed] of refused) {
  test(`refuses ${key}="${value}" and says what is allowed`, () => {
    const expected = `${key}="${value}" from layer 1 is not allowed: it takes ${allowed}`;
    assert.throws(
      () => storeOf({}, { [key]: value }),
      (error: Error) => error instanceof ConfigError && error.message === expected,
    );
  });
}

test('takes sizes with a unit and values with white space around', () => {
  const { values } = storeOf({ size: '16 MiB', count: ' 7 ', isOn: 'FALSE' });
  assert.equal([values.size, values.count, values.isOn], [16 * 2 ** 20, 7, false]);
});

test('keeps unknown keys and shows them sorted among the others', () => {
  const store = storeOf({ aUnknown: 'é', zUnknown: '2' });
  assert.equal(store.unknownKeys, ['aUnknown', 'zUnknown']);
  assert.ok(store.toProperties().startsWith('aUnknown=\\u00e9\ncount=3\nfolder=x\n'));
  assert.ok(store.toProperties().endsWith('zUnknown=2\n'));
  assert.equal(store.entries(true), [['count', '3']]);
});

test('a key called like a member of every object is unknown', () => {
  assert.equal(storeOf({ constructor: '1' }).unknownKeys, ['constructor']);
});

test('changes changeable keys at once, tells of the others, leaves unknown ones out', () => {
  const store = storeOf();
  const told: string[][] = [];
  store.onChange((changed) => told.push([...changed]));
  const { values } = store;
  const update = store.update(
    new Map([
      ['count', '8'],
      ['isOn', 'true'],
      ['mode', 'SAFE'],
      ['what', '1'],
    ]),
    'a request',
  );
  assert.equal(update, { changed: ['count'], atNextStart: ['mode'], unknown: ['what'] });
  assert.is(values.count, 8);
  assert.is(values.mode, 'FAST');
  assert.equal(told, [['count']]);
});

test('changes nothing when one value is not allowed', () => {
  const store = storeOf();
  assert.throws(
    () =>
      store.update(
        new Map([
          ['isOn', 'false'],
          ['count', '77'],
        ]),
        'a request',
      ),
    /count="77" from a request/,
  );
  assert.is(store.values.isOn, true);
});

test.run();
