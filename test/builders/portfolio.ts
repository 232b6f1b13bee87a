/** Portfolios, changes and levels for tests, each with the least that it needs. */
import { NOTHING_SENT, type Exchange } from '../../services/portfolio/src/decide/exchange.js';
import type { Change } from '../../services/portfolio/src/decide/change.js';
import type { LostRequest } from '../../services/portfolio/src/decide/lost-request.js';
import type { Gap } from '../../services/portfolio/src/decide/messages.js';
import type { Holdings, PortfolioRead, PortfolioState, Writing } from '../../services/portfolio/src/decide/portfolio.js';
import { decimal, type Decimal } from '../../shared/kernel/decimal.js';
import type { InstrumentId, PortfolioId } from '../../shared/kernel/ids.js';
import { currency, type DivestAmount } from '../../shared/kernel/money.js';

export const EUR = currency('EUR');
export const NOTHING: DivestAmount = { kind: 'nothing' };
export const EVERYTHING: DivestAmount = { kind: 'everything' };
export const level = (amount: string): DivestAmount => ({ kind: 'amount', amount: decimal(amount) });
export const holdings = (lines: Record<string, string>): Holdings => lines as Record<InstrumentId, Decimal>;

export const change = (changeId: string, deltas: Record<string, string> = {}, over: Partial<Change> = {}): Change => ({
  changeId,
  because: 'order-settled',
  deltas: Object.entries(deltas).map(([instrument, quantity]) => ({ instrument: instrument as InstrumentId, quantity: decimal(quantity) })),
  lowerDivestBy: null,
  cashSettled: false,
  ...over,
});
export const paid = (changeId: string, amount: string): Change =>
  change(changeId, { $EUR: `-${amount}` }, { because: 'withdrawal-paid', lowerDivestBy: { kind: 'amount', amount: decimal(amount) } });
export const paidAll = (changeId: string, amount: string): Change =>
  change(changeId, { $EUR: `-${amount}` }, { because: 'withdrawal-paid', lowerDivestBy: { kind: 'everything' } });

export const portfolioOf = (over: Partial<PortfolioState> = {}): PortfolioState => ({
  status: 'ReadingPortfolio',
  portfolioId: 'P1' as PortfolioId,
  pending: [],
  writing: null,
  announcedWhileReading: null,
  announced: [],
  restoring: null,
  exchange: NOTHING_SENT,
  reason: null,
  done: [],
  ...over,
});
/** A lost request is open since our third message, and all five are answered. */
export const openExchange = (over: Partial<Exchange> = {}): Exchange => ({
  ...NOTHING_SENT,
  sent: 5,
  answered: 5,
  openSince: 3,
  ...over,
});
export const seenPortfolio = (over: Partial<PortfolioRead> = {}): PortfolioRead => ({
  baseCurrency: EUR,
  treatment: { kind: 'ours', product: 'robo-discretionary', rule: 'all' },
  realMoney: true,
  deleted: false,
  divestAmount: NOTHING,
  holdings: holdings({ $EUR: '1000', A: '4' }),
  version: 7,
  configJson: '{}',
  ...over,
});
export const writingOf = (over: Partial<Writing> = {}, divestAmount: DivestAmount | null = NOTHING): Writing => ({
  changeIds: ['w1'],
  levelRead: level('500'),
  baseCurrency: EUR,
  write: { baseVersion: 7, holdingsBefore: holdings({}), holdings: holdings({}), configJson: '{}', divestAmount },
  ...over,
});

/** Paid 500 of 500 that were asked for, and written nothing as what is left; somebody else wrote between. */
export const gapOf = (over: Partial<Gap> = {}): Gap => ({
  levelRead: level('500'),
  levelWritten: NOTHING,
  baseCurrency: EUR,
  written: [paid('w1', '500')],
  versionWritten: 9,
  ...over,
});
export const lostRequestOf = (over: Partial<LostRequest> = {}): LostRequest => ({
  status: 'AwaitingAnnouncement',
  portfolioId: 'P1' as PortfolioId,
  handled: 1,
  gap: gapOf(),
  announced: [],
  explainedBy: null,
  restoring: null,
  ours: NOTHING,
  review: null,
  reason: null,
  ...over,
});
