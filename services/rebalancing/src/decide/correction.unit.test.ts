import { describe, expect, it } from '@jest/globals';
import { decimal } from '../../../../shared/kernel/decimal.js';
import type { BrokerAccountId, InstrumentId } from '../../../../shared/kernel/ids.js';
import { journeyFacts } from '../../../../test/builders/journey-facts.js';
import { correctionFlow } from './correction.flow.js';
import {
  accountFound,
  announced,
  factsOf,
  goFurther,
  handled,
  looked,
  noAccount,
  nothingToDo,
  rememberAnnounced,
  unknownAccount,
} from './correction.rules.js';
import { correctionState, type Corrected, type Correction, type CorrectionAnnounced } from './correction.js';

const said = (over: Partial<CorrectionAnnounced> = {}): CorrectionAnnounced => ({
  type: 'CorrectionAnnounced',
  account: 'DWMW000001',
  customer: null,
  stage: 'created',
  as: 'transfers.cancelRebill.created',
  ...over,
});
const opened = (over: Partial<CorrectionAnnounced> = {}, set: Partial<Correction> = {}): Correction => {
  const opening = announced(said(over));
  if (!('open' in opening)) throw new Error('not opened');
  return { ...opening.open, ...set };
};
const corrected = (orderId: string): Corrected => ({
  account: 'ACC' as BrokerAccountId,
  orderId,
  instrument: 'US8552441094' as InstrumentId,
  side: 'sell',
  filledUnits: decimal('4'),
  bookedUnits: decimal('0'),
  takenBack: { units: decimal('4'), cash: decimal('382.4') },
});
const facts = journeyFacts({ subject: 'DWMW000001', portfolioId: 'DWMW000001' });

describe('a correction that the broker announces', () => {
  it('begins with a look at the account, or with people who find it [9a.3] [11.3]', () => {
    expect(opened()).toMatchObject({ status: 'LookingAtOrders', account: 'DWMW000001' });
    expect(opened({ account: null, customer: 'U' })).toMatchObject({ status: 'LookingAtOrders', customer: 'U' });
    const nameless = opened({ account: null });
    expect(nameless).toMatchObject({
      status: 'FindingAccount',
      reason: 'transfers.cancelRebill.created names no account: people find it',
    });
    expect(noAccount(nameless, 'people do this', 'other-side', facts)).toEqual({ hold: expect.stringContaining('names no account') });
    expect(accountFound(nameless, { account: 'A1' })).toEqual({ to: 'LookingAtOrders', set: { account: 'A1' } });
    for (const one of [opened(), nameless, { ...opened(), orders: [corrected('O')] }])
      expect(correctionState.safeParse(JSON.parse(JSON.stringify(one))).success).toBe(true);
  });

  it('is with people as soon as an order shows it, with the facts [11.3]', () => {
    expect(looked(opened(), { looked: 3, orders: [corrected('MW.1')] })).toEqual({
      to: 'WithPeople',
      set: {
        looked: 3,
        orders: [corrected('MW.1')],
        reason:
          'the broker has corrected trades: order MW.1 (sell US8552441094): 4 filled, 0 booked now, 4 units and 382.4 in cash taken back',
      },
    });
  });

  it('waits while nothing is booked yet, and is with people at the latest when it is completed [11.3]', () => {
    expect(looked(opened(), { looked: 3, orders: [] })).toMatchObject({ to: 'AwaitingBooking' });
    expect(looked(opened({ stage: 'updated' }), { looked: 3, orders: [] })).toMatchObject({ to: 'AwaitingBooking' });
    expect(looked(opened({ stage: 'completed' }), { looked: 3, orders: [] })).toMatchObject({
      to: 'WithPeople',
      set: { reason: 'the broker has corrected trades; none of the 3 orders looked at shows it' },
    });
  });

  it('goes by the furthest stage, in whatever order events come', () => {
    expect(goFurther(opened({ stage: 'completed' }), said())).toEqual({ to: 'LookingAtOrders', set: { stage: 'completed' } });
    expect(goFurther(opened(), said({ stage: 'completed' }))).toMatchObject({ set: { stage: 'completed' } });
    expect(goFurther(opened(), said({ stage: 'unlisted' }))).toMatchObject({ set: { stage: 'created' } });
  });

  it('of an account that the broker does not know is with people, not parked for ever', () => {
    expect(unknownAccount(opened())).toMatchObject({ to: 'WithPeople', set: { reason: expect.stringContaining('DWMW000001') } });
    expect(unknownAccount(opened({ account: null, customer: 'U' }))).toMatchObject({ set: { reason: expect.stringContaining('U') } });
  });

  it('ends by the word of people only', () => {
    const withPeople = opened({}, { status: 'WithPeople', reason: 'the facts' });
    expect(nothingToDo(withPeople, 'people do this', 'other-side', facts)).toEqual({
      hold: expect.stringMatching(/^the facts\. "applied"/),
    });
    expect(nothingToDo(withPeople, '', 'person', facts)).toEqual({ to: 'NothingToDo', emits: [] });
    expect(noAccount(withPeople, '', 'person', facts)).toEqual({ to: 'NothingToDo', emits: [] });
    expect(handled(withPeople, null, facts)).toEqual({ to: 'Handled', emits: [] });
  });

  it('that is announced again while people have it is looked at anew when they are done', () => {
    expect(rememberAnnounced(opened())).toEqual({ stay: true, set: { announcedAgain: true } });
    const again = opened({}, { announcedAgain: true });
    for (const step of [handled(again, null, facts), nothingToDo(again, '', 'person', facts)])
      expect(step).toMatchObject({
        emits: [{ sends: 'correction', subject: 'DWMW000001', input: { type: 'CorrectionAnnounced', account: 'DWMW000001' } }],
      });
  });

  it('names a few orders, and counts the others', () => {
    const text = factsOf(
      Array.from({ length: 8 }, (_, i) => corrected(`MW.${String(i)}`)),
      8,
    );
    expect(text).toContain('MW.4');
    expect(text).not.toContain('MW.5');
    expect(text).toMatch(/and 3 more$/);
    expect(
      factsOf([{ ...corrected('X'), instrument: null, side: null, takenBack: { units: decimal('0'), cash: decimal('0') } }], 1),
    ).toMatch(/order X \(side not known of an instrument that is not known\): 4 filled, 0 booked now$/);
  });

  it('has an answer to a second announcement in every status', () => {
    for (const [status, row] of Object.entries(correctionFlow.rows)) expect([status, row.on.CorrectionAnnounced]).not.toContain(undefined);
  });
});
