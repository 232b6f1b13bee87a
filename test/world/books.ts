/** What the three outside systems' own books say: of everything, and of one customer. */
import { ZERO, type Decimal } from '../../shared/kernel/decimal.js';
import type { PortfolioVerdict, Verdict } from '../simulators/investsuite/verdict.js';

/** What the broker's books say; amounts are decimal text. */
export interface BrokerVerdict {
  readonly accounts: readonly {
    readonly accountNo: string;
    readonly cash: {
      readonly booked: Decimal;
      readonly withdrawable: Decimal;
      readonly pendingSettlement: Decimal;
      readonly pendingOut: Decimal;
    };
    readonly positions: Readonly<Record<string, Decimal>>;
    readonly cashOuts: { readonly count: number; readonly sum: Decimal; readonly returnedCount: number; readonly returnedSum: Decimal };
    readonly orders: { readonly placed: number; readonly fills: number; readonly open: number; readonly soldGross: Decimal };
  }[];
  readonly totals: { readonly orders: number; readonly redemptions: number; readonly cashOuts: number; readonly cashOutSum: Decimal };
  readonly duplicates: {
    readonly orderKeys: readonly string[];
    readonly redemptionKeys: readonly string[];
    readonly redemptionNotes: readonly unknown[];
  };
  readonly keysWithAnotherBody: readonly string[];
  readonly strikes: Readonly<Record<string, number>>;
  readonly booksAgree: boolean;
}
/** What the bank's books say. A creditor is listed when something was settled or came back. */
export interface BankVerdict {
  readonly creditors: readonly {
    readonly creditorIban: string;
    readonly settledCount: number;
    readonly settledSum: Decimal;
    readonly returnedCount: number;
    readonly returnedSum: Decimal;
  }[];
  readonly totals: {
    readonly payments: number;
    readonly settled: number;
    readonly settledSum: Decimal;
    readonly returned: number;
    readonly returnedSum: Decimal;
    readonly refused: number;
    readonly onTheWay: number;
  };
  readonly duplicates: { readonly references: readonly unknown[] };
  readonly conflicts: readonly string[];
  readonly strikes: Readonly<Record<string, number>>;
  readonly booksAgree: boolean;
}
export interface Books {
  readonly investSuite: Verdict;
  readonly broker: BrokerVerdict;
  readonly bank: BankVerdict;
}

/** The names of one customer at the three systems. */
export interface CustomerNames {
  readonly portfolioId: string;
  readonly accountNo: string;
  readonly iban: string;
}
export interface CustomerBooks {
  readonly investSuite: PortfolioVerdict;
  readonly broker: BrokerVerdict['accounts'][number];
  readonly bank: BankVerdict['creditors'][number];
}

/** null as long as InvestSuite or the broker do not know the customer. The bank lists a creditor from the first payment on. */
export const booksOf = ({ portfolioId, accountNo, iban }: CustomerNames, { investSuite, broker, bank }: Books): CustomerBooks | null => {
  const portfolio = investSuite.portfolios.find((one) => one.portfolioId === portfolioId);
  const account = broker.accounts.find((one) => one.accountNo === accountNo);
  if (portfolio === undefined || account === undefined) return null;
  const nothingPaid = { creditorIban: iban, settledCount: 0, settledSum: ZERO, returnedCount: 0, returnedSum: ZERO };
  return {
    investSuite: portfolio,
    broker: account,
    bank: bank.creditors.find((one) => one.creditorIban === iban) ?? nothingPaid,
  };
};
