/** Operators: they look at what waits for them, then at the books of the other side, and answer what is true. */
import { sameLevel } from '../../services/portfolio/src/decide/levels.js';
import type { Restoration } from '../../services/portfolio/src/effect/restore-divest-amount.js';
import type { PortfolioWrite } from '../../shared/ports/investsuite.js';
import { anna, ben, letterFacts, signedDecision, type UnsignedDecision } from '../support/signing-people.js';
import type { Service } from './copy.js';
import type { Ground } from './ground.js';
import type { EffectEntry, QuarantineEntry } from './memory-rows.js';
import { ibanOf } from './bank.js';
import { centsOf } from './cents.js';
import { declaredLifeMs } from './plan.js';
import { Random } from './random.js';
import type { World } from './world.js';

type Answer = { readonly answer: 'applied' | 'rejected' | 'send-again'; readonly evidence: string };

const LOOK_EVERY_MS = 1_500;
/** Some do not wait until what was on its way has arrived, or never will. */
const HASTY_SHARE = 0.2;
/** What hasty people would not do with their own hands: there no answer of the product's could set it right. */
const NEVER_IN_HASTE: ReadonlySet<string> = new Set(['RecordTransaction', 'ClearSuspense', 'MoveRestBack']);

export class People {
  readonly #ground: Ground;
  readonly #world: World;
  readonly #services: readonly Service[];
  /** What was answered, and when: an answer that changes nothing is given again. */
  readonly #answered = new Map<string, number>();
  readonly #suspended = new Map<string, Answer>();
  readonly #hasty = new Map<string, boolean>();
  readonly #haste: Random;
  decisions = 0;

  constructor(ground: Ground, world: World, services: readonly Service[]) {
    this.#ground = ground;
    this.#world = world;
    this.#services = services;
    this.#haste = new Random(ground.plan.seed, 4);
  }

  start(): void {
    const { scheduler, random } = this.#ground;
    scheduler.againAfter(LOOK_EVERY_MS + random.between(0, 1_000), () => {
      for (const service of this.#services) this.#look(service);
      this.start();
    });
  }

  #look({ name, store }: Service): void {
    for (const entry of store.quarantine.values()) if (entry.resolvedMs === null) this.#judgeMessage(name, entry);
    for (const journey of store.journeys.values()) {
      const effect = journey.effectId === null ? undefined : store.effects.get(journey.effectId);
      if (effect?.status === 'parked' && !store.blocked.has(journey.portfolioId)) this.#judgeEffect(name, effect, journey.portfolioId);
    }
  }

