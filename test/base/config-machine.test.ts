/** Which of a machine's addresses is told to clients. */
import type { NetworkInterfaceInfo } from 'node:os';
import * as assert from 'uvu/assert';

import { chooseLocalAddress } from '#src/base/config-machine.js';

import { suite } from '../suite.js';

const test = suite('local address');

function address(family: 'IPv4' | 'IPv6', value: string, internal = false): NetworkInterfaceInfo {
  const rest = { address: value, netmask: '', mac: '', internal, cidr: null };
  return family === 'IPv4' ? { family, ...rest } : { family, scopeid: 0, ...rest };
}

test('takes the first IPv4 address that others can reach', () => {
  const interfaces = {
    lo: [address('IPv4', '127.0.0.1', true)],
    docker0: [address('IPv4', '172.17.0.1')],
    eth0: [address('IPv6', 'fd00::1'), address('IPv4', '169.254.1.1'), address('IPv4', '10.0.0.7')],
    eth1: [address('IPv4', '10.0.0.8')],
  };
  assert.is(chooseLocalAddress(interfaces), '10.0.0.7');
});

test('else IPv6 in brackets, else loopback', () => {
  assert.is(chooseLocalAddress({ eth0: [address('IPv6', 'fe80::1'), address('IPv6', 'fd00::1')] }), '[fd00::1]');
  assert.is(chooseLocalAddress({ lo: [address('IPv4', '127.0.0.1', true)] }), '127.0.0.1');
});

test.run();
