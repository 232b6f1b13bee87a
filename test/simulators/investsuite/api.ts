import { eventCallBody } from '../../../contracts/investsuite/events.js';
import { MAX_PAGE_SIZE } from '../../../contracts/investsuite/http.js';
import { isJsonObject, type JsonObject } from '../../../contracts/tokens.js';
import { isPositive, negated } from '../../../shared/kernel/decimal.js';
import { printJson, type Printable } from '../../../shared/kernel/json.js';
import type { Answer, Call, Handler } from '../shared/http.js';
import { conflict, EXTRA, invalid, notFound, type Problem } from './answers.js';
import type { Operation } from './faults.js';
import { movementShapeProblems } from './movement-rules.js';
import { patchProblems } from './patch-rules.js';
import { matchesQuery, parseQuery } from './query.js';
import { textField, type StoredTransaction } from './state.js';
import type { Tokens } from './tokens.js';
import type { TransactionWrite } from './transaction-writes.js';
import type { World } from './world.js';

const DEFAULT_PAGE_SIZE = 20;
const TRANSACTION_FIELDS = new Set(['external_id', 'optimization_id', 'order_type', 'description', 'movements']);

type KnownKey = { readonly bodyText: string; readonly answer: Answer };

const transactionWriteOf = (call: Call): TransactionWrite => {
  const { external_id: externalId, optimization_id: optimizationId, movements, ...more } = call.body as JsonObject;
  return {
    requestId: call.requestId,
    more,
    movements: movements as unknown as readonly JsonObject[],
    ...(externalId === undefined ? {} : { externalId: typeof externalId === 'string' ? externalId : null }),
    ...(optimizationId === undefined ? {} : { optimizationId: typeof optimizationId === 'string' ? optimizationId : null }),
  };
};

/** One handler per operation of the InvestSuite API. */
export class Api {
  readonly #world: World;
  readonly tokens: Tokens;
  readonly #keys = new Map<string, KnownKey>();
  #pages = 0;

  constructor(world: World, tokens: Tokens) {
    this.#world = world;
    this.tokens = tokens;
  }

  handlerOf(operation: Operation): Handler {
    switch (operation) {
      case 'login':
        return (call) => this.tokens.login(call);
      case 'refresh-token':
        return (call) => this.tokens.refresh(call);
      case 'get-portfolio':
        return (call) => this.#getPortfolio(call);
      case 'list-portfolios':
        return (call) => this.#listPortfolios(call);
      case 'patch-portfolio':
        return (call) => this.#patchPortfolio(call);
      case 'get-user':
        return (call) => this.#getUser(call);
      case 'get-optimization':
        return (call) => this.#getOptimization(call);
      case 'post-transaction':
        return (call) => this.#postTransaction(call);
      case 'patch-transaction':
        return (call) => this.#patchTransaction(call);
      case 'get-transaction':
        return (call) => this.#getTransaction(call);
      case 'list-transactions':
        return (call) => this.#listTransactions(call);
      case 'withdraw-event':
        return (call) => this.#eventCall(call, 'withdraw');
      case 'deposit-event':
        return (call) => this.#eventCall(call, 'deposit');
    }
  }

