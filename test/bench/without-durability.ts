/**
 * A floor for whole journeys: the outside calls of a withdrawal by the same adapters, one after the other, in one process. Nothing is
 * stored, nothing is said to Kafka, no webhook is heard; a crash would lose every journey under way or pay it twice.
 */
import { z } from 'zod';
import { randomUUID } from 'node:crypto';
import { publicTls } from '../builders/tls.js';
import type { Stack } from '../world/stack.js';
import { CURRENCY, HOUSE_ACCOUNT } from '../world/stack.js';
import type { Customer } from '../world/world.js';
import { brokerConfig, brokerSettings, configuredBroker } from '../../shared/adapters/broker/configured.js';
import { configuredCoreBanking, coreBankingConfig } from '../../shared/adapters/core-banking/configured.js';
import { configuredInvestSuite, investSuiteSettings } from '../../shared/adapters/investsuite/configured.js';
import { decimal, minus, negated, type Decimal } from '../../shared/kernel/decimal.js';
import { cashInstrument, type PortfolioId } from '../../shared/kernel/ids.js';
import { currency, type Money } from '../../shared/kernel/money.js';
import type { Outcome, Sending } from '../../shared/kernel/outcome.js';
import { commonConfig, investSuiteConfig, readConfig } from '../../shared/runtime/process/config.js';
import { perSecond, startCpu } from './measure.js';

/** As long as the simulators take to change a status; the product waits for their webhook instead. */
const ASK_AGAIN_MS = 160;
const TIMEOUT_MS = 10_000;

const applied = <T>(outcome: Outcome<T, string>): T => {
  if (outcome.kind === 'applied') return outcome.result;
  throw new Error(`an outside call came back ${outcome.kind}`);
};
const ports = (stack: Stack) => {
  const config = readConfig(commonConfig.extend({ ...investSuiteConfig, ...brokerConfig, ...coreBankingConfig }), stack.env, {
    tenant: z.object({ ...brokerSettings, ...investSuiteSettings }),
    name: 'payout',
  });
  const outside = { log: (): void => undefined, tls: publicTls };
  return {
    investSuite: configuredInvestSuite(config, outside),
    broker: configuredBroker(config, outside),
    bank: configuredCoreBanking(config, outside),
  };
};
type Ports = ReturnType<typeof ports>;

const sending = (): Sending => ({ key: randomUUID(), signal: AbortSignal.timeout(TIMEOUT_MS), firstSentAtMs: Date.now() });
const later = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));

const cashOut = async ({ broker }: Ports, account: Parameters<Ports['broker']['readCash']>[0], amount: Money): Promise<void> => {
  let seen = applied(await broker.createCashOut({ account, amount }, sending()));
  if (seen.status === 'needs-approval') seen = applied(await broker.approveCashOut(seen.cashOutId, sending()));
  while (seen.status !== 'done') {
    await later();
    seen = applied(await broker.readCashOut(seen.cashOutId, sending().signal));
  }
};

const transfer = async ({ bank }: Ports, to: { iban: string; ownerName: string }, amount: Money): Promise<void> => {
  const request = {
    endToEndId: `FLOOR${randomUUID().replaceAll('-', '').slice(0, 24)}`,
    uetr: randomUUID(),
    debtorIban: HOUSE_ACCOUNT,
    creditorName: to.ownerName,
    creditorIban: to.iban,
    amount,
    remittanceInformation: 'floor',
  };
  let settled = (await bank.pay(request, sending())).kind === 'applied';
  while (!settled) {
    await later();
    settled = (await bank.findPayment(request, sending())).found === 'applied';
  }
};

const bookAndAnnounce = async ({ investSuite }: Ports, portfolioId: PortfolioId, paid: Money): Promise<void> => {
  const instrument = cashInstrument(CURRENCY);
  const movement = {
    type: 'CASH_WITHDRAWAL',
    status: 'SETTLED',
    datetime: new Date().toISOString(),
    instrument,
    quantity: negated(paid.amount),
  } as const;
  const unsaid = { unitPrice: null, unitPriceCurrency: null, externalId: null, referenceExternalId: null, description: null };
  const booking = { portfolioId, externalId: `F${randomUUID()}`, optimizationId: null, movements: [{ ...movement, ...unsaid }] };
  applied(await investSuite.createTransaction(booking, sending()));
  const now = applied(await investSuite.readPortfolio(portfolioId, sending().signal));
  const before: Decimal = now.holdings[instrument] ?? decimal('0');
  const written = await investSuite.writePortfolio(
    {
      portfolioId,
      baseVersion: now.version,
      holdingsBefore: now.holdings,
      holdings: { ...now.holdings, [instrument]: minus(before, paid.amount) },
      configJson: now.configJson,
      divestAmount: { kind: 'nothing' },
    },
    sending(),
  );
  applied(written);
  applied(await investSuite.announceWithdrawal(portfolioId, paid, sending()));
};

const payOne = async (all: Ports, { portfolioId, externalId }: Customer, asks: string): Promise<void> => {
  const { investSuite, broker, bank } = all;
  const id = portfolioId as PortfolioId;
  const shown = applied(await investSuite.readPortfolio(id, sending().signal));
  const { brokerAccount } = shown;
  if (brokerAccount === null) throw new Error('a customer without an account');
  await Promise.all([broker.readOpenOrders(brokerAccount, sending().signal), broker.readPositions(brokerAccount, sending().signal)]);
  applied(await broker.readCash(brokerAccount, sending().signal));
  applied(await investSuite.readUser(shown.ownerId, sending().signal));
  const { counterAccount } = applied(await bank.readCustomer(externalId, sending().signal));
  if (counterAccount === null) throw new Error('a customer without a counter account');
  const amount: Money = { amount: decimal(asks), currency: currency(CURRENCY) };
  await cashOut(all, brokerAccount, amount);
  await transfer(all, counterAccount, amount);
  await bookAndAnnounce(all, id, amount);
};

/** So many at once, until everybody is paid. `benchMs` is the processor time of this process per journey. */
export const payWithoutDurability = async (
  stack: Stack,
  customers: readonly Customer[],
  asks: string,
  inFlight: number,
): Promise<{ readonly perSecond: number; readonly benchMs: number }> => {
  const all = ports(stack);
  const waiting = [...customers];
  const work = async (): Promise<void> => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) await payOne(all, next, asks);
  };
  const cpu = startCpu({});
  const startedAtMs = performance.now();
  await Promise.all(Array.from({ length: inFlight }, work));
  const durationMs = performance.now() - startedAtMs;
  return { perSecond: perSecond(customers.length, durationMs), benchMs: (cpu()['bench'] ?? Number.NaN) / customers.length };
};
