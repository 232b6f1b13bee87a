/**
 * Another installation on the same outside, by mistake: it takes up a request that ours has, with books and keys of its own. It does what ours
 * promises: it reads the account's cash-outs, makes its own, and reads them again before it pays. Where it sees another one it stands still.
 */
import { HOUSE_IBAN, ibanOf } from './bank.js';
import type { Bank } from './bank.js';
import type { Broker, BrokerCashOut } from './broker.js';
import { EUR, decimalOf } from './cents.js';
import type { Ground } from './ground.js';

/** What it is asked for. */
export type OtherAsk = { readonly withdrawalId: string; readonly portfolioId: string; readonly cents: number };

const KEY_PREFIX = 'other-';
export const isOfOther = ({ key }: Pick<BrokerCashOut, 'key'>): boolean => key.startsWith(KEY_PREFIX);
const REFERENCE_PREFIX = 'OTHER-';
export const isPaidByOther = ({ endToEndId }: { readonly endToEndId: string }): boolean => endToEndId.startsWith(REFERENCE_PREFIX);

export class OtherInstallation {
  readonly #ground: Ground;
  readonly #broker: Broker;
  readonly #bank: Bank;
  /** Accounts of which it works on a request still. */
  readonly #open = new Set<string>();

  constructor(ground: Ground, broker: Broker, bank: Bank) {
    this.#ground = ground;
    this.#broker = broker;
    this.#bank = bank;
  }

  isOpen(account: string): boolean {
    return this.#open.has(account);
  }
  cashOutOf(account: string): BrokerCashOut | undefined {
    return this.#broker.cashOuts.find((one) => one.account === account && isOfOther(one));
  }
  hasPaid(iban: string): boolean {
    return this.#bank.live().some((one) => one.iban === iban && isPaidByOther(one));
  }

  #later(mostMs: number, act: () => void): void {
    const { scheduler, random } = this.#ground;
    scheduler.after(random.between(1, mostMs), null, act);
  }
  #stops(account: string, why: string): void {
    this.#open.delete(account);
    this.#ground.tell('other', () => `stands still with ${account}: ${why}`);
  }
  /** What it does not know; the same is asked before and after. */
  #seesAnother(account: string): boolean {
    return this.#broker.cashOuts.some((one) => one.account === account && one.status !== 'failed' && !isOfOther(one));
  }

  takesUp(ask: OtherAsk): void {
    const account = `B-${ask.portfolioId}`;
    this.#open.add(account);
    this.#later(1_500, () => {
      if (this.#seesAnother(account)) this.#stops(account, 'there is a cash-out that its books do not know');
      else
        this.#later(300, () => {
          this.#creates(account, ask);
        });
    });
  }

  #creates(account: string, ask: OtherAsk): void {
    const said = this.#broker.create(account, ask.cents, `${KEY_PREFIX}${ask.withdrawalId}`);
    if (said.kind === 'applied') this.#follows(account, ask);
    else this.#stops(account, 'the broker refuses');
  }

  #follows(account: string, ask: OtherAsk): void {
    this.#later(400, () => {
      const own = this.cashOutOf(account);
      if (own === undefined || own.status === 'failed') this.#stops(account, 'its cash-out has failed');
      else if (own.status === 'pending') this.#follows(account, ask);
      else if (this.#seesAnother(account)) this.#stops(account, 'there is another cash-out beside its own');
      else if (own.status === 'needs-approval') {
        this.#broker.approve(own.cashOutId);
        this.#follows(account, ask);
      } else
        this.#later(200, () => {
          this.#pays(account, ask);
        });
    });
  }

  #pays(account: string, { withdrawalId, portfolioId, cents }: OtherAsk): void {
    this.#bank.arrive({
      ...{ endToEndId: `${REFERENCE_PREFIX}${withdrawalId}`, uetr: '', debtorIban: HOUSE_IBAN, creditorName: portfolioId },
      ...{ creditorIban: ibanOf(`C-${portfolioId}`), amount: { amount: decimalOf(cents), currency: EUR }, remittanceInformation: '' },
    });
    this.#stops(account, 'it has paid');
  }
}