  #getPortfolio(call: Call): Answer {
    const stored = this.#world.portfolio(call.params['portfolioId'] ?? '');
    if (stored === undefined) return notFound('The portfolio');
    this.#world.sawByApi(stored.id);
    return { status: 200, body: stored.wire };
  }

  #listPortfolios(call: Call): Answer {
    return this.#page(
      call,
      '/portfolios/',
      this.#world.allPortfolios().map((stored) => stored.wire),
    );
  }

  /** Pages as the documentation shows them: `next` and `count` change their form from page to page. */
  #page(call: Call, path: string, all: readonly JsonObject[]): Answer {
    const query = call.query.get('query');
    const conditions = query === null ? [] : parseQuery(query);
    const limit = Number(call.query.get('limit') ?? DEFAULT_PAGE_SIZE);
    const offset = Number(call.query.get('offset') ?? 0);
    const problems: Problem[] = [];
    if (conditions === null) problems.push({ loc: ['query', 'query'], msg: 'the query cannot be read', type: 'value_error.query' });
    if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE_SIZE)
      problems.push({ loc: ['query', 'limit'], msg: `ensure this value is at most ${String(MAX_PAGE_SIZE)}`, type: 'value_error.number' });
    if (!Number.isInteger(offset) || offset < 0)
      problems.push({ loc: ['query', 'offset'], msg: 'value is not a valid offset', type: 'value_error.number' });
    if (conditions === null || problems.length > 0) return invalid(problems, call);
    const found = all.filter((wire) => matchesQuery(wire, conditions));
    const results = found.slice(offset, offset + limit);
    const more = offset + limit < found.length;
    this.#pages += 1;
    const parameters = new URLSearchParams({
      ...(query === null ? {} : { query }),
      limit: String(limit),
      offset: String(offset + limit),
    }).toString();
    const base = this.#pages % 2 === 0 ? '' : 'http://api.sandbox.investsuite.com';
    const count: Printable = this.#pages % 3 === 0 ? null : this.#pages % 3 === 1 ? found.length : String(results.length);
    return {
      status: 200,
      body: {
        next: more ? `${base}${path}?${parameters}` : null,
        count,
        offset: this.#pages % 2 === 0 ? offset : String(offset),
        results,
        _embedded: {},
      },
    };
  }

  #patchPortfolio(call: Call): Answer {
    const world = this.#world;
    const id = call.params['portfolioId'] ?? '';
    const current = world.portfolio(id);
    if (current === undefined) return notFound('The portfolio');
    const problems = call.unreadable
      ? [{ loc: ['body'], msg: 'malformed JSON', type: 'value_error.jsondecode' }]
      : patchProblems(current.wire, call.body);
    if (problems.length > 0) {
      world.violation({
        portfolioId: id,
        kind: 'patch-refused',
        severity: 'violation',
        detail: problems.map((one) => `${one.loc.join('.')}: ${one.msg}`).join('; '),
        requestId: call.requestId,
      });
      return invalid(problems, call);
    }
    world.versionGap(id);
    const before = world.portfolio(id) ?? current;
    const after = world.write(id, { by: 'api', requestId: call.requestId, fields: call.body as JsonObject });
    world.staleRaise(before, after);
    return { status: 200, body: after.wire };
  }

  #getUser(call: Call): Answer {
    const user = this.#world.users.get(call.params['userId'] ?? '');
    return user === undefined ? notFound('The user') : { status: 200, body: user };
  }

  #getOptimization(call: Call): Answer {
    const world = this.#world;
    const portfolioId = call.params['portfolioId'] ?? '';
    const which = call.params['which'] ?? '';
    if (world.portfolio(portfolioId) === undefined) return notFound('The portfolio');
    if (which !== 'latest' && which !== 'current') {
      const one = world.optimizations.get(which);
      return one === undefined || one.portfolioId !== portfolioId ? notFound('The optimization') : { status: 200, body: one.wire };
    }
    if (world.optimiser.isComputing(portfolioId)) {
      return {
        status: 202,
        body: {
          message: 'The optimization is being computed',
          details: 'Try again in a moment',
          optimization_hash: portfolioId.slice(1, 9),
        },
      };
    }
    const latest = world.optimiser.latest(portfolioId);
    return latest === null ? notFound('The optimization') : { status: 200, body: latest.wire };
  }

  /** Checks shared by POST and PATCH of a transaction. */
  #refusedTransaction(call: Call, portfolioId: string, before: readonly JsonObject[]): Answer | null {
    const world = this.#world;
    const body = call.body;
    if (call.unreadable || body === undefined || !isJsonObject(body))
      return invalid([{ loc: ['body'], msg: 'value is not a valid dict', type: 'type_error.dict' }], call);
    const extra = Object.keys(body)
      .filter((key) => !TRANSACTION_FIELDS.has(key))
      .map((key) => ({ loc: ['body', key], ...EXTRA }));
    const shape = [...extra, ...movementShapeProblems(body['movements'])];
    if (shape.length > 0) {
      world.violation({
        portfolioId,
        kind: 'transaction-refused',
        severity: 'violation',
        detail: shape.map((one) => `${one.loc.join('.')}: ${one.msg}`).join('; '),
        requestId: call.requestId,
      });
      return invalid(shape, call);
    }
    const optimizationId = textField(body, 'optimization_id');
    if (optimizationId !== null && world.optimizations.get(optimizationId)?.portfolioId !== portfolioId) {
      world.violation({
        portfolioId,
        kind: 'optimization-unknown',
        severity: 'violation',
        detail: optimizationId,
        requestId: call.requestId,
      });
      return notFound('The optimization');
    }
    const breaks = world.transactionWrites.judgeMovements(
      portfolioId,
      call.requestId,
      before,
      body['movements'] as unknown as readonly JsonObject[],
    );
    return breaks.length === 0
      ? null
      : invalid(
          breaks.map((one) => ({ loc: ['body', 'movements'], msg: `${one.kind}: ${one.detail}`, type: 'value_error' })),
          call,
          422,
        );
  }

  #postTransaction(call: Call): Answer {
    const portfolioId = call.params['portfolioId'] ?? '';
    if (this.#world.portfolio(portfolioId) === undefined) return notFound('The portfolio');
    const refused = this.#refusedTransaction(call, portfolioId, []);
    if (refused !== null) return refused;
    const made = this.#world.transactionWrites.add(portfolioId, transactionWriteOf(call));
    return { status: 201, body: this.#world.transactionWrites.wireOf(made) };
  }

  #found(call: Call): StoredTransaction | null {
    const stored = this.#world.transactions.get(call.params['transactionId'] ?? '');
    return stored?.portfolioId === call.params['portfolioId'] ? (stored ?? null) : null;
  }

  #patchTransaction(call: Call): Answer {
    const before = this.#found(call);
    if (before === null) return notFound('The transaction');
    const refused = this.#refusedTransaction(call, before.portfolioId, before.movements);
    if (refused !== null) return refused;
    const after = this.#world.transactionWrites.replace(before, transactionWriteOf(call));
    return { status: 200, body: this.#world.transactionWrites.wireOf(after) };
  }

  #getTransaction(call: Call): Answer {
    const stored = this.#found(call);
    return stored === null ? notFound('The transaction') : { status: 200, body: this.#world.transactionWrites.wireOf(stored) };
  }

  #listTransactions(call: Call): Answer {
    const portfolioId = call.params['portfolioId'] ?? '';
    if (this.#world.portfolio(portfolioId) === undefined) return notFound('The portfolio');
    return this.#page(
      call,
      `/portfolios/${portfolioId}/transactions/`,
      this.#world.transactionsOf(portfolioId).map((one) => this.#world.transactionWrites.wireOf(one)),
    );
  }

  #eventCall(call: Call, direction: 'deposit' | 'withdraw'): Answer {
    const world = this.#world;
    const body = eventCallBody.safeParse(call.body);
    if (!body.success)
      return invalid(
        body.error.issues.map((issue) => ({ loc: ['body', ...issue.path.map(String)], msg: issue.message, type: 'value_error' })),
        call,
      );
    const { amount, currency, portfolio: portfolioId } = body.data.data;
    const key = typeof call.headers['idempotency-key'] === 'string' ? call.headers['idempotency-key'] : null;
    const known = this.#knownKey(direction, key, portfolioId);
    const say = (kind: string, detail: string): void => {
      world.violation({ portfolioId, kind, severity: 'violation', detail, requestId: call.requestId });
    };
    if (known !== undefined && known.bodyText !== printJson(call.body)) {
      say('key-reused', `${key ?? ''} with another body`);
      return conflict('the idempotency key was used with another body');
    }
    if (known !== undefined) {
      world.books.eventCalls.append({ portfolioId, direction, amount, currency, key, repeated: true, requestId: call.requestId });
      return known.answer;
    }
    const refused = this.#refusedEvent(call, direction, portfolioId, currency, isPositive(amount));
    if (refused !== null) {
      say(`${direction}-event-refused`, printJson(refused.body ?? null));
      return refused;
    }
    if (key === null) say('key-missing', `${direction} of ${amount} ${currency}`);
    world.books.eventCalls.append({ portfolioId, direction, amount, currency, key, repeated: false, requestId: call.requestId });
    const answer: Answer = { status: 200, body: { data: { amount, currency, portfolio: portfolioId } } };
    if (key !== null) this.#keys.set(`${direction} ${key}`, { bodyText: printJson(call.body ?? null), answer });
    if (world.faults.strike(`${direction}-event`, [portfolioId], ['event-call-changes-holdings']) !== null)
      world.bookByEventCall(portfolioId, direction === 'deposit' ? amount : negated(amount));
    return answer;
  }

  #knownKey(direction: string, key: string | null, portfolioId: string): KnownKey | undefined {
    if (key === null) return undefined;
    const known = this.#keys.get(`${direction} ${key}`);
    if (known === undefined || this.#world.faults.strike(`${direction}-event`, [portfolioId], ['forget-keys']) === null) return known;
    this.#keys.delete(`${direction} ${key}`);
    return undefined;
  }

  #refusedEvent(call: Call, direction: 'deposit' | 'withdraw', portfolioId: string, currency: string, positive: boolean): Answer | null {
    const stored = this.#world.portfolio(portfolioId);
    if (stored === undefined) return notFound('The portfolio');
    const { wire } = stored;
    if (!positive)
      return invalid(
        [{ loc: ['body', 'data', 'amount'], msg: 'the amount is positive in both directions', type: 'value_error' }],
        call,
        422,
      );
    if (textField(wire, 'base_currency') !== currency)
      return invalid([{ loc: ['body', 'data', 'currency'], msg: 'not the base currency', type: 'value_error' }], call, 422);
    if (direction === 'withdraw') return null;
    const status = textField(wire, 'status');
    const eligible =
      (status === 'ACTIVE' || status === 'WAITING_FOR_FUNDS') &&
      wire['archived'] !== true &&
      textField(wire, 'money_type') === 'REAL_MONEY';
    return eligible ? null : conflict('the portfolio takes no deposits');
  }
}
