import { describe, expect, it } from '@jest/globals';
import { customer, plan } from '../builders/books.js';
import type { Entered } from './customers.js';
import type { AnswerableEffect, OperatorClient, WaitingAct } from './operator-client.js';
import { People, type PeopleOptions } from './people.js';
import type { World } from './world.js';

const refused: AnswerableEffect = {
  effectId: 'po-1:Pay',
  service: 'payout',
  generation: 1,
  journeyId: 'po-1',
  portfolioId: 'P1',
  effect: 'PayCounterAccount',
  note: 'cash-out done but the bank refused: AC04',
  reference: 'WD1',
  amount: '250',
  act: false,
};
const suspended: AnswerableEffect = { ...refused, effectId: 'po-1:Clear', effect: 'ClearSuspense', reference: null, note: null };
const unclear: AnswerableEffect = { ...refused, note: 'another amount than was asked' };
const toBeRefused: Entered = { plan: { ...plan, kind: 'refused-transfer' }, customer };

/** The operator service and the bank as they are now; a test changes them. */
const office = async (entered: Entered, answersFor: PeopleOptions['answersFor']) => {
  const now = { parked: [] as AnswerableEffect[], acts: [] as WaitingAct[], payments: [] as { endToEndId: string; status: string }[] };
  const done: string[] = [];
  const said: string[] = [];
  const client = (who: string) =>
    ({
      parked: async () => now.parked,
      deadLetters: async () => [],
      waitingActs: async () => now.acts,
      answer: async ({ effectId }: AnswerableEffect, answer: string, evidence: string) =>
        void done.push(`${who}: ${effectId} ${answer} ${evidence}`),
      approve: async (actId: string) => void done.push(`${who}: approves ${actId}`),
    }) as unknown as OperatorClient;
  const world = {
    bank: async () => ({ payments: now.payments.map((one) => ({ ...one, paymentId: `id of ${one.endToEndId}` })) }),
    payByHand: async (_customer: unknown, amount: string, reference: string) => {
      done.push(`pays ${amount}`);
      now.payments.push({ endToEndId: reference, status: 'PDNG' });
    },
  } as unknown as World;
  const people = new People({
    world,
    send: () => Promise.resolve(),
    anna: client('anna'),
    ben: client('ben'),
    say: (line) => void said.push(line),
    answersFor,
  });
  await people.prepare([entered]);
  return { now, done, said, people };
};

describe('the operators of a run', () => {
  it('give up a refused transfer, pay it by hand once, and say so when the bank has settled it', async () => {
    const { now, done, said, people } = await office(toBeRefused, 'planned refusals');
    now.parked = [refused];
    await people.act();
    expect(done).toEqual(["anna: po-1:Pay rejected refused in the bank's own books; it will not be made"]);
    now.parked = [{ ...refused, act: true }];
    await people.act();
    expect(done).toHaveLength(1);
    now.parked = [suspended];
    await people.act();
    await people.act();
    expect(done.slice(1)).toEqual(['pays 250']);
    now.payments = now.payments.map((one) => ({ ...one, status: 'ACSC' }));
    await people.act();
    expect(done.at(-1)).toMatch(/^anna: po-1:Clear applied id of HAND/);
    expect(people.willAct('P1')).toBe(true);
    now.parked = [];
    await people.act();
    expect(people.willAct('P1')).toBe(false);
    expect(said).toHaveLength(3);
  });

  it('pay by hand again, under a new reference, what the bank refuses again', async () => {
    const { now, done, people } = await office(toBeRefused, 'everybody');
    now.parked = [suspended];
    await people.act();
    now.payments = now.payments.map((one) => ({ ...one, status: 'RJCT' }));
    await people.act();
    expect(done).toEqual(['pays 250', 'pays 250']);
    expect(new Set(now.payments.map(({ endToEndId }) => endToEndId)).size).toBe(2);
  });

  it('say what the bank shows: settled, or nothing yet', async () => {
    const { now, done, people } = await office({ plan, customer }, 'everybody');
    now.parked = [unclear];
    await people.act();
    expect(done).toEqual([]);
    now.payments = [{ endToEndId: 'WD1', status: 'ACSC' }];
    await people.act();
    expect(done).toEqual(['anna: po-1:Pay applied id of WD1']);
  });

  it('answer again what was not taken', async () => {
    const { now, done, people } = await office(toBeRefused, 'everybody');
    now.parked = [{ ...refused, act: true, note: 'not taken as rejected: the bank refused to say' }];
    await people.act();
    expect(done).toHaveLength(1);
  });

  it('leave a customer alone whose transfer was not meant to be refused, unless they answer for everybody', async () => {
    for (const [answersFor, answers] of [
      ['planned refusals', 0],
      ['everybody', 1],
    ] as const) {
      const { now, done, people } = await office({ plan, customer }, answersFor);
      now.parked = [refused];
      await people.act();
      expect(done).toHaveLength(answers);
      expect(people.willAct('P1')).toBe(false);
    }
  });

  it('approve what the other one has asked for, and nothing of their own', async () => {
    const { now, done, people } = await office({ plan, customer }, 'everybody');
    now.acts = [
      { id: '1', madeBy: 'anna', needsSecond: true, approvedBy: null },
      { id: '2', madeBy: 'ben', needsSecond: true, approvedBy: null },
      { id: '3', madeBy: 'anna', needsSecond: true, approvedBy: 'ben' },
      { id: '4', madeBy: 'anna', needsSecond: false, approvedBy: null },
    ];
    await people.act();
    expect(done).toEqual(['ben: approves 1']);
  });
});
