/**
 * The two operators of the demo: Anna acts, Ben approves. They do two things: they pay by hand what the bank refused, and
 * they let a message that nobody could read run again, corrected. Everything else that waits for a person goes on waiting.
 */
import { headersOf, printEnvelope } from '../../contracts/internal/envelope.js';
import type { WithdrawalRequest } from '../../contracts/internal/outside-events.js';
import { versionOf } from '../../contracts/internal/topics.js';
import type { Printable } from '../../shared/kernel/json.js';
import { startProducer } from '../../shared/runtime/kafka/producer.js';
import type { DeadLetter, Facts, ParkedEffect } from './facts.js';
import type { PlannedCustomer } from './mix.js';
import type { MadeAct, OperatorClient } from './operator-client.js';
import type { Customer, World } from './world.js';

export interface Entered {
  readonly plan: PlannedCustomer;
  readonly customer: Customer;
}
export interface People {
  /** What must be there before the first wish. */
  readonly prepare: (entered: readonly Entered[]) => Promise<void>;
  /** One look around, and what follows from it. */
  readonly act: (facts: Facts) => Promise<void>;
  /** True as long as one of them has still to do something about this customer. */
  readonly willAct: (portfolioId: string) => boolean;
}

export interface PeopleOptions {
  readonly world: World;
  readonly brokers: readonly string[];
  readonly anna: OperatorClient;
  readonly ben: OperatorClient;
  readonly say: (line: string) => void;
}

const TOPIC = 'portfolio.withdrawal-request';

export interface Poison {
  readonly eventId: string;
  /** The whole message as it should have been. */
  readonly corrected: string;
}

/** A message filed under the right portfolio, and unreadable for whoever wants to know what is wished for. */
export const sendPoison = async (brokers: readonly string[], { plan, customer }: Entered): Promise<Poison> => {
  const { portfolioId } = customer;
  const event = { id: `poison-${portfolioId}`, type: TOPIC, version: versionOf(TOPIC), occurredAt: new Date().toISOString(), portfolioId };
  const message = (told: Printable): string => printEnvelope({ ...event, data: told });
  const producer = await startProducer({ brokers, clientId: 'demo', ssl: false, topicPrefix: '', log: () => undefined });
  try {
    const value = message({ portfolioId, level: 'a lot, please', currency: 'USD' });
    await producer.send([{ topic: TOPIC, key: portfolioId, value, headers: headersOf(event) }]);
  } finally {
    await producer.stop();
  }
  const { asked } = plan;
  const meant: WithdrawalRequest = {
    portfolioId,
    level: asked === null ? { kind: 'everything' } : { kind: 'amount', amount: asked },
    currency: 'USD',
  };
  return { eventId: event.id, corrected: message(meant) };
};

export const isRefusedPayment = ({ effect, note }: Pick<ParkedEffect, 'effect' | 'note'>): boolean =>
  effect === 'PayCounterAccount' && note?.includes('the bank refused') === true;

const number = ({ plan }: Entered): string => `#${String(plan.number).padStart(3, '0')}`;

export const createPeople = ({ world, brokers, anna, ben, say }: PeopleOptions): People => {
  /** What they have still to do, by portfolio. */
  const refusedOnes = new Map<string, { readonly entered: Entered; step: 'to answer' | 'answered' | 'paid by hand' }>();
  const poisons = new Map<string, { readonly entered: Entered; readonly poison: Poison; readonly services: Set<string>; done: boolean }>();

  const approveAll = async (made: readonly MadeAct[]): Promise<void> => {
    for (const act of made) if (act.needsSecond && act.approvedBy === null) await ben.approve(act.id);
  };

  /** Two questions, one after the other: will the bank's payment ever be made, and what was done instead. */
  const answerRefused = async (entered: Entered, { effectId, note }: ParkedEffect): Promise<void> => {
    say(`-- anna gives up the transfer of ${number(entered)}: ${note ?? ''}; ben approves --`);
    await approveAll(await anna.answer(effectId, 'rejected', "refused on the bank's own screen; it will not be made"));
  };
  const payByHand = async (entered: Entered, { effectId }: ParkedEffect): Promise<void> => {
    const paymentId = await world.payByHand(entered.customer, entered.plan.asked ?? '');
    say(`-- anna pays ${number(entered)} by hand from the house account and says so; ben approves --`);
    await approveAll(await anna.answer(effectId, 'applied', paymentId));
  };

  const runAgain = async (letter: DeadLetter): Promise<void> => {
    const known = poisons.get(letter.portfolioId ?? '');
    if (known === undefined || known.poison.eventId !== letter.eventId || known.services.has(letter.service)) return;
    known.services.add(letter.service);
    const { eventId, corrected } = known.poison;
    say(
      `-- anna corrects the poison message of ${number(known.entered)} for ${letter.service} (${letter.waiting} behind it) and lets it run again --`,
    );
    await approveAll(await anna.replay({ eventId, service: letter.service, body: corrected, why: 'the sender confirmed what was meant' }));
  };

  return {
    prepare: async (entered) => {
      for (const one of entered) {
        const { portfolioId } = one.customer;
        if (one.plan.kind === 'poison')
          poisons.set(portfolioId, { entered: one, poison: await sendPoison(brokers, one), services: new Set(), done: false });
        if (one.plan.kind === 'refused-transfer') refusedOnes.set(portfolioId, { entered: one, step: 'to answer' });
      }
    },
    act: async ({ parked, deadLetters }) => {
      for (const [portfolioId, one] of refusedOnes) {
        const own = parked.filter((effect) => effect.portfolioId === portfolioId);
        const refused = own.find(isRefusedPayment);
        const suspended = own.find(({ effect }) => effect === 'ClearSuspense');
        if (one.step === 'paid by hand' && suspended === undefined) refusedOnes.delete(portfolioId);
        if (one.step === 'to answer' && refused !== undefined) {
          one.step = 'answered';
          await answerRefused(one.entered, refused);
        }
        if (one.step === 'answered' && suspended !== undefined) {
          one.step = 'paid by hand';
          await payByHand(one.entered, suspended);
        }
      }
      for (const known of poisons.values())
        known.done = known.services.size > 0 && deadLetters.every(({ eventId }) => eventId !== known.poison.eventId);
      // The wish shall be seen to wait behind it.
      for (const letter of deadLetters) if (letter.waiting !== '0') await runAgain(letter);
    },
    willAct: (portfolioId) => refusedOnes.has(portfolioId) || poisons.get(portfolioId)?.done === false,
  };
};
