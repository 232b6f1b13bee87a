import { afterAll, describe, expect, it } from '@jest/globals';
import { addKey } from '../../../infra/keys/key-set.js';
import { readFileSync } from 'node:fs';
import { serviceEnvironment } from '../../../test/builders/environment.js';
import { makeTestKeys } from '../../../test/support/keys.js';
import { commonConfig, type CommonConfig } from './config.js';
import { createLog } from './log.js';
import { signaturesOf } from './signatures.js';

const keys = makeTestKeys();
afterAll(() => {
  keys.remove();
});
const log = createLog('test', 'silent');
const configWith = (keyFile: string, trustedKeysFile = keys.trustedKeysFile): CommonConfig =>
  commonConfig.parse({ ...serviceEnvironment, SIGNING_KEY: readFileSync(keyFile, 'utf8'), TRUSTED_KEYS_FILE: trustedKeysFile });

describe('the signing key of a service', () => {
  it('is its own, and known to the others', () => {
    expect(() => signaturesOf(configWith(keys.keyFileOf('payout')), 'payout', log)).not.toThrow();
  });
  it('is refused at the start when the others would not believe it [A2]', () => {
    for (const service of ['gateway', 'operator'] as const)
      expect(() => signaturesOf(configWith(keys.keyFileOf('payout')), service, log)).toThrow(
        `under "${service}": nobody would believe this service`,
      );
    const strange = makeTestKeys();
    expect(() => signaturesOf(configWith(strange.keyFileOf('payout')), 'payout', log)).toThrow('nobody would believe this service');
    strange.remove();
    expect(() => signaturesOf(configWith(keys.keyFileOf('payout'), 'no-such-file'), 'payout', log)).toThrow(
      'TRUSTED_KEYS_FILE cannot be read',
    );
  });
  it('may be any of several', () => {
    const added = addKey(keys.folder, 'payout');
    for (const file of [keys.keyFileOf('payout'), added.file]) expect(() => signaturesOf(configWith(file), 'payout', log)).not.toThrow();
  });
});
