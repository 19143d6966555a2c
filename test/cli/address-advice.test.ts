/** Which advertised hosts are warned of. The cases are those of apache/rocketmq#6631. */
import * as assert from 'uvu/assert';

import { adviseOnHost, type Surroundings } from '#src/cli/address-advice.js';

import { suite } from '../suite.js';

const test = suite('address advice');

const container: Surroundings = {
  inContainer: true,
  hostName: '3f2a',
  ownAddresses: ['172.17.0.2', 'fd00::2'],
  canResolve: async (host) => host !== 'nowhere',
};
const machine: Surroundings = { ...container, inContainer: false };

const cases: readonly [host: string, where: Surroundings, expected: RegExp | undefined][] = [
  ['172.17.0.2', container, /an address of this container/],
  ['[fd00::2]', container, /an address of this container/],
  ['3f2a', container, /an address of this container/],
  ['127.0.0.1', container, /only from this container/],
  ['localhost', container, /only from this container/],
  ['192.168.1.5', container, undefined],
  ['broker.example.org', container, undefined],
  ['nowhere', container, /cannot be resolved/],
  ['nowhere', machine, /cannot be resolved/],
  ['172.17.0.2', machine, undefined],
  ['127.0.0.1', machine, undefined],
];

for (const [host, where, expected] of cases) {
  const place = where.inContainer ? 'in a container' : 'on a machine';
  test(`${host} ${place} is ${expected === undefined ? 'fine' : 'warned of'}`, async () => {
    const advice = await adviseOnHost(host, where);
    if (expected === undefined) assert.is(advice, undefined);
    else assert.match(advice ?? '', expected);
  });
}

test.run();
