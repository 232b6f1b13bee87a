import { MAX_PAGE_SIZE, PATHS, transaction, type TransactionRead } from '../../../contracts/investsuite/http.js';
import { Bug } from '../../kernel/bug.js';
import type { Json } from '../../kernel/json.js';
import type { InvestSuitePort, TransactionWrite } from '../../ports/investsuite.js';
import { noAnswer, unknown, type Open } from '../http/outcome.js';
import { query } from '../http/path.js';
import type { InvestSuiteClient } from './client.js';
import { createTransactionBody, replaceTransactionBody, sameMovements } from './mapping.js';
import { judgeWrite } from './outcome.js';
import { getPages } from './reads.js';

export type Transactions = Pick<InvestSuitePort, 'createTransaction' | 'findTransaction' | 'replaceTransaction'>;

/** Source: external ids page, copy of December 2022. */
const EXTERNAL_ID_MAX = 64;

const checkWrite = (write: TransactionWrite): void => {
  if (write.externalId === '' || write.externalId.length > EXTERNAL_ID_MAX) throw new Bug('an external id has 1 to 64 characters');
  if (write.movements.length === 0) throw new Bug('a transaction without movements');
};

/** What an answer says must be what we sent; what it leaves out proves nothing. Null: it matches. */
const differenceOf = (read: TransactionRead, write: TransactionWrite): string | null => {
  if (typeof read.external_id === 'string' && read.external_id !== write.externalId) return 'another external id';
  if (typeof read.portfolio_id === 'string' && read.portfolio_id !== write.portfolioId) return 'another portfolio';
  if (write.optimizationId !== null && read.optimization_id !== undefined && read.optimization_id !== write.optimizationId)
    return 'another optimisation';
  if (read.movements.length > 0 && !sameMovements(write.movements, read.movements)) return 'other movements';
  return null;
};

const readBack = (json: Json, write: TransactionWrite): TransactionRead | Open => {
  const read = transaction.safeParse(json);
  if (!read.success) return unknown('the answer holds no transaction');
  const difference = differenceOf(read.data, write);
  return difference === null ? read.data : unknown(`the answer holds ${difference} than was sent`);
};

const isOpen = (value: TransactionRead | Open): value is Open => 'evidence' in value && 'kind' in value;

/** Transactions of a portfolio. `canList`: reading them back is implied by the documentation, not shown. */
export const createTransactions = (client: InvestSuiteClient, canList: boolean): Transactions => ({
  createTransaction: async (write, sending) => {
    checkWrite(write);
    const judged = judgeWrite(
      await client.send({
        operation: 'create-transaction',
        method: 'POST',
        path: PATHS.transactions(write.portfolioId),
        body: createTransactionBody(write),
        signal: sending.signal,
      }),
    );
    if (judged.ended !== null) return judged.ended;
    const read = readBack(judged.json, write);
    return isOpen(read) ? read : { kind: 'applied', result: { transactionId: read.id } };
  },

  findTransaction: async (write, sending) => {
    if (!canList) return { found: 'ambiguous', evidence: 'reading transactions back is switched off: the documentation does not show it' };
    const pages = await getPages(
      client,
      'find-transaction',
      PATHS.transactions(write.portfolioId),
      query({ limit: String(MAX_PAGE_SIZE) }),
      sending.signal,
    );
    if (pages.ended !== null) {
      return pages.ended.kind === 'rejected'
        ? { found: 'no-answer', evidence: `transactions cannot be listed: ${pages.ended.note ?? '404'}`, retryAfterMs: 60_000 }
        : noAnswer(pages.ended);
    }
    const ours = pages.value.filter((item) => item['external_id'] === write.externalId);
    const [first] = ours;
    if (first === undefined) return { found: 'absent' };
    if (ours.length > 1) return { found: 'ambiguous', evidence: `${String(ours.length)} transactions carry our external id` };
    const read = transaction.safeParse(first);
    if (!read.success) return { found: 'no-answer', evidence: 'the transaction with our external id cannot be read', retryAfterMs: 60_000 };
    const difference = differenceOf(read.data, write);
    return difference === null || difference === 'other movements'
      ? { found: 'applied', result: { transactionId: read.data.id } }
      : { found: 'ambiguous', evidence: `the transaction with our external id is of ${difference}` };
  },

  replaceTransaction: async (transactionId, write, sending) => {
    checkWrite(write);
    const judged = judgeWrite(
      await client.send({
        operation: 'replace-transaction',
        method: 'PATCH',
        path: PATHS.transaction(write.portfolioId, transactionId),
        body: replaceTransactionBody(write),
        signal: sending.signal,
      }),
    );
    if (judged.ended !== null) return judged.ended;
    const read = readBack(judged.json, write);
    if (isOpen(read)) return read;
    return read.id === transactionId ? { kind: 'applied', result: null } : unknown('the answer is about another transaction');
  },
});
