/**
 * Addresses as sockets give them, as RocketMQ prints them and as stored records carry them. Main thread.
 * Java: RemotingHelper.parseSocketAddressAddr and MessageExt.socketAddress2ByteBuffer.
 * Invariant: an IPv4 address seen through an IPv6 socket (::ffff:a.b.c.d) is an IPv4 address everywhere.
 */
import { isIPv4 } from 'node:net';

const MAPPED_PREFIX = '::ffff:';
const IPV6_GROUPS = 8;

/** `ip:port`, IPv6 in brackets. */
export function formatHostPort(address: string | undefined, port: number | undefined): string {
  if (address === undefined) return 'closed';
  const plain = unmapped(address);
  return plain.includes(':') ? `[${plain}]:${port ?? 0}` : `${plain}:${port ?? 0}`;
}

/** 4 or 16 address bytes, then the port as int32: the form of bornHost and storeHost. */
export function encodeHost(address: string | undefined, port: number | undefined): Buffer {
  const plain = unmapped(address ?? '0.0.0.0');
  const addressBytes = isIPv4(plain) ? plain.split('.').map(Number) : ipv6Bytes(plain);
  const host = Buffer.alloc(addressBytes.length + 4);
  host.set(addressBytes);
  host.writeInt32BE(port ?? 0, addressBytes.length);
  return host;
}

/** What {@link encodeHost} made, as `ip:port`. */
export function formatStoredHost(host: Uint8Array): string {
  const view = Buffer.from(host.buffer, host.byteOffset, host.length);
  const addressBytes = view.length - 4;
  const groups = Array.from({ length: addressBytes / 2 }, (_, group) => view.readUInt16BE(group * 2).toString(16));
  const address = addressBytes === 4 ? view.subarray(0, addressBytes).join('.') : groups.join(':');
  return formatHostPort(address, view.readInt32BE(addressBytes));
}

/** Splits `host:port`; the host may be a name, an IPv4 or a bracketed or bare IPv6 address. Undefined if there is no valid port. */
export function parseHostPort(text: string): { host: string; port: number } | undefined {
  const colon = text.lastIndexOf(':');
  const port = Number(text.slice(colon + 1));
  if (colon <= 0 || text.length === colon + 1 || !Number.isInteger(port) || port < 0 || port > 65535) return undefined;
  const host = text.slice(0, colon);
  return { host: host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host, port };
}

function unmapped(address: string): string {
  const rest = address.toLowerCase().startsWith(MAPPED_PREFIX) ? address.slice(MAPPED_PREFIX.length) : address;
  return isIPv4(rest) ? rest : address;
}

function ipv6Bytes(address: string): number[] {
  const [withoutZone = ''] = address.split('%');
  const [head = '', tail] = withoutZone.split('::');
  const headGroups = ipv6Groups(head);
  const tailGroups = tail === undefined ? [] : ipv6Groups(tail);
  const zeros = Math.max(0, IPV6_GROUPS - headGroups.length - tailGroups.length);
  const groups = [...headGroups, ...Array.from({ length: zeros }, () => 0), ...tailGroups];
  return groups.flatMap((group) => [group >> 8, group & 0xff]);
}

function ipv6Groups(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
    return [(a << 8) | b, (c << 8) | d];
  });
}
