/** Whose connection it is: the address that places and bounds are counted by. */
import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';
import type { IncomingMessage } from 'node:http';

/** `::ffff:192.0.2.1` is an IPv4 address as a socket for both kinds writes it. */
const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '');

/** The first four groups of an IPv6 address: a customer line has the rest of it to itself. */
const prefix64 = (address: string): string => {
  const [head = '', tail] = (address.split('%')[0] ?? '').toLowerCase().split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - front.length - back.length);
  const groups = [...front, ...Array<string>(zeros).fill('0'), ...back];
  return groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':');
};

/** One sender, as far as an address tells: an IPv4 address, or a /64 of IPv6. */
export const networkOf = (address: string): string => {
  const one = plain(address);
  return isIPv6(one) ? `${prefix64(one)}::/64` : one;
};

export type TrustedProxies = { readonly trust: (address: string) => boolean };

/** Trusts nobody: whoever connects is the sender. */
export const NO_PROXIES: TrustedProxies = { trust: () => false };

/** Addresses and networks (`10.0.0.0/8`). @throws RangeError for what is neither. */
export const trustedProxies = (list: readonly string[]): TrustedProxies => {
  const known = new BlockList();
  for (const one of list) {
    const [address = '', bits, more] = one.split('/');
    const family = isIPv4(address) ? 'ipv4' : 'ipv6';
    const longest = family === 'ipv4' ? 32 : 128;
    if (isIP(address) === 0 || more !== undefined || (bits !== undefined && (!/^\d{1,3}$/.test(bits) || Number(bits) > longest)))
      throw new RangeError('neither an address nor a network');
    known.addSubnet(address, bits === undefined ? longest : Number(bits), family);
  }
  return {
    trust: (address) => {
      const one = plain(address);
      return isIP(one) !== 0 && known.check(one, isIPv4(one) ? 'ipv4' : 'ipv6');
    },
  };
};

/** Proxies add a port here and there: `192.0.2.1:4711`, `[2001:db8::1]:443`. */
const withoutPort = (text: string): string => /^\[(.+)\](?::\d+)?$/.exec(text)?.[1] ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(text)?.[1] ?? text;

/**
 * The network of the sender. Behind proxies of ours it is the last address of X-Forwarded-For that none of them has. Each proxy adds
 * whom it heard; what stands before that the sender may have written itself. Anybody else's header says nothing.
 */
export const senderOf = (request: Pick<IncomingMessage, 'headers' | 'socket'>, proxies: TrustedProxies): string => {
  let sender = request.socket.remoteAddress ?? '';
  const forwarded = request.headers['x-forwarded-for'];
  const hops = (Array.isArray(forwarded) ? forwarded.join(',') : (forwarded ?? '')).split(',').map((hop) => withoutPort(hop.trim()));
  while (proxies.trust(sender)) {
    const before = hops.pop();
    if (before === undefined || isIP(before) === 0) break;
    sender = before;
  }
  return networkOf(sender);
};
