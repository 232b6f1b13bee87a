/** From the broker's own event to people who have put the books right: reader, gateway's message, consumer, flow and effects. */
import { describe, expect, it } from '@jest/globals';
import { parseEnvelope } from '../../../contracts/internal/envelope.js';
import { decimal } from '../../../shared/kernel/decimal.js';
import type { LifeEvent } from '../../../shared/kernel/effect-life.js';
import type { BrokerAccountId, InstrumentId } from '../../../shared/kernel/ids.js';
import { parseJson, printJson, type Printable } from '../../../shared/kernel/json.js';
import { factsOf, openJourney, step, type JourneyRecord, type StepResult } from '../../../shared/kernel/step.js';
import type { BrokerPort, CorrectedOrder, CorrectedParty } from '../../../shared/ports/broker.js';
import { Catalogue } from '../../../shared/runtime/engine/catalogue.js';
import { forwarded, readerOf } from '../../../test/support/forwarded.js';
import { tenant as tenantSettings } from './config.js';
import { correctionBinding, rebalancingConsumes } from './wire.js';

const CORRECTED: CorrectedOrder = {
  account: 'ACC' as BrokerAccountId,
  orderId: 'MW.1',
  instrument: 'US8552441094' as InstrumentId,
  side: 'sell',
  filledUnits: decimal('4'),
  bookedUnits: decimal('0'),
  takenBack: { units: decimal('4'), cash: decimal('382.4') },
};

/** One correction, and a broker whose books show `orders`. */
const walk = (orders: () => readonly CorrectedOrder[]) => {
  const asked: CorrectedParty[] = [];
  const broker = {
    provider: 'broker',
    readCorrections: async (party: CorrectedParty) => {
      asked.push(party);
      return { kind: 'applied', result: { looked: 3, orders: orders() } };
    },
  } as unknown as BrokerPort;
  const catalogue = new Catalogue({
    name: 'rebalancing',
    bindings: [correctionBinding({ broker }, tenantSettings.parse({}))],
    consumes: rebalancingConsumes,
  });
  const context = catalogue.contextOf('correction', 0);
  let journey: JourneyRecord | null = null;
  const taken = (result: StepResult): void => {
    if (result.kind !== 'moved') throw new Error(JSON.stringify(result));
    const state = catalogue.binding('correction').state.parse(JSON.parse(JSON.stringify(result.journey.state)));
    journey = { ...result.journey, state };
  };
  const now = (): JourneyRecord => {
    if (journey === null) throw new Error('no journey is open');
    return journey;
  };
  const lives = (event: (effect: NonNullable<JourneyRecord['effect']>) => LifeEvent): void => {
    const { effect } = now();
    if (effect === null) throw new Error('nothing is under way');
    taken(step(catalogue.flow('correction'), now(), { kind: 'effect', effectId: effect.id, event: event(effect) }, context));
  };
  return {
    asked,
    now,
    /** What the feed says, to what this service makes of it. */
    hear: (stage: string, payload: Printable): void => {
      const body = {
        id: 'event_1',
        type: `transfers.cancelRebill.${stage}`,
        timestamp: '2026-11-20T12:00:00Z',
        object: 'CANCEL_REBILL',
        payload,
      };
      const message = forwarded(readerOf('broker.order-status'), parseJson(printJson(body)));
      if (message === null) throw new Error('the gateway forwards nothing');
      const envelope = parseEnvelope(message.value);
      expect((envelope.data as { readonly original: unknown }).original).toEqual(parseJson(printJson(body)));
      const [arrival] = rebalancingConsumes.filter(({ topic }) => topic === message.topic).map(({ read }) => read(envelope));
      if (arrival === undefined || !('deliver' in arrival)) throw new Error(JSON.stringify(arrival));
      const { subject, input } = arrival.deliver;
      const facts = { id: 'co-1', subject, portfolioId: arrival.portfolioId };
      taken(
        journey === null
          ? openJourney(catalogue.flow('correction'), facts, input, context)
          : step(catalogue.flow('correction'), journey, { kind: 'input', input }, context),
      );
    },
    /** Carries out what the journey asks for. */
    act: async (): Promise<void> => {
      const { effect } = now();
      if (effect === null) throw new Error('nothing is under way');
      const definition = catalogue.effect('correction', effect.name);
      const request: unknown = definition.request(now().state, factsOf(now(), null), 'key');
      const sending = { key: 'key', signal: new AbortController().signal, portfolioId: 'A1', firstSentAtMs: 0 };
      const outcome = await (definition.kind === 'read' ? definition.read(request, sending) : definition.send(request, sending));
      lives((sent) => ({ type: 'Answered', outcome, of: sent }));
    },
    say: (said: 'applied' | 'rejected', evidence: string): void => {
      const { effect } = now();
      const definition = catalogue.effect('correction', effect?.name ?? '');
      const result: unknown = definition.kind === 'read' ? null : definition.resultFromPerson(null, evidence);
      lives(({ generation }) => ({ type: 'PersonSaid', said, generation, result, evidence }));
    },
  };
};

describe('a cancel and rebill', () => {
  it('of a settled trade is shown to people with its order, and ends by their word [9a.3] [11.3]', async () => {
    const w = walk(() => [CORRECTED]);
    w.hear('completed', { accountNo: 'DWMW000001' });
    await w.act();
    expect(w.asked).toEqual([{ by: 'account', name: 'DWMW000001' }]);
    expect(w.now().state).toMatchObject({ status: 'WithPeople', orders: [CORRECTED] });
    await w.act();
    expect(w.now().effect).toMatchObject({ name: 'SettleCorrection', status: 'parked', note: expect.stringContaining('order MW.1') });
    w.say('applied', 'booked by hand');
    expect(w.now().state.status).toBe('Handled');
  });

  it('that is announced before it is booked is looked at until it shows [11.3]', async () => {
    let orders: readonly CorrectedOrder[] = [];
    const w = walk(() => orders);
    w.hear('created', { account: { id: 'ACC' } });
    await w.act();
    expect(w.now().state.status).toBe('AwaitingBooking');
    orders = [CORRECTED];
    w.hear('updated', { accountID: 'ACC' });
    await w.act();
    expect(w.now().state.status).toBe('WithPeople');
    expect(w.asked).toHaveLength(2);
  });

  it('that names a customer is looked for in all of his accounts [11.3]', async () => {
    const w = walk(() => []);
    w.hear('completed', { userID: 'USER' });
    await w.act();
    expect(w.asked).toEqual([{ by: 'customer', name: 'USER' }]);
    expect(w.now().state).toMatchObject({ status: 'WithPeople', reason: expect.stringContaining('none of the 3 orders') });
  });

  it('that names nobody is with people until they find the account, and is never dropped [9a.3] [11.3]', async () => {
    const w = walk(() => [CORRECTED]);
    w.hear('created', { comment: 'something' });
    await w.act();
    expect(w.now().effect).toMatchObject({ name: 'FindAccount', status: 'parked' });
    w.say('applied', 'DWMW000001 seen in the back office');
    await w.act();
    expect(w.asked).toEqual([{ by: 'account', name: 'DWMW000001' }]);
    expect(w.now().state.status).toBe('WithPeople');
  });
});
