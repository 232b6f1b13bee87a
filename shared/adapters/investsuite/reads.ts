import {
  collectionOf,
  MAX_PAGE_SIZE,
  optimization,
  optimizationPending,
  PATHS,
  PENDING_WITHDRAWALS_QUERY,
  portfolio,
  user,
  type PortfolioRead,
} from '../../../contracts/investsuite/http.js';
import { jsonObject, type JsonObject } from '../../../contracts/tokens.js';
import type { PortfolioId } from '../../kernel/ids.js';
import type { Outcome } from '../../kernel/outcome.js';
import type { InvestSuitePort } from '../../ports/investsuite.js';
import { retryable } from '../http/outcome.js';
import { query } from '../http/path.js';
import type { InvestSuiteClient } from './client.js';
import { optimizationOf, portfolioOf, userOf } from './mapping.js';
import { judgeRead } from './outcome.js';

type NotFound = 'not-found';
type ReadEnd = Exclude<Outcome<never, NotFound>, { kind: 'applied' | 'accepted' | 'unknown' }>;
export type Got<Value> = { readonly value: Value; readonly ended: null } | { readonly value: null; readonly ended: ReadEnd };

const got = <Value>(value: Value): Got<Value> => ({ value, ended: null });
const not = (ended: ReadEnd): Got<never> => ({ value: null, ended });
const applied = <Result>(result: Result): Outcome<Result, never> => ({ kind: 'applied', result });

/** A portfolio as the wire has it: writers need the whole config. */
export const getPortfolio = async (client: InvestSuiteClient, id: PortfolioId, signal: AbortSignal): Promise<Got<PortfolioRead>> => {
  const judged = judgeRead(await client.send({ operation: 'read-portfolio', method: 'GET', path: PATHS.portfolio(id), signal }));
  if (judged.ended !== null) return not(judged.ended);
  const read = portfolio.safeParse(judged.json);
  if (!read.success) return not(retryable('the portfolio cannot be read', 60_000));
  return read.data.id === id ? got(read.data) : not(retryable('the answer is about another portfolio', 60_000));
};

const FIRST_LOOK_MS = 5_000;
const MAX_PAGES = 1_000;

/**
 * All pages of a collection. Only the query part of `next` is used, on our own host: it may be absolute, even plain http,
 * and the token must not follow it. A page that comes again ends in an error instead of a circle.
 */
export const getPages = async (
  client: InvestSuiteClient,
  operation: string,
  path: string,
  firstQuery: string,
  signal: AbortSignal,
): Promise<Got<readonly JsonObject[]>> => {
  const results: JsonObject[] = [];
  const seen = new Set<string>();
  let current: string | null = firstQuery;
  while (current !== null) {
    if (seen.has(current) || seen.size >= MAX_PAGES) return not(retryable('the pages of the answer go in circles', 60_000));
    seen.add(current);
    const judged = judgeRead(await client.send({ operation, method: 'GET', path: `${path}${current}`, signal }));
    if (judged.ended !== null) return not(judged.ended);
    const page = collectionOf(jsonObject).safeParse(judged.json);
    if (!page.success) return not(retryable('a page cannot be read', 60_000));
    results.push(...page.data.results);
    current = page.data.results.length === 0 ? null : nextQuery(page.data.next ?? null, firstQuery, results.length);
  }
  return got(results);
};

/** One sample of `next` has lost the offset, one has lost the query: both are put back. */
const nextQuery = (next: string | null, firstQuery: string, soFar: number): string | null => {
  if (next === null || next === '') return null;
  const start = next.indexOf('?');
  const wanted = new URLSearchParams(firstQuery);
  for (const [name, value] of new URLSearchParams(start < 0 ? '' : next.slice(start + 1))) wanted.set(name, value);
  if (!wanted.has('offset')) wanted.set('offset', String(soFar));
  return `?${wanted.toString()}`;
};

export type Reads = Pick<InvestSuitePort, 'readPortfolio' | 'readUser' | 'readOptimization' | 'readPendingWithdrawals'>;

const readOptimization =
  (client: InvestSuiteClient, segments: readonly ('latest' | 'current')[]): Reads['readOptimization'] =>
  async (portfolioId, signal) => {
    let missing: ReadEnd = { kind: 'rejected', reason: 'not-found', note: 'no path to read optimisations is configured' };
    for (const which of segments) {
      const judged = judgeRead(
        await client.send({ operation: 'read-optimization', method: 'GET', path: PATHS.optimization(portfolioId, which), signal }),
      );
      if (judged.ended !== null) {
        if (judged.status !== 404) return judged.ended;
        missing = judged.ended;
        continue;
      }
      if (judged.status === 202) {
        const pending = optimizationPending.safeParse(judged.json);
        return {
          kind: 'accepted',
          reference: pending.data?.optimization_hash ?? null,
          askAfterMs: FIRST_LOOK_MS,
          note: 'the optimiser still computes',
        };
      }
      const read = optimization.safeParse(judged.json);
      if (!read.success) return retryable('the optimisation cannot be read', 60_000);
      if (typeof read.data.portfolio_id === 'string' && read.data.portfolio_id !== portfolioId)
        return retryable('the optimisation is of another portfolio', 60_000);
      const mapped = optimizationOf(read.data);
      return 'unclear' in mapped ? retryable(mapped.unclear, 60_000) : applied(mapped);
    }
    return missing;
  };

const readPendingWithdrawals =
  (client: InvestSuiteClient): Reads['readPendingWithdrawals'] =>
  async (signal) => {
    const first = query({ query: PENDING_WITHDRAWALS_QUERY, limit: String(MAX_PAGE_SIZE) });
    const pages = await getPages(client, 'read-pending-withdrawals', PATHS.portfolios, first, signal);
    if (pages.ended !== null)
      return pages.ended.kind === 'rejected' ? retryable('the list of portfolios was not found', 60_000) : pages.ended;
    const ids = new Set<PortfolioId>();
    for (const item of pages.value) {
      const id = item['id'];
      if (typeof id !== 'string') continue;
      const read = portfolio.safeParse(item);
      // Amounts are stored as text there, so "0.00" passes their filter. What we cannot read goes on: who handles it reads it again.
      if (!read.success || read.data.config.divestAmount.kind !== 'nothing') ids.add(id as PortfolioId);
    }
    return applied([...ids]);
  };

export const createReads = (client: InvestSuiteClient, segments: readonly ('latest' | 'current')[]): Reads => ({
  readPortfolio: async (id, signal) => {
    const read = await getPortfolio(client, id, signal);
    if (read.ended !== null) return read.ended;
    const mapped = portfolioOf(read.value);
    return 'unclear' in mapped ? retryable(mapped.unclear, 60_000) : applied(mapped);
  },
  readUser: async (id, signal) => {
    const judged = judgeRead(await client.send({ operation: 'read-user', method: 'GET', path: PATHS.user(id), signal }));
    if (judged.ended !== null) return judged.ended;
    const read = user.safeParse(judged.json);
    if (!read.success || read.data.id !== id) return retryable('the user cannot be read', 60_000);
    return applied(userOf(read.data));
  },
  readOptimization: readOptimization(client, segments),
  readPendingWithdrawals: readPendingWithdrawals(client),
});
