import {
  accountDetail,
  accountMoney,
  accountPositions,
  PATHS,
  quotes,
  userAccounts,
} from '../../../../contracts/broker/drivewealth/http.js';
import { absolute, isZero, ZERO, type Decimal } from '../../../kernel/decimal.js';
import type { BrokerAccountId, InstrumentId } from '../../../kernel/ids.js';
import type { Currency } from '../../../kernel/money.js';
import { Recent } from '../../../kernel/recent.js';
import type { BrokerCash, BrokerPort, Position } from '../../../ports/broker.js';
import { retryable } from '../../http/outcome.js';
import { query } from '../../http/path.js';
import type { DriveWealthClient } from './client.js';
import { get } from './get.js';
import type { Instruments } from './mapping.js';
import { got, unclear, type Got } from './outcome.js';

/** The two names of one account. Writes name it by its number, reads by its id; a portfolio may name it by either. */
export type AccountNames = { readonly accountId: BrokerAccountId; readonly accountNo: string };
/** An account as an answer names it: by both names, one of them, or none. */
export type NamedAccount = { readonly accountID?: string | undefined; readonly accountNo?: string | undefined };

/** The only place where two names of an account are compared. An answer that names none is of the account that was asked about. */
export const isOfAccount = (named: NamedAccount, { accountId, accountNo }: AccountNames): boolean =>
  (named.accountID === undefined || named.accountID === accountId) && (named.accountNo === undefined || named.accountNo === accountNo);

export type Accounts = {
  /** Both names, by either of them. Asked once per account and process: neither name changes. */
  readonly find: (account: BrokerAccountId, signal: AbortSignal) => Promise<Got<AccountNames>>;
  /** The accounts of one customer. Asked each time: a customer may open another. */
  readonly ofCustomer: (customer: string, signal: AbortSignal) => Promise<Got<readonly AccountNames[]>>;
  readonly money: (account: BrokerAccountId, signal: AbortSignal) => Promise<Got<BrokerCash>>;
};

const MOST_ACCOUNTS = 50_000;
const ANOTHER_ACCOUNT = 'the answer is about another account';

export const createAccounts = (client: DriveWealthClient, currency: Currency): Accounts => {
  const known = new Recent<AccountNames>(MOST_ACCOUNTS);
  const find: Accounts['find'] = async (account, signal) => {
    const cached = known.get(account);
    if (cached !== undefined) return got(cached);
    const question = { operation: 'read-account', path: PATHS.account(account), shape: accountDetail, what: 'the account' };
    const answer = await get(client, question, signal);
    if (answer.ended !== null) return answer;
    const names = { accountId: answer.value.id as BrokerAccountId, accountNo: answer.value.accountNo };
    if (names.accountId !== account && names.accountNo !== account) return unclear(ANOTHER_ACCOUNT);
    known.set(account, names);
    return got(names);
  };
  return {
    find,
    ofCustomer: async (customer, signal) => {
      const path = PATHS.userAccounts(customer);
      const answer = await get(client, { operation: 'read-accounts', path, shape: userAccounts, what: 'the accounts' }, signal);
      return answer.ended === null
        ? got(answer.value.map(({ id, accountNo }) => ({ accountId: id as BrokerAccountId, accountNo })))
        : answer;
    },
    money: async (account, signal) => {
      const names = await find(account, signal);
      if (names.ended !== null) return names;
      const path = PATHS.money(names.value.accountId);
      const answer = await get(client, { operation: 'read-money', path, shape: accountMoney, what: 'the cash of the account' }, signal);
      if (answer.ended !== null) return answer;
      if (!isOfAccount(answer.value, names.value)) return unclear(ANOTHER_ACCOUNT);
      const { cash } = answer.value;
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
    const names = await accounts.find(account, signal);
    if (names.ended !== null) return names.ended;
    const path = PATHS.positions(names.value.accountId);
    const answer = await get(client, { operation: 'read-positions', path, shape: accountPositions, what: 'the positions' }, signal);
    if (answer.ended !== null) return answer.ended;
    if (!isOfAccount(answer.value, names.value)) return retryable(ANOTHER_ACCOUNT, 10_000);
    const positions: Position[] = [];
    // Shares, funds, bonds and options alike: who leaves one kind out believes that the customer has none of it.
    for (const row of answer.value.all) {
      if (isZero(row.openQty)) continue;
      const instrument = instruments.idOf(row);
      if (instrument === null) return retryable('the instrument of a position is not known', 60_000);
      positions.push({ instrument, units: row.openQty });
    }
    return { kind: 'applied', result: positions };
  },
  readPrices: readPrices(client, instruments),
});
