/**
 * What defaults take from the machine: its name, its address, the home folder. Any thread.
 * Java: BrokerIdentity.localHostName, NetworkUtil.getLocalAddress.
 */
import { homedir, hostname, networkInterfaces, type NetworkInterfaceInfo } from 'node:os';

import type { MachineFacts } from './config-store.js';

// Containers and virtual machines of this host sit behind these; no other machine reaches their addresses.
const BRIDGE_NAMES = /^(docker\d|br-|virbr|cni\d|veth)/;

/** The facts of this machine. */
export function readMachineFacts(): MachineFacts {
  return { hostName: hostname(), localAddress: chooseLocalAddress(networkInterfaces()), homeDirectory: homedir() };
}

/** The first IPv4 address that is not loopback, link-local or a bridge's; then IPv6 in brackets; then 127.0.0.1. */
export function chooseLocalAddress(interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>): string {
  const usable = Object.entries(interfaces)
    .filter(([name]) => !BRIDGE_NAMES.test(name))
    .flatMap(([, addresses]) => addresses ?? [])
    .filter(({ internal, address }) => !internal && !address.startsWith('169.254.') && !address.startsWith('fe80:'));
  const ipv4 = usable.find(({ family }) => family === 'IPv4');
  if (ipv4 !== undefined) return ipv4.address;
  const ipv6 = usable.find(({ family }) => family === 'IPv6');
  return ipv6 === undefined ? '127.0.0.1' : `[${ipv6.address}]`;
}
