import { accountDetail, accountMoney, accountPositions, PATHS, quotes } from '../../../../contracts/broker/drivewealth/http.js';
import { absolute, isZero, ZERO, type Decimal } from '../../../kernel/decimal.js';
import type { BrokerAccountId, InstrumentId } from '../../../kernel/ids.js';
import type { Currency } from '../../../kernel/money.js';
import type { BrokerCash, BrokerPort, Position } from '../../../ports/broker.js';
import { retryable } from '../../http/outcome.js';
import { query } from '../../http/path.js';
import type { DriveWealthClient } from './client.js';
import { get } from './get.js';
import type { Instruments } from './mapping.js';
import { got, unclear, type Got } from './outcome.js';

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
      const question = { operation: 'read-account', path: PATHS.account(account), shape: accountDetail, what: 'the account' };
      const answer = await get(client, question, signal);
      if (answer.ended !== null) return answer;
      const { id, accountNo } = answer.value;
      if (id !== account && accountNo !== account) return unclear('the answer is about another account');
      const names = { accountId: id, accountNo };
      if (known.size >= MOST_ACCOUNTS) known.clear();
      known.set(account, names);
      return got(names);
    },
    money: async (account, signal) => {
      const question = { operation: 'read-money', path: PATHS.money(account), shape: accountMoney, what: 'the cash of the account' };
      const answer = await get(client, question, signal);
      if (answer.ended !== null) return answer;
      const { accountID, accountNo, cash } = answer.value;
      if (accountID !== account && accountNo !== account) return unclear('the answer is about another account');
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
  const rows = await get(client, { operation: 'read-quotes', path, shape: quotes, what: 'the quotes' }, signal);
  if (rows.ended !== null) return rows;
  return got(
    rows.value.flatMap((row) => {
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
    const question = { operation: 'read-positions', path: PATHS.positions(account), shape: accountPositions, what: 'the positions' };
    const answer = await get(client, question, signal);
    if (answer.ended !== null) return answer.ended;
    const { accountID, accountNo, equityPositions } = answer.value;
    if (accountID !== account && accountNo !== account) return retryable('the positions cannot be read', 10_000);
    const positions: Position[] = [];
    for (const row of equityPositions) {
      if (isZero(row.openQty)) continue;
      const instrument = instruments.idOf(row);
      if (instrument === null) return retryable('the instrument of a position is not known', 60_000);
      positions.push({ instrument, units: row.openQty });
    }
    return { kind: 'applied', result: positions };
  },
  readPrices: readPrices(client, instruments),
});
