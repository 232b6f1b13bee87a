import { accountDetail, accountMoney, accountPositions, PATHS, quotes } from '../../../../contracts/broker/drivewealth/http.js';
import { absolute, isZero, ZERO, type Decimal } from '../../../kernel/decimal.js';
import type { BrokerAccountId, InstrumentId } from '../../../kernel/ids.js';
import type { Currency } from '../../../kernel/money.js';
import type { BrokerCash, BrokerPort, Position } from '../../../ports/broker.js';
import { retryable } from '../../http/outcome.js';
import { query } from '../../http/path.js';
import type { DriveWealthClient } from './client.js';
import type { Instruments } from './mapping.js';
import { got, judgeRead, unclear, type Got } from './outcome.js';

/** Writes name an account by its number, reads by its id. */
export type AccountNames = { readonly accountId: string; readonly accountNo: string };

export type Accounts = {
  /** Asked once per account and process: neither name changes. */
  readonly find: (account: BrokerAccountId, signal: AbortSignal) => Promise<Got<AccountNames>>;
  readonly money: (account: BrokerAccountId, signal: AbortSignal) => Promise<Got<BrokerCash>>;
};

const MOST_ACCOUNTS = 50_000;

export const createAccounts = (client: DriveWealthClient, currency: Currency): Accounts => {
  const known = new Map<BrokerAccountId, AccountNames>();
  return {
    find: async (account, signal) => {
      const cached = known.get(account);
      if (cached !== undefined) return got(cached);
      const judged = judgeRead(await client.send({ operation: 'read-account', method: 'GET', path: PATHS.account(account), signal }));
      if (judged.ended !== null) return judged;
      const read = accountDetail.safeParse(judged.value);
      if (!read.success) return unclear('the account cannot be read');
      if (read.data.id !== account && read.data.accountNo !== account) return unclear('the answer is about another account');
      const names = { accountId: read.data.id, accountNo: read.data.accountNo };
      if (known.size >= MOST_ACCOUNTS) known.clear();
      known.set(account, names);
      return got(names);
    },
    money: async (account, signal) => {
      const judged = judgeRead(await client.send({ operation: 'read-money', method: 'GET', path: PATHS.money(account), signal }));
      if (judged.ended !== null) return judged;
      const read = accountMoney.safeParse(judged.value);
      if (!read.success) return unclear('the cash of the account cannot be read');
      if (read.data.accountID !== account && read.data.accountNo !== account) return unclear('the answer is about another account');
      const { cash } = read.data;
      return got({
        currency,
        withdrawable: cash.cashAvailableForWithdrawal,
        booked: cash.cashBalance,
        pendingSettlement: cash.cashSettlement
          .filter((row) => !isZero(row.cash))
          .map((row) => ({ amount: row.cash, availableAt: row.utcTime })),
        pendingOut: absolute(cash.pendingPaymentsAmount ?? ZERO),
      });
    },
  };
};

export type Reads = Pick<BrokerPort, 'readCash' | 'readPositions' | 'readPrices'>;

const QUOTES_AT_ONCE = 50;

type Question = { readonly parameter: 'isins' | 'symbols' | 'instrumentIDs'; readonly word: string; readonly instrument: InstrumentId };
type Price = { readonly instrument: InstrumentId; readonly price: Decimal };

const questionOf = (instrument: InstrumentId, instruments: Instruments): Question => {
  const names = instruments.namesOf(instrument);
  if ('ISIN' in names) return { parameter: 'isins', word: names.ISIN, instrument };
  return 'symbol' in names
    ? { parameter: 'symbols', word: names.symbol, instrument }
    : { parameter: 'instrumentIDs', word: names.instrumentID, instrument };
};

/** Quotes of instruments that are asked for by the same kind of name. */
const quote = async (
  client: DriveWealthClient,
  instruments: Instruments,
  asked: readonly Question[],
  signal: AbortSignal,
): Promise<Got<readonly Price[]>> => {
  const [first] = asked;
  if (first === undefined) return got([]);
  const path = `${PATHS.quotes}${query({ [first.parameter]: asked.map((one) => one.word).join(',') })}`;
  const judged = judgeRead(await client.send({ operation: 'read-quotes', method: 'GET', path, signal }));
  if (judged.ended !== null) return judged;
  const read = quotes.safeParse(judged.value);
  if (!read.success) return unclear('the quotes cannot be read');
  return got(
    read.data.flatMap((row) => {
      const known = instruments.idOf(row);
      const one = asked.find(({ instrument, word }) => instrument === known || word === row.symbol || word === row.instrumentID);
      return one === undefined || row.lastTrade === undefined ? [] : [{ instrument: one.instrument, price: row.lastTrade }];
    }),
  );
};

const readPrices =
  (client: DriveWealthClient, instruments: Instruments): Reads['readPrices'] =>
  async (asked, signal) => {
    const questions = [...new Set(asked)]
      .filter((instrument) => !instrument.startsWith('$'))
      .map((instrument) => questionOf(instrument, instruments));
    const prices: Price[] = [];
    for (const parameter of ['isins', 'symbols', 'instrumentIDs'] as const) {
      const same = questions.filter((one) => one.parameter === parameter);
      for (let from = 0; from < same.length; from += QUOTES_AT_ONCE) {
        const part = await quote(client, instruments, same.slice(from, from + QUOTES_AT_ONCE), signal);
        if (part.ended !== null) return part.ended;
        prices.push(...part.value);
      }
    }
    return { kind: 'applied', result: prices };
  };

export const createReads = (client: DriveWealthClient, accounts: Accounts, instruments: Instruments): Reads => ({
  readCash: async (account, signal) => {
    const cash = await accounts.money(account, signal);
    return cash.ended === null ? { kind: 'applied', result: cash.value } : cash.ended;
  },
  readPositions: async (account, signal) => {
    const judged = judgeRead(await client.send({ operation: 'read-positions', method: 'GET', path: PATHS.positions(account), signal }));
    if (judged.ended !== null) return judged.ended;
    const read = accountPositions.safeParse(judged.value);
    if (!read.success || (read.data.accountID !== account && read.data.accountNo !== account))
      return retryable('the positions cannot be read', 10_000);
    const positions: Position[] = [];
    for (const row of read.data.equityPositions) {
      if (isZero(row.openQty)) continue;
      const instrument = instruments.idOf(row);
      if (instrument === null) return retryable('the instrument of a position is not known', 60_000);
      positions.push({ instrument, units: row.openQty });
    }
    return { kind: 'applied', result: positions };
  },
  readPrices: readPrices(client, instruments),
});
