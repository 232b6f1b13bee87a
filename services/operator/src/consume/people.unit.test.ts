/** Whom the list of people shows, and what it never shows. */
import { createHash, createPublicKey } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import express from 'express';
import { parseJson, type Json } from '../../../../shared/kernel/json.js';
import { listen } from '../../../../shared/runtime/http/server.js';
import type { Operator } from '../../../../shared/runtime/signing/operators-file.js';
import { anna, carl, personNamed, testPeople } from '../../../../test/support/signing-people.js';
import type { Reading } from '../decide/operator.js';
import { peopleScreen } from '../decide/screens.js';
import { looking } from './looking.js';

const DORA = { name: 'dora', token: 'token-of-dora-0123456789' };
const sha256 = (what: string | Buffer): string => createHash('sha256').update(what).digest('hex');
const inFile = (): readonly Operator[] => [
  ...testPeople.flatMap(({ name }) => personNamed(name) ?? []),
  { name: 'erin', roles: ['look'], expires: '2020-01-01', tokenHash: null, publicKey: null },
];

const shown = async (): Promise<string> => {
  const app = express();
  looking(app, {} as Reading, { inFile, lookers: [DORA] });
  const http = await listen(app, '127.0.0.1', 0);
  try {
    return await (await fetch(`${http.url}/people`)).text();
  } finally {
    await http.stop();
  }
};

describe('who may act', () => {
  it('is shown with roles, the end and the fingerprint of the public key', async () => {
    const fingerprint = sha256(createPublicKey(anna.key).export({ format: 'der', type: 'spki' }).subarray(-32));
    const screen = peopleScreen(parseJson(await shown()));
    expect(screen).toMatch(new RegExp(`^anna +look, act, approve +2999-01-01 +${fingerprint}$`, 'm'));
    expect(screen).toMatch(/^erin +look +2020-01-01 +no key$/m);
    expect(screen).toMatch(/^dora +look +never +no key$/m);
    const nobody: Json = { items: [] };
    expect(peopleScreen(nobody)).toBe('nobody\n');
  });

  it('never shows a token, or the hash of one', async () => {
    const text = await shown();
    for (const { token } of [anna, carl, DORA]) for (const secret of [token, sha256(token)]) expect(text).not.toContain(secret);
    expect(text).not.toContain('tokenHash');
  });
});
