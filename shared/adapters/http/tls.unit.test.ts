import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { TlsMaterial } from '../../kernel/tls.js';
import { newAuthority, type Certificate } from '../../../test/support/certificates.js';
import { eventually } from '../../../test/support/eventually.js';
import { HttpFailure } from './failure.js';
import { createHttp, type Http } from './http.js';

const ours = newAuthority('Our authority');
const others = newAuthority('Our authority');

const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanUps.splice(0)) clean();
});

type Server = { readonly url: string; readonly shown: string[]; readonly show: (certificate: Certificate) => void };
/** `demands`: nobody comes in without a certificate of this authority. `shown`: the serial number of each certificate that came with a request. */
const start = async (certificate: Certificate, demands: string | null = null): Promise<Server> => {
  const shown: string[] = [];
  const server = createServer(
    { ...certificate, ...(demands === null ? {} : { ca: demands, requestCert: true, rejectUnauthorized: true }) },
    ({ socket }, response) => {
      shown.push((socket as TLSSocket).getPeerCertificate().serialNumber);
      response.end('{}');
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUps.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `https://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  return {
    url,
    shown,
    show: (next) => {
      server.setSecureContext(next);
      // A connection that is kept alive would go on as it was made.
      server.closeAllConnections();
    },
  };
};
const client = (baseUrl: string, tls: () => TlsMaterial): Http => {
  const http = createHttp({ baseUrl, system: 'test', tls });
  cleanUps.push(http.close);
  return http;
};
const ask = async (http: Http): Promise<number | string> => {
  const signal = AbortSignal.timeout(5_000);
  try {
    return (await http.send({ operation: 'pay', method: 'POST', path: '/payments', body: {}, signal })).status;
  } catch (error) {
    if (error instanceof HttpFailure) return `${error.beforeFirstByte ? 'nothing left' : 'unknown'}: ${error.evidence}`;
    throw error;
  }
};

describe('a server', () => {
  it('of our own authority is believed [A14]', async () => {
    const { url } = await start(ours.issue('localhost'));
    const material = { ca: ours.cert };
    expect(await ask(client(url, () => material))).toBe(200);
  });
  it('of another authority is not, and sees nothing of the request', async () => {
    const { url, shown } = await start(others.issue('localhost'));
    const material = { ca: ours.cert };
    expect(await ask(client(url, () => material))).toMatch(/^nothing left: connect /);
    expect(shown).toEqual([]);
  });
  it('whose certificate has ended is not', async () => {
    const { url, shown } = await start(ours.issue('localhost', Date.now() - 60_000));
    const material = { ca: ours.cert };
    expect(await ask(client(url, () => material))).toBe('nothing left: connect CERT_HAS_EXPIRED');
    expect(shown).toEqual([]);
  });
});

describe('a server that demands a certificate', () => {
  it('sees ours, and the new one after it has changed on a client that runs [A14]', async () => {
    const { url, shown } = await start(ours.issue('localhost'), ours.cert);
    let material: TlsMaterial = { ca: ours.cert, ...ours.issue('client-middleware') };
    const http = client(url, () => material);
    expect([await ask(http), await ask(http)]).toEqual([200, 200]);
    material = { ca: ours.cert, ...ours.issue('client-middleware') };
    expect(await ask(http)).toBe(200);
    expect(new Set(shown).size).toBe(2);
    expect([shown[0] === shown[1], shown[1] === shown[2]]).toEqual([true, false]);
  });
  it('answers nothing without one', async () => {
    const { url, shown } = await start(ours.issue('localhost'), ours.cert);
    const material = { ca: ours.cert };
    // With TLS 1.3 the server refuses only after the handshake: bytes may have left, so nothing is claimed.
    expect(await ask(client(url, () => material))).toMatch(/^(unknown|nothing left): /);
    expect(shown).toEqual([]);
  });
});

describe('a server that changes to another authority', () => {
  it('is believed as soon as ours is the new one, on a client that runs [A14]', async () => {
    const { url, show } = await start(ours.issue('localhost'));
    let material: TlsMaterial = { ca: ours.cert };
    const http = client(url, () => material);
    expect(await ask(http)).toBe(200);
    show(others.issue('localhost'));
    const before = ask(http);
    material = { ca: others.cert };
    expect(await before).not.toBe(200);
    expect(
      await eventually(
        'an answer of the new authority',
        () => ask(http),
        (said) => said === 200,
      ),
    ).toBe(200);
  });
});
