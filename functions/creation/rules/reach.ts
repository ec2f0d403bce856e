import { BlockList, isIP } from 'node:net';

/** Whose addresses a range holds: only those of private networks, a few public ones, or so many that it is the world. */
export type Reach = 'private' | 'few' | 'world';

/** The networks that the Internet does not reach (RFC 1918, RFC 6598 for carriers and VPCs, RFC 4193 for IPv6). */
const PRIVATE = [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['fc00::', 7],
] as const;

/** The widest range that one company has for itself: 256 addresses, or what AWS gives a VPC in IPv6 (VPC guide). */
const FEW_PREFIX_BITS = { ipv4: 24, ipv6: 56 };

/** What a range such as `203.0.113.0/24` holds. What cannot be read is the world: doubt never opens a port. */
export const reachOf = (cidr: string): Reach => {
  const [, address = '', digits = ''] = /^([\d.]+|[\da-f:.]+)\/(\d{1,3})$/i.exec(cidr) ?? [];
  const bits = Number(digits);
  const version = isIP(address);
  if (version === 0 || bits > (version === 6 ? 128 : 32)) return 'world';
  const family = version === 6 ? 'ipv6' : 'ipv4';
  const isPrivate = PRIVATE.some(([network, prefix]) => {
    if (bits < prefix || isIP(network) !== version) return false;
    const block = new BlockList();
    block.addSubnet(network, prefix, family);
    return block.check(address, family);
  });
  if (isPrivate) return 'private';
  return bits < FEW_PREFIX_BITS[family] ? 'world' : 'few';
};
