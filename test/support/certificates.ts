/**
 * Certificates for tests, made here: an authority, and what it signs. Node reads certificates and does not write them, and a program
 * for it may be missing where the tests run. What is written is X.509 version 3 (RFC 5280), with keys on P-256.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';

const SEQUENCE = 0x30;
const SET = 0x31;
const INTEGER = 0x02;
const BITS = 0x03;
const OCTETS = 0x04;
const OBJECT_ID = 0x06;
const UTF8 = 0x0c;
const TIME = 0x18;
const BOOLEAN = 0x01;
/** Context-specific: the place of a member that may be left out. */
const place = (number: number): number => 0xa0 + number;

/** Tag, length, content: DER. */
const der = (tag: number, ...parts: readonly Buffer[]): Buffer => {
  const content = Buffer.concat(parts);
  const size = content.length;
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
};
const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const objectId = (bytes: string): Buffer => der(OBJECT_ID, hex(bytes));

const COMMON_NAME = objectId('550403');
const ECDSA_WITH_SHA256 = der(SEQUENCE, objectId('2a8648ce3d040302'));
const BASIC_CONSTRAINTS = objectId('551d13');
const ALTERNATIVE_NAMES = objectId('551d11');
const TRUE = der(BOOLEAN, hex('ff'));
const DAY_MS = 86_400_000;

const nameOf = (commonName: string): Buffer => der(SEQUENCE, der(SET, der(SEQUENCE, COMMON_NAME, der(UTF8, Buffer.from(commonName)))));
/** `20261120150000Z` */
const timeOf = (ms: number): Buffer => der(TIME, Buffer.from(`${new Date(ms).toISOString().replace(/[-:T]|\.\d+Z$/g, '')}Z`));
/** 127.0.0.1 and localhost: where every server of the tests listens. */
const HERE = der(SEQUENCE, der(0x87, Buffer.from([127, 0, 0, 1])), der(0x82, Buffer.from('localhost')));

const pem = (label: string, bytes: Buffer): string =>
  `-----BEGIN ${label}-----\n${(bytes.toString('base64').match(/.{1,64}/g) ?? []).join('\n')}\n-----END ${label}-----\n`;

export type Certificate = { readonly cert: string; readonly key: string };
type Signer = { readonly name: string; readonly key: KeyObject };
type Wanted = { readonly name: string; readonly endsAtMs: number; readonly isAuthority: boolean; readonly by: Signer | null };

const make = ({ name, endsAtMs, isAuthority, by }: Wanted): Certificate => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signer = by ?? { name, key: privateKey };
  const extension = isAuthority
    ? der(SEQUENCE, BASIC_CONSTRAINTS, TRUE, der(OCTETS, der(SEQUENCE, TRUE)))
    : der(SEQUENCE, ALTERNATIVE_NAMES, der(OCTETS, HERE));
  const toBeSigned = der(
    SEQUENCE,
    der(place(0), der(INTEGER, Buffer.from([2]))),
    der(INTEGER, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ECDSA_WITH_SHA256,
    nameOf(signer.name),
    der(SEQUENCE, timeOf(Math.min(Date.now(), endsAtMs) - DAY_MS), timeOf(endsAtMs)),
    nameOf(name),
    createPublicKey(privateKey).export({ type: 'spki', format: 'der' }),
    der(place(3), der(SEQUENCE, extension)),
  );
  const signature = sign('sha256', toBeSigned, signer.key);
  return {
    cert: pem('CERTIFICATE', der(SEQUENCE, toBeSigned, ECDSA_WITH_SHA256, der(BITS, Buffer.from([0]), signature))),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
};

export type Authority = {
  /** Its own certificate: whoever has it believes what the authority signs. */
  readonly cert: string;
  /** For a server on this machine, or a client. `endsAtMs`: default in 100 days. */
  readonly issue: (name: string, endsAtMs?: number) => Certificate;
};

/** @param name what its certificate says; two of one name are still two. */
export const newAuthority = (name: string): Authority => {
  const own = make({ name, endsAtMs: Date.now() + 3_650 * DAY_MS, isAuthority: true, by: null });
  const by: Signer = { name, key: createPrivateKey(own.key) };
  return {
    cert: own.cert,
    issue: (subject, endsAtMs = Date.now() + 100 * DAY_MS) => make({ name: subject, endsAtMs, isAuthority: false, by }),
  };
};