  #once(what: string): boolean {
    const { nowMs } = this.#ground.scheduler;
    const atMs = this.#answered.get(what);
    if (atMs !== undefined && nowMs - atMs < 5_000) return false;
    this.#answered.set(what, nowMs);
    return true;
  }

  #decide(unsigned: UnsignedDecision): void {
    const { scheduler, random, faults, tell } = this.#ground;
    const id = `decision-${String(++this.decisions)}`;
    const decision = signedDecision({ ...unsigned, actId: `act-${id}` }, anna, ben);
    const say = (): void => {
      tell('people', () => `decide ${JSON.stringify(unsigned)}`);
      this.#world.say('operator.decision', null, id, decision, id);
    };
    scheduler.after(random.between(1, 800), null, say);
    if (faults.happens('decision-twice')) scheduler.after(random.between(200, 2_500), null, say);
  }

  #judgeMessage(service: string, { eventId, attempts }: QuarantineEntry): void {
    const corrected = this.#world.webhooks.corrections.get(eventId);
    if (corrected === undefined || !this.#once(`${service}:${eventId}:${String(attempts)}`)) return;
    const letter = letterFacts(eventId, corrected, attempts);
    this.#decide({ kind: 'replay-dead-letter', service, ...letter, correctedValue: corrected, why: 'corrected' });
  }

  #judgeEffect(service: string, effect: EffectEntry, portfolioId: string): void {
    const { plan, scheduler } = this.#ground;
    const key = `${effect.id}:${String(effect.generation)}`;
    // Most take their time: what was on its way has arrived, or never will.
    const overMs = plan.timeoutMs + declaredLifeMs(plan, plan.bank.showsAfterMs) + 500;
    if (scheduler.nowMs - (effect.lastMs ?? effect.plannedMs) < overMs && !this.#isHasty(effect.name, key)) return;
    if (!this.#once(key)) return;
    const { answer, evidence } = this.#answer(effect, portfolioId);
    const { id: effectId, generation } = effect;
    this.#decide({ kind: 'answer-effect', service, effectId, generation, answer, evidence });
  }

  #isHasty(effectName: string, key: string): boolean {
    if (NEVER_IN_HASTE.has(effectName)) return false;
    const known = this.#hasty.get(key) ?? this.#haste.chance(HASTY_SHARE);
    this.#hasty.set(key, known);
    return known;
  }

  #answer(effect: EffectEntry, portfolioId: string): Answer {
    const unknown = this.#unknownCashOut(effect, portfolioId);
    if (unknown !== null) return unknown;
    const notDone = (): Answer =>
      this.#ground.random.chance(0.6)
        ? { answer: 'send-again', evidence: 'their books do not have it' }
        : { answer: 'rejected', evidence: 'their books do not have it' };
    switch (effect.name) {
      case 'CreateCashOut':
        return this.#cashOut(effect) ?? notDone();
      case 'PayCounterAccount':
      case 'PayCounterAccountAnew':
        return this.#transfer(effect) ?? notDone();
      case 'MoveRestBack':
        return this.#restMovedBack(effect, portfolioId);
      case 'SeeCalledOffLate':
        return { answer: 'applied', evidence: 'seen' };
      case 'ApproveCashOut':
        return this.#approval(effect, portfolioId);
      case 'ClearSuspense':
        return this.#suspense(effect, portfolioId);
      case 'RecordTransaction':
        return this.#booking(effect);
      case 'WritePortfolio':
        return this.#written(effect);
      case 'RestoreDivestAmount':
        return this.#restored(effect);
      case 'ReadOwner':
      case 'ReadRequest':
      case 'ReadCounterAccount':
      case 'ReadCashOut':
      case 'ReadPortfolio':
      case 'CheckCash':
        return { answer: 'applied', evidence: 'ask again' };
      default:
        return { answer: 'send-again', evidence: 'a repeat is harmless' };
    }
  }

  /** A request beside a cash-out that our books do not know: they find out whose it is, and what has become of it. Null where there is none. */
  #unknownCashOut(effect: EffectEntry, portfolioId: string): Answer | null {
    if (effect.note?.includes('that our books do not know') !== true) return null;
    const account = `B-${portfolioId}`;
    const { other, broker } = this.#world;
    const theirs = other.cashOutOf(account);
    if (theirs === undefined) {
      this.#ground.accuse(`${effect.id} waits because of a cash-out that nobody else has made`);
      return { answer: 'send-again', evidence: 'there is no other one' };
    }
    if (other.isOpen(account)) return { answer: 'send-again', evidence: 'the other installation is still at it' };
    const isPaid = other.hasPaid(ibanOf(`C-${portfolioId}`));
    if (!isPaid && this.#ground.random.chance(0.5)) {
      // Its cash may stay where it is, or come back: the product has to be told of it only in the first case.
      if (this.#ground.random.chance(0.5)) broker.undo(theirs.cashOutId);
      return { answer: 'send-again', evidence: `${theirs.cashOutId} is of the other installation, which is stopped` };
    }
    if (effect.name === 'ApproveCashOut') broker.callOff((JSON.parse(effect.request) as { cashOutId: string }).cashOutId);
    return { answer: 'rejected', evidence: isPaid ? 'the other installation has paid' : 'the other installation will pay' };
  }

  #cashOut(effect: EffectEntry): Answer | null {
    const ours = this.#world.broker.cashOuts.filter((one) => one.key === effect.id || one.key.startsWith(`${effect.id}:`));
    const standing = ours.find((one) => one.status !== 'failed');
    if (standing !== undefined) return { answer: 'applied', evidence: standing.cashOutId };
    return ours.length > 0 ? { answer: 'rejected', evidence: 'it failed' } : null;
  }

  #transfer(effect: EffectEntry): Answer | null {
    const { creditorIban, amount } = JSON.parse(effect.request) as { creditorIban: string; amount: { amount: string } };
    const cents = centsOf(amount.amount);
    const ours = this.#world.bank.payments.filter((one) => one.iban === creditorIban && one.cents === cents);
    const made = ours.find((one) => one.status !== 'rejected');
    if (made !== undefined) return { answer: 'applied', evidence: made.paymentId };
    return ours.length > 0 && this.#ground.random.chance(0.5) ? { answer: 'rejected', evidence: 'the bank refuses' } : null;
  }

  #written(effect: EffectEntry): Answer {
    const { portfolioId, ...write } = JSON.parse(effect.request) as PortfolioWrite;
    return this.#world.investSuite.hasWritten(portfolioId, write)
      ? { answer: 'applied', evidence: 'it stands in the list of versions' }
      : { answer: 'rejected', evidence: 'read it again' };
  }

  #restored(effect: EffectEntry): Answer {
    const { portfolioId, level } = JSON.parse(effect.request) as Restoration;
    return sameLevel(this.#world.investSuite.shown(portfolioId).divestAmount, level)
      ? { answer: 'applied', evidence: 'it stands there' }
      : { answer: 'rejected', evidence: 'read it again' };
  }

  /** What they say here they have done before. */
  #suspense(effect: EffectEntry, portfolioId: string): Answer {
    const { amount, cashOutId } = JSON.parse(effect.request) as { amount: string; cashOutId: string | null };
    const known = this.#suspended.get(effect.id);
    // Another cash-out has taken what they moved back: the broker has to show it by the cash-out itself.
    if (
      known?.answer === 'rejected' &&
      effect.note?.includes('the cash-out has not come back at the broker') === true &&
      cashOutId !== null
    )
      this.#world.broker.undo(cashOutId);
    if (known !== undefined) return known;
    let answer: Answer;
    const { levelCents } = this.#world.investSuite.of(portfolioId);
    // Nobody pays by hand what is not asked for any more, what another installation has paid or may pay, or what never left the account.
    const { other, broker } = this.#world;
    const isOthers = other.isOpen(`B-${portfolioId}`) || other.hasPaid(ibanOf(`C-${portfolioId}`));
    const isThere = broker.cashOuts.some((one) => one.cashOutId === cashOutId && one.status === 'done');
    if (this.#ground.random.chance(0.5) && levelCents >= centsOf(amount) && !isOthers && isThere) {
      const { paymentId } = this.#world.bank.payByHand(ibanOf(`C-${portfolioId}`), centsOf(amount));
      answer = { answer: 'applied', evidence: paymentId };
    } else {
      // The withdrawable cash says nothing where another installation takes of it, too.
      if (other.cashOutOf(`B-${portfolioId}`) !== undefined && cashOutId !== null) broker.undo(cashOutId);
      else broker.moveBack(`B-${portfolioId}`, centsOf(amount));
      answer = { answer: 'rejected', evidence: 'moved back' };
    }
    this.#suspended.set(effect.id, answer);
    return answer;
  }

  /** What nobody asks for any more is not approved. */
  #approval(effect: EffectEntry, portfolioId: string): Answer {
    if (this.#world.investSuite.of(portfolioId).levelCents > 0) return { answer: 'send-again', evidence: 'a repeat is harmless' };
    const { cashOutId } = JSON.parse(effect.request) as { cashOutId: string };
    this.#world.broker.callOff(cashOutId);
    return { answer: 'rejected', evidence: 'called off at the broker' };
  }

  #restMovedBack(effect: EffectEntry, portfolioId: string): Answer {
    const known = this.#suspended.get(effect.id);
    if (known !== undefined) return known;
    const { amount } = JSON.parse(effect.request) as { amount: string };
    this.#world.broker.takeRestBack(`B-${portfolioId}`, centsOf(amount));
    const answer: Answer = { answer: 'applied', evidence: 'moved back' };
    this.#suspended.set(effect.id, answer);
    return answer;
  }

  /** What nobody has booked, people book by hand before they say that it is done. */
  #booking(effect: EffectEntry): Answer {
    const request = JSON.parse(effect.request) as { portfolioId: string; externalId: string; amount: string };
    const { transactions } = this.#world.investSuite.of(request.portfolioId);
    const known = transactions.find((one) => one.externalId === request.externalId);
    const booked = known ?? this.#world.investSuite.book(request.portfolioId, request.externalId, -centsOf(request.amount));
    return { answer: 'applied', evidence: booked.transactionId };
  }
}
