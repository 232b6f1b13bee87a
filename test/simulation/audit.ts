/** The judge: what must be true at the end of every history, read from the books of the outside. */
import { decimalOf } from './cents.js';
import { ibanOf } from './bank.js';
import type { Service } from './copy.js';
import type { Ground } from './ground.js';
import type { EffectEntry, JourneyEntry } from './memory-rows.js';
import type { MemoryStore } from './memory-store.js';
import { EVERYTHING } from './investsuite.js';
import { isOfOther, isPaidByOther } from './other-installation.js';
import type { World } from './world.js';

const inWords = (cents: number): string => (cents === EVERYTHING ? 'everything' : decimalOf(cents));

const OPEN: ReadonlySet<string> = new Set(['planned', 'sending', 'accepted', 'unknown']);

/** Open and seen: a row of the journey says for what it waits, who answers for it and from when on it is late. */
const isSeen = (journey: JourneyEntry): boolean =>
  journey.waitsFor !== null && journey.ownedBy !== '' && (journey.overdueMs !== null || journey.alarmedMs !== null);

/** The broker has settled what is asked for, and no order is open that may need it. */
export const isPayable = (world: World, portfolioId: string): boolean => {
  const { levelCents } = world.investSuite.of(portfolioId);
  const { settledCents, unsettledCents, openOrders } = world.broker.account(`B-${portfolioId}`);
  if (openOrders > 0 || levelCents === 0) return levelCents === 0;
  return levelCents === EVERYTHING ? unsettledCents === 0 && settledCents > 0 : settledCents >= levelCents;
};

/** Nothing is under way any more in this service: what is left waits for people, or for what the outside has not done. */
export const isQuiet = (store: MemoryStore): boolean => {
  if (store.unsent.size > 0) return false;
  for (const entry of store.unhandled.values()) if (!store.blocked.has(entry.portfolioId)) return false;
  for (const journey of store.journeys.values()) {
    const effect = journey.effectId === null ? undefined : store.effects.get(journey.effectId);
    if (effect !== undefined && !journey.ended && OPEN.has(effect.status)) return false;
  }
  return true;
};

export class Audit {
  readonly #ground: Ground;
  readonly #world: World;
  readonly #services: readonly Service[];
  readonly #found: string[] = [];

  constructor(ground: Ground, world: World, services: readonly Service[]) {
    this.#ground = ground;
    this.#world = world;
    this.#services = services;
  }

