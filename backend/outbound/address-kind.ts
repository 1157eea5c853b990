import { BlockList, isIP } from 'node:net';

/**
 * What stands at an IP address: `public`, reachable from anywhere; `loopback`, this machine; `private`, a network that others cannot
 * reach; `never`, what nothing here has to ask: where clouds keep credentials, and addresses of no one machine.
 */
export type AddressKind = 'public' | 'loopback' | 'private' | 'never';

type Net = readonly [address: string, bits: number, family: 'ipv4' | 'ipv6'];

/** IANA's registries of special-purpose addresses, IPv4 and IPv6. */
const NEVER: readonly Net[] = [
  ['0.0.0.0', 8, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  // Where Alibaba's and Oracle's clouds have their metadata, within ranges that are private otherwise.
  ['100.100.100.200', 32, 'ipv4'],
  ['192.0.0.192', 32, 'ipv4'],
  // Azure's.
  ['168.63.129.16', 32, 'ipv4'],
  ['192.0.2.0', 24, 'ipv4'],
  ['198.51.100.0', 24, 'ipv4'],
  ['203.0.113.0', 24, 'ipv4'],
  ['224.0.0.0', 4, 'ipv4'],
  ['240.0.0.0', 4, 'ipv4'],
  ['::', 128, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
  ['fec0::', 10, 'ipv6'],
  ['ff00::', 8, 'ipv6'],
  ['100::', 64, 'ipv6'],
  ['2001:db8::', 32, 'ipv6'],
  ['3fff::', 20, 'ipv6'],
  ['5f00::', 16, 'ipv6'],
  // Tunnels, whose addresses hold an IPv4 address that the tunnel's end would ask.
  ['2001::', 32, 'ipv6'],
  ['2002::', 16, 'ipv6'],
  // Where AWS has its metadata by IPv6.
  ['fd00:ec2::', 32, 'ipv6'],
];
const LOOPBACK: readonly Net[] = [
  ['127.0.0.0', 8, 'ipv4'],
  ['::1', 128, 'ipv6'],
];
const PRIVATE: readonly Net[] = [
  ['10.0.0.0', 8, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.0.0.0', 24, 'ipv4'],
  ['192.88.99.0', 24, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['198.18.0.0', 15, 'ipv4'],
  ['fc00::', 7, 'ipv6'],
  ['64:ff9b:1::', 48, 'ipv6'],
];

const listOf = (nets: readonly Net[]): BlockList => {
  const list = new BlockList();
  for (const [address, bits, family] of nets) list.addSubnet(address, bits, family);
  return list;
};
/** The first that holds an address decides. */
const LISTS = [
  ['never', listOf(NEVER)],
  ['loopback', listOf(LOOPBACK)],
  ['private', listOf(PRIVATE)],
] as const;

/** @param address IPv4, or IPv6 with or without a zone; an IPv4 address within an IPv6 address counts as itself. */
export function addressKind(address: string): AddressKind {
  const plain = address.replace(/%.*$/, '');
  const version = isIP(plain);
  if (version === 0) return 'never';
  const within = version === 6 ? embeddedIpv4(plain) : undefined;
  if (within !== undefined) return addressKind(within);
  const family = version === 6 ? 'ipv6' : 'ipv4';
  return LISTS.find(([, list]) => list.check(plain, family))?.[0] ?? 'public';
}

/** Of `::ffff:a.b.c.d` (mapped), `::a.b.c.d` (compatible, RFC 4291) and `64:ff9b::a.b.c.d` (NAT64, RFC 6052). */
function embeddedIpv4(address: string): string | undefined {
  const groups = groupsOf(address);
  const head = groups.slice(0, 6).join(':');
  const isZero = head === '0:0:0:0:0:0';
  const [high, low] = groups.slice(6).map((group) => Number.parseInt(group, 16));
  // `::` and `::1` are addresses of their own.
  if (isZero && high === 0 && low <= 1) return undefined;
  if (!isZero && head !== '0:0:0:0:0:ffff' && head !== '64:ff9b:0:0:0:0') return undefined;
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** All eight, in hex without leading zeros. */
function groupsOf(address: string): string[] {
  // An URL writes each IPv6 address in one way (RFC 5952), and its last groups in hex.
  const text = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head, tail] = text.split('::').map((part) => (part === '' ? [] : part.split(':')));
  if (tail === undefined) return head;
  return [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => '0'), ...tail];
}
