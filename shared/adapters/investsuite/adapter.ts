import { PATHS } from '../../../contracts/investsuite/http.js';
import { Bug } from '../../kernel/bug.js';
import { isPositive } from '../../kernel/decimal.js';
import { wireAmount } from '../../kernel/money.js';
import type { InvestSuitePort } from '../../ports/investsuite.js';
import type { Sent } from '../http/authorised.js';
import { describe, outcomeOfStatus, unknown } from '../http/outcome.js';
import { abilitiesOf } from './abilities.js';
import { createClient, type ClientOptions, type InvestSuiteClient } from './client.js';
import { problemNote, REFUSALS } from './outcome.js';
import { createPortfolioWrites } from './portfolio-writes.js';
import { createReads } from './reads.js';
import { createTransactions } from './transactions.js';

export type InvestSuiteOptions = ClientOptions & {
  /** Transactions of a portfolio can be listed. Implied by the documentation, not shown: prove it in the sandbox. Default true. */
  readonly canListTransactions?: boolean;
  /** The samples show the key inside double quotes. Choose once: another form is another key. Default true. */
  readonly quoteIdempotencyKey?: boolean;
  /** Last path segments that give the newest optimisation, in the order tried. Default latest, then current. */
  readonly optimizationSegments?: readonly ('latest' | 'current')[];
  /** Settings InvestSuite changes by itself, not compared after a write. Default `manager_settings.optimization_cooldown_end`. */
  readonly settingsOfTheirs?: readonly string[];
  /** Overrides the careful value, in ms. */
  readonly longestLifeMs?: number | undefined;
};

const KEY_FORM = /^[\x21\x23-\x7e]{1,200}$/;

type Announced = Awaited<ReturnType<InvestSuitePort['announceWithdrawal']>>;

/** The page shows no answer to this call, so the status alone decides; only a body that was cut leaves it open. */
const judgeAnnouncement = (sent: Sent): Announced => {
  if (sent.answer === null) return sent.open;
  const { answer } = sent;
  const open = outcomeOfStatus(answer);
  if (open !== null) return open;
  const refusal = REFUSALS[answer.status];
  if (refusal !== undefined) return { kind: 'rejected', reason: refusal, note: problemNote(answer) };
  if (answer.status > 204) return unknown(`unlisted: ${problemNote(answer)}`);
  const cut = answer.body.kind === 'unreadable' && (answer.body.why === 'cut' || answer.body.why === 'deadline');
  return cut ? unknown(`answered ${describe(answer)}`) : { kind: 'applied', result: null };
};

const announceWithdrawal =
  (client: InvestSuiteClient, quoted: boolean): InvestSuitePort['announceWithdrawal'] =>
  async (portfolioId, amount, sending) => {
    if (!KEY_FORM.test(sending.key)) throw new Bug('an idempotency key is printable ASCII without quotes');
    if (!isPositive(amount.amount)) throw new Bug('an announced withdrawal is positive');
    return judgeAnnouncement(
      await client.send({
        operation: 'announce-withdrawal',
        method: 'POST',
        path: PATHS.withdrawEvent,
        headers: { 'Idempotency-Key': quoted ? `"${sending.key}"` : sending.key },
        body: { data: { amount: wireAmount(amount), currency: amount.currency, portfolio: portfolioId } },
        signal: sending.signal,
      }),
    );
  };

/** InvestSuite's API behind our port. `close` gives back its idle sockets. */
export const createInvestSuite = (options: InvestSuiteOptions): InvestSuitePort & { readonly close: () => void } => {
  const client = createClient(options);
  const canList = options.canListTransactions ?? true;
  return {
    abilities: abilitiesOf(canList, options.longestLifeMs),
    ...createReads(client, options.optimizationSegments ?? ['latest', 'current']),
    ...createTransactions(client, canList),
    ...createPortfolioWrites(client, options.settingsOfTheirs ?? ['manager_settings.optimization_cooldown_end']),
    announceWithdrawal: announceWithdrawal(client, options.quoteIdempotencyKey ?? true),
    close: client.close,
  };
};