  /** Everything that is wrong, in words. */
  run(): readonly string[] {
    for (const service of this.#services) this.#nothingIsStuck(service);
    for (const id of this.#world.portfolioIds) this.#nobodyWaitsForNothing(id);
    this.#nothingIsLent();
    this.#limits();
    switch (this.#ground.plan.scope) {
      case 'payout':
        this.#payouts();
        break;
      case 'portfolio':
        for (const id of this.#world.portfolioIds) this.#changes(id);
        break;
      case 'whole':
        for (const id of this.#world.portfolioIds) this.#wishes(id);
    }
    return this.#found;
  }

  #wrong(what: string): void {
    this.#found.push(what);
  }

  #store(name: string): MemoryStore | undefined {
    return this.#services.find((service) => service.name === name)?.store;
  }

  #nothingIsStuck({ name, store }: Service): void {
    for (const { eventId, topic } of store.unsent.values()) this.#wrong(`${name}: ${topic} ${eventId} was never published`);
    for (const entry of store.unhandled.values())
      if (!store.blocked.has(entry.portfolioId)) this.#wrong(`${name}: event ${entry.eventId} is never handled, and nobody sees it`);
    for (const journey of store.journeys.values()) {
      if (journey.ended) continue;
      const effect = journey.effectId === null ? undefined : store.effects.get(journey.effectId);
      if (effect !== undefined && OPEN.has(effect.status))
        this.#wrong(`${name}: ${effect.name} of ${journey.subject} stays ${effect.status} for ever`);
      if (!isSeen(journey)) this.#wrong(`${name}: the journey of ${journey.subject} stands in ${journey.status} and nobody sees it`);
    }
    for (const entry of store.quarantine.values())
      if (entry.resolvedMs === null && !this.#world.webhooks.corrections.has(entry.eventId))
        this.#wrong(`${name}: a right message went to quarantine (${entry.errorClass}): ${entry.reason}`);
  }

  #nothingIsLent(): void {
    for (const { account, lentCents } of this.#world.broker.accounts.values())
      if (lentCents > 0) this.#wrong(`${account} was paid EUR ${decimalOf(lentCents)} more than had settled`);
  }

  /** What was paid, or may be, is reserved once; what was certainly not paid is reserved no more. */
  #limits(): void {
    for (const { id, subject, status, ended } of this.#store('payout')?.journeys.values() ?? []) {
      const made = [...this.#world.limits.reservations.values()].filter(({ payoutId }) => payoutId === id);
      const standing = made.filter(({ freed }) => !freed).length;
      const isUnpaid = status === 'Refused' || status === 'MovedBack';
      if (ended && isUnpaid && standing > 0) this.#wrong(`${subject} ended ${status}, and its limits are not free again`);
      if (ended && !isUnpaid && standing !== 1) this.#wrong(`${subject} ended ${status}, and is reserved ${String(standing)} times`);
    }
  }

  /** Of one effect of a payout, by the key of the journey. */
  #effectOf(store: MemoryStore, journey: JourneyEntry, name: string): EffectEntry | undefined {
    return store.effects.get(`${journey.id}:${name}`);
  }

  #payouts(): void {
    const store = this.#store('payout');
    if (store === undefined) return;
    const asked = new Set(this.#world.asks.map(({ portfolioId, cents }) => `${ibanOf(`C-${portfolioId}`)} ${String(cents)}`));
    for (const payment of this.#world.bank.live())
      if (!asked.has(`${payment.iban} ${String(payment.cents)}`))
        this.#wrong(`the bank paid EUR ${decimalOf(payment.cents)} that nobody asked for`);
    for (const ask of this.#world.asks) {
      const paid = this.#world.bank.live().filter((one) => one.iban === ibanOf(`C-${ask.portfolioId}`) && one.cents === ask.cents);
      const taken = this.#world.broker.takenFrom(`B-${ask.portfolioId}`).filter((one) => one.cents === ask.cents && !isOfOther(one));
      const paidByUs = paid.filter((one) => !isPaidByOther(one)).length;
      // Whoever has paid: the customer has asked once.
      if (paid.length > 1) this.#wrong(`${ask.withdrawalId} was paid ${String(paid.length)} times`);
      if (taken.length > 1) this.#wrong(`${ask.withdrawalId} was cashed out ${String(taken.length)} times`);
      if (paidByUs > taken.length) this.#wrong(`${ask.withdrawalId} was paid without a cash-out`);
      const journeys = [...store.journeys.values()].filter((one) => one.subject === ask.withdrawalId);
      if (journeys.length === 0) {
        if (!store.blocked.has(ask.portfolioId)) this.#wrong(`${ask.withdrawalId} was forgotten`);
        continue;
      }
      for (const journey of journeys) this.#oneEnd(store, journey, paidByUs, taken.length);
    }
  }

  #oneEnd(store: MemoryStore, journey: JourneyEntry, paid: number, taken: number): void {
    const { subject, status } = journey;
    const said = [...store.outbox.values()].filter((row) => row.topic === 'payout.finished' && row.value.includes(`"${subject}"`));
    const toldPaid = said.filter((row) => row.value.includes('"outcome":"paid"')).length;
    switch (status) {
      case 'Paid':
      case 'Returned':
        if (paid === 0) this.#wrong(`${subject} says ${status} and the bank has paid nothing`);
        if (toldPaid !== 1) this.#wrong(`${subject} was told as paid ${String(toldPaid)} times`);
        break;
      case 'Refused':
        if (paid > 0) this.#wrong(`${subject} was refused and the bank has paid it`);
        if (taken > 0) this.#wrong(`${subject} was refused and the cash left the account`);
        break;
      case 'MovedBack':
        if (paid + taken > 0) this.#wrong(`${subject} was moved back, and was paid or left the account`);
        break;
      default: {
        const effect = this.#effectOf(store, journey, 'PayCounterAccount');
        if (paid > 0 && effect === undefined) this.#wrong(`${subject} is in ${status} and was paid`);
        if (journey.held === null && effect?.status !== 'parked') this.#wrong(`${subject} stays in ${status}`);
      }
    }
  }

  #journeysOf(service: string, portfolioId: string): readonly JourneyEntry[] {
    return [...(this.#store(service)?.journeys.values() ?? [])].filter((journey) => journey.portfolioId === portfolioId);
  }
  /** A portfolio that waits for people, or for another change: what it has not done yet is seen. */
  #portfolioWaits(id: string): boolean {
    return this.#journeysOf('portfolio', id).some(({ status, held, ended }) => !ended && (status !== 'Idle' || held !== null));
  }

  /** Of the two journeys of a portfolio, one waits for the other only while that one has something to say. */
  #nobodyWaitsForNothing(id: string): void {
    if (this.#store('portfolio')?.blocked.has(id) === true) return;
    const open = this.#journeysOf('portfolio', id).filter(({ ended }) => !ended);
    const portfolio = open.find(({ flow }) => flow === 'portfolio')?.status;
    const requests = open.filter(({ flow }) => flow === 'lost-request').map(({ status }) => status);
    if (requests.length > 1) this.#wrong(`${id} has ${String(requests.length)} open lost requests`);
    const [request] = requests;
    const awaitsAnswer = portfolio === 'AwaitingLostRequest';
    if (awaitsAnswer && (request === undefined || request === 'AwaitingReview' || request === 'Restoring'))
      this.#wrong(`${id} waits for a lost request that ${request === undefined ? 'is over' : `stands in ${request}`}`);
    if (request === 'Restoring' && portfolio !== 'RestoringLevel') this.#wrong(`${id} waits for a level that nobody restores`);
    if (request !== undefined && request !== 'AwaitingReview' && !awaitsAnswer && portfolio !== 'RestoringLevel')
      this.#wrong(`${id} is written while its lost request stands in ${request}`);
  }

  #changes(id: string): void {
    const store = this.#store('portfolio');
    if (store === undefined || store.blocked.has(id)) return;
    const { cashCents, levelCents, wantedCents } = this.#world.investSuite.of(id);
    const changes = this.#world.changes.filter(({ portfolioId }) => portfolioId === id);
    for (const { changeId } of changes) {
      const told = [...store.outbox.values()].filter(
        (row) => row.topic === 'portfolio.changed' && row.value.includes(`"${changeId}"`),
      ).length;
      if (told > 1 || (told === 0 && !this.#portfolioWaits(id))) this.#wrong(`${changeId} was told ${String(told)} times`);
    }
    if (this.#portfolioWaits(id)) return;
    const lowered = changes.filter(({ lowers }) => lowers).reduce((sum, { cents }) => sum - cents, 0);
    const cash = (this.#world.hadCents.get(id) ?? 0) - lowered;
    if (cashCents !== cash) this.#wrong(`${id} shows EUR ${decimalOf(cashCents)} of cash and has EUR ${decimalOf(cash)}`);
    const left = wantedCents;
    if (levelCents < left)
      this.#wrong(`a divest request was erased: ${id} shows EUR ${decimalOf(levelCents)}, EUR ${decimalOf(left)} are still wanted`);
    if (levelCents > left) this.#wrong(`${id} still shows EUR ${decimalOf(levelCents)}, only EUR ${decimalOf(left)} are wanted`);
  }

  #wishes(id: string): void {
    const payments = this.#world.bank.live().filter(({ iban }) => iban === ibanOf(`C-${id}`));
    const paid = payments.reduce((sum, { cents }) => sum + cents, 0);
    const { askedCents, levelCents, wantedCents, transactions, announced } = this.#world.investSuite.of(id);
    const had = this.#world.hadCents.get(id) ?? 0;
    if (paid > askedCents) this.#wrong(`${id} was paid EUR ${decimalOf(paid)}, EUR ${decimalOf(askedCents)} were asked for`);
    if (paid > had) this.#wrong(`${id} was paid EUR ${decimalOf(paid)} and had EUR ${decimalOf(had)}`);
    this.#sameAmounts(
      `${id}: payments and bookings`,
      payments,
      transactions.map(({ cents }) => ({ cents: -cents })),
    );
    this.#sameAmounts(`${id}: payments and announcements`, payments, announced);
    this.#nothingIsForgotten(id, levelCents);
    if (this.#portfolioWaits(id)) return;
    const { cashCents } = this.#world.investSuite.of(id);
    if (cashCents !== had - paid) this.#wrong(`${id} shows EUR ${decimalOf(cashCents)} of cash and has EUR ${decimalOf(had - paid)}`);
    if (levelCents < wantedCents)
      this.#wrong(`a divest request was erased: ${id} shows EUR ${inWords(levelCents)}, EUR ${inWords(wantedCents)} are still wanted`);
    if (levelCents > wantedCents && !this.#isAnew(id, levelCents))
      this.#wrong(`${id} still shows EUR ${inWords(levelCents)}, only EUR ${inWords(wantedCents)} are wanted`);
  }

  /** The level is right by the other reading, and what that reading rests on still stands. */
  #isAnew(id: string, levelCents: number): boolean {
    const { anew } = this.#world.investSuite.of(id);
    if (anew === null || levelCents !== anew.wantedCents) return false;
    const standing = new Set(this.#world.broker.takenFrom(`B-${id}`).map(({ cashOutId }) => cashOutId));
    return anew.because.every((cashOutId) => standing.has(cashOutId));
  }

  #sameAmounts(what: string, some: readonly { readonly cents: number }[], others: readonly { readonly cents: number }[]): void {
    const listed = (list: readonly { readonly cents: number }[]): string =>
      list
        .map(({ cents }) => cents)
        .sort((a, b) => a - b)
        .map(decimalOf)
        .join(', ');
    if (listed(some) !== listed(others)) this.#wrong(`${what} differ: [${listed(some)}] and [${listed(others)}]`);
  }

  #nothingIsForgotten(id: string, levelCents: number): void {
    const journeys = this.#journeysOf('withdrawal', id);
    const payouts = this.#journeysOf('payout', id);
    const waiting = [...this.#services].some(({ store }) => store.blocked.has(id));
    for (const { status, id: journeyId, held, ended } of journeys) {
      if (ended || held !== null || waiting) continue;
      const payout = payouts.find(({ subject }) => subject === journeyId);
      if (status === 'Paying' && (payout === undefined || payout.ended)) this.#wrong(`${id} waits for a payout that is over`);
      if (status === 'UpdatingPortfolio' && !this.#portfolioWaits(id)) this.#wrong(`${id} waits for a change that was made`);
      if (status === 'AwaitingCash' && isPayable(this.#world, id)) this.#wrong(`${id} waits for cash that is there`);
    }
    const seen = waiting || journeys.some(({ ended, status }) => !ended || status === 'Refused') || this.#portfolioWaits(id);
    if (levelCents > 0 && !seen)
      this.#wrong(`a divest request of EUR ${levelCents === EVERYTHING ? 'everything' : decimalOf(levelCents)} of ${id} was forgotten`);
  }
}
