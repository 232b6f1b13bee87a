import { describe, expect, it } from '@jest/globals';
import { runOperatorCli } from '../../../../test/support/operator-cli.js';
import { addressOf, EXIT, type CliTools } from './session.js';

const at = (OPERATOR_URL: string, more: object = {}): string =>
  addressOf({ environment: { OPERATOR_URL, OPERATOR_TOKEN: 'token-of-anna-0123456789', ...more }, projectRoot: '/' } as unknown as CliTools)
    .url;

describe('the address of the operator service', () => {
  it('is https, or on this machine: a token does not travel in clear [A14]', () => {
    for (const url of ['https://operator.example', 'http://localhost:8080', 'http://127.0.0.1:1', 'http://[::1]:1'])
      expect(at(url)).toBe(url);
    for (const url of ['http://operator.example', 'http://10.0.0.1:8080', 'http://localhost.example', 'http://127.0.0.1.example'])
      expect(() => at(url)).toThrow('your token would travel in clear');
    expect(() => at('nowhere')).toThrow('OPERATOR_URL is no address');
  });
  it('may be plain in a sandbox', () => {
    expect(at('http://operator.example', { ALLOW_PLAINTEXT: 'true' })).toBe('http://operator.example');
  });
});

describe('the command line', () => {
  const run = (environment: Readonly<Record<string, string>>) =>
    runOperatorCli({ argv: ['journeys', 'list'], environment, projectRoot: '/', typed: null });
  it('says that the service is away', async () => {
    const OPERATOR_URL = 'http://127.0.0.1:1';
    expect(await run({ OPERATOR_URL, OPERATOR_TOKEN: 'token-of-anna-0123456789' })).toMatchObject({
      exit: EXIT.away,
      warned: expect.stringContaining('does not answer'),
    });
    expect((await run({ OPERATOR_URL })).exit).toBe(EXIT.usage);
  });
});
