import { describe, expect, it } from '@jest/globals';
import { networkOf, NO_PROXIES, senderOf, trustedProxies } from './address.js';

describe('a network', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002::6', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ])('of %s is %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});

describe('the sender of a request', () => {
  const proxies = trustedProxies(['10.0.0.0/8', '2001:db8:ffff::/48', '127.0.0.1']);
  const sender = (remoteAddress: string | undefined, forwarded?: string | string[], known = proxies): string =>
    senderOf({ socket: { remoteAddress } as never, headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded } }, known);

  it.each<[string, string | undefined, string | undefined, string]>([
    ['who connects, without a proxy', '198.51.100.7', undefined, '198.51.100.7'],
    ['who connects, whatever a stranger forwards', '198.51.100.7', '203.0.113.9', '198.51.100.7'],
    ['whom our proxy heard', '10.1.2.3', '203.0.113.9', '203.0.113.9'],
    ['whom the first of our proxies heard', '10.1.2.3', '203.0.113.9, 10.9.9.9', '203.0.113.9'],
    ['not whom the sender invents', '10.1.2.3', '192.0.2.66, 203.0.113.9, 10.9.9.9', '203.0.113.9'],
    ['our proxy, where it says nothing', '10.1.2.3', undefined, '10.1.2.3'],
    ['our proxy, where it says nonsense', '10.1.2.3', 'unknown', '10.1.2.3'],
    ['our outer proxy, where what it heard is nonsense', '10.1.2.3', '203.0.113.9, x, 10.9.9.9', '10.9.9.9'],
    ['without the port of it', '10.1.2.3', '203.0.113.9:4711', '203.0.113.9'],
    ['in IPv6, with a port', '2001:db8:ffff::1', '[2001:db8:1:2::7]:443', '2001:db8:1:2::/64'],
    ['of a socket for both kinds', '::ffff:10.1.2.3', '203.0.113.9', '203.0.113.9'],
    ['of a connection that is gone', undefined, '203.0.113.9', ''],
  ])('is %s', (_what, remote, forwarded, expected) => {
    expect(sender(remote, forwarded)).toBe(expected);
  });
  it('is who connects as long as no proxy is trusted', () => {
    expect(sender('10.1.2.3', '203.0.113.9', NO_PROXIES)).toBe('10.1.2.3');
  });
  it.each(['10.0.0.0/33', '10.0.0.0/', '10.0.0/8', '::/129', 'proxy.example', '10.0.0.1/8/8', '10.0.0.0/x', ''])('trusts no %j', (one) => {
    expect(() => trustedProxies([one])).toThrow(RangeError);
  });
});
