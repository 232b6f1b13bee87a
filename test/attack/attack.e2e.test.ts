/** The short form of `npm run attack`: one attack for each thing that an attacker may hold. All of them: the command. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { attacks } from './attacks/all.js';
import { carryOut } from './carry-out.js';
import { Stage } from './stage.js';

const SHORT = [
  'a request for a payout, with the key of another service',
  'a request for a payout, by the service that may ask for one',
  'every topic and group of others',
  'what no client of ours writes',
  'one person corrects a dead letter into a payout',
  'somebody who may only look drops a dead letter',
  'a portfolio that InvestSuite handles itself',
  'a request for a payout is written into its own inbox',
  'roles and tables of every other service',
  'a webhook that is signed with another secret',
  'six hundred slow senders',
];

describe('attacks against a running sandbox', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.start();
  }, 120_000);
  afterAll(async () => {
    await stage.stop();
  }, 60_000);

  it.each(SHORT)(
    'is refused, and an operator sees it: %s',
    async (name) => {
      const attack = attacks.find((one) => one.name === name);
      if (attack === undefined) throw new Error(`there is no such attack: ${name}`);
      expect(await carryOut(stage, attack)).toMatchObject({ end: 'refused' });
    },
    120_000,
  );
});
