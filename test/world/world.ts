/** Drives the outside world: makes customers, lets them ask, switches faults on, reads the three books. */
import { randomUUID } from 'node:crypto';
import { createInvestSuiteAdmin, type InvestSuiteAdmin } from '../simulators/investsuite/admin-client.js';
import type { BankVerdict, Books, BrokerVerdict, CustomerNames } from './books.js';
import { CURRENCY, HOUSE_ACCOUNT, type Stack } from './stack.js';

export interface Fault {
  readonly fault: string;
  readonly operation?: string;
  readonly subject?: string;
  readonly times?: number;
  readonly skip?: number;
  readonly probability?: string;
  readonly delayMs?: number;
  readonly detail?: string;
}

export interface NewCustomer {
  readonly number: number;
  readonly cash: string;
  readonly positions: readonly { readonly isin: string; readonly units: string }[];
  /** Of the portfolio's id at the bank, by which rules of the tenant know it. Default: `PF`. */
  readonly portfolioPrefix?: string;
  /** Default: `Customer N`. */
  readonly name?: string;
}

export interface Customer extends CustomerNames {
  readonly number: number;
  readonly userId: string;
  readonly externalId: string;
}

/** ISO 7064 check digits over the rearranged account, as every IBAN has them. */
const ibanOf = (number: number): string => {
  const account = `51210800${String(9_000_000_000 + number)}`;
  let remainder = 0;
  for (const digit of `${account}131400`) remainder = (remainder * 10 + Number(digit)) % 97;
  return `DE${String(98 - remainder).padStart(2, '0')}${account}`;
};

export const INSTRUMENTS = [
  { isin: 'US0378331005', symbol: 'AAPL', price: '190.00' },
  { isin: 'US5949181045', symbol: 'MSFT', price: '410.00' },
  { isin: 'US9229083632', symbol: 'VOO', price: '95.50' },
] as const;

export class World {
  readonly investSuite: InvestSuiteAdmin;
  readonly #stack: Pick<Stack, 'urls'>;

  constructor(stack: Pick<Stack, 'urls'>) {
    this.#stack = stack;
    this.investSuite = createInvestSuiteAdmin(stack.urls.investSuite);
  }

  async #call(url: string, method: string, path: string, body?: unknown): Promise<unknown> {
    const answer = await fetch(`${url}/simulator${path}`, {
      method,
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`simulator: ${method} ${path} answered ${String(answer.status)}: ${text}`);
    return text === '' ? null : (JSON.parse(text) as unknown);
  }
  broker(method: string, path: string, body?: unknown): Promise<unknown> {
    return this.#call(this.#stack.urls.broker, method, path, body);
  }
  bank(method: string, path: string, body?: unknown): Promise<unknown> {
    return this.#call(this.#stack.urls.bank, method, path, body);
  }

  /** Instruments and prices in both worlds, and a house account that can pay. */
  async prepare(): Promise<void> {
    await this.broker('POST', '/instruments', INSTRUMENTS);
    await this.investSuite.setPrices(Object.fromEntries(INSTRUMENTS.map(({ isin, price }) => [isin, price])));
    await this.bank('POST', '/accounts', { iban: HOUSE_ACCOUNT, currency: CURRENCY, balance: '100000000.00' });
  }

  async createCustomer(customer: NewCustomer): Promise<Customer> {
    const { number, cash, positions, portfolioPrefix = 'PF', name = `Customer ${String(number)}` } = customer;
    const iban = ibanOf(number);
    const accountNo = `DEMO${String(number).padStart(6, '0')}`;
    const externalId = `C${String(number).padStart(5, '0')}`;
    await this.broker('POST', '/accounts', {
      accountNo,
      accountID: `acc-${accountNo}`,
      managed: true,
      currency: CURRENCY,
      cash,
      positions,
    });
    await this.bank('POST', '/customers', {
      externalId,
      name,
      counterAccount: { iban, ownerName: name },
    });
    const userId = await this.investSuite.createUser({ externalId, counterAccount: { iban } });
    const portfolioId = await this.investSuite.createPortfolio({
      userId,
      externalId: `${portfolioPrefix}${String(number)}`,
      baseCurrency: CURRENCY,
      brokerage: { portfolioId: `acc-${accountNo}` },
      holdings: { [`$${CURRENCY}`]: cash, ...Object.fromEntries(positions.map(({ isin, units }) => [isin, units])) },
    });
    return { number, portfolioId, userId, externalId, accountNo, iban };
  }

  async switchFault(system: 'investSuite' | 'broker' | 'bank', fault: Fault): Promise<void> {
    if (system === 'investSuite') await this.investSuite.switchFault(fault as Parameters<InvestSuiteAdmin['switchFault']>[0]);
    else await this[system]('POST', '/faults', fault);
  }

  async clearFaults(): Promise<void> {
    await Promise.all([this.investSuite.clearFaults(), this.broker('DELETE', '/faults'), this.bank('DELETE', '/faults')]);
  }

  /** A person pays at the bank's own screen. Amount in major units. Returns the bank's id of the payment; the same reference is paid once. */
  async payByHand(customer: Customer, amount: string, reference = `HAND${String(customer.number)}`): Promise<string> {
    const payment = await this.bank('POST', '/payments', {
      endToEndId: reference,
      uetr: randomUUID(),
      debtorAccount: { iban: HOUSE_ACCOUNT },
      creditor: { name: `Customer ${String(customer.number)}` },
      creditorAccount: { iban: customer.iban },
      instructedAmount: { amount, currency: CURRENCY },
    });
    return (payment as { readonly paymentId: string }).paymentId;
  }

  /** A person has the customer's last cash-out undone at the broker. */
  async moveBack(customer: Customer): Promise<void> {
    const { redemptions } = (await this.broker('GET', '/books')) as {
      readonly redemptions: readonly { readonly accountNo: string; readonly redemptionId: string; readonly status: string }[];
    };
    const last = redemptions.filter(({ accountNo, status }) => accountNo === customer.accountNo && status === 'SUCCESSFUL').at(-1);
    if (last === undefined) throw new Error(`customer ${String(customer.number)} has no cash-out that is done`);
    await this.broker('POST', `/redemptions/${last.redemptionId}`, { status: 'RETURNED' });
  }

  async books(): Promise<Books> {
    const [investSuite, broker, bank] = await Promise.all([
      this.investSuite.verdict(),
      this.broker('GET', '/verdict'),
      this.bank('GET', '/verdict'),
    ]);
    return { investSuite, broker: broker as BrokerVerdict, bank: bank as BankVerdict };
  }
}
