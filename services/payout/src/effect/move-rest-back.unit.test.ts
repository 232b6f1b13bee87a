import { describe, expect, it } from '@jest/globals';
import { decimal } from '../../../../shared/kernel/decimal.js';
import { currency } from '../../../../shared/kernel/money.js';
import type { BrokerPort } from '../../../../shared/ports/broker.js';
import { sending, shortTiming } from '../../../../test/builders/engine.js';
import { moveRestBack } from './move-rest-back.js';

type Cash = Awaited<ReturnType<BrokerPort['readCash']>>;
const shows = (withdrawable: string, code = 'EUR'): Cash =>
  ({
    kind: 'applied',
    result: { withdrawable: decimal(withdrawable), currency: currency(code), pendingSettlement: [], pendingOut: decimal('0') },
  }) as unknown as Cash;
const asked = { amount: decimal('50'), currency: 'EUR', brokerAccount: 'B1' };
const check = async (cash: Cash, said: 'applied' | 'rejected' | 'send-again' = 'applied', request: object = asked) => {
  const effect = moveRestBack({ readCash: () => Promise.resolve(cash) }, shortTiming);
  return effect.checkWord?.(request, { said, evidence: 'moved back' }, sending());
};

describe('the word that the rest is back at the broker', () => {
  it('is taken while the broker shows at least so much cash [A8]', async () => {
    expect(await check(shows('50'))).toEqual({ taken: true });
    expect(await check(shows('49.99'))).toMatchObject({ taken: false, why: expect.stringContaining('withdrawable EUR 49.99') });
    expect(await check(shows('500', 'USD'))).toMatchObject({ taken: false });
  });
  it('is not taken while the broker cannot be asked, or where an earlier release asked', async () => {
    expect(await check({ kind: 'unknown', evidence: 'reset' })).toMatchObject({ taken: false });
    expect(await check(shows('50'), 'applied', { amount: decimal('50'), currency: 'EUR' })).toMatchObject({ taken: false });
  });
  it('may be that it is not back, or that people are asked anew', async () => {
    for (const said of ['rejected', 'send-again'] as const) expect(await check(shows('0'), said)).toEqual({ taken: true });
  });
});
