import { randomUUID } from 'node:crypto';
import { Router } from 'express';
import { z } from 'zod';
import { LEDGER_CODES, redemptionStatusOf } from '../../../contracts/broker/drivewealth/statuses.js';
import { decimalToken, problemsOf } from '../../../contracts/tokens.js';
import type { Decimal } from '../../../shared/kernel/decimal.js';
import { served, type Answer, type Call } from '../shared/http.js';
import { INSTRUMENT_KINDS, type Account } from './books.js';
import { addDeskRoutes, bad, done, missing, reading, readingList, type Controls } from '../shared/control.js';
import { isAtEnd, isOver } from './model.js';
import { OWNER_NAMES, tellRebill } from './rebill.js';
import type { Orders } from './orders.js';
import type { Redemptions } from './redemptions.js';
import { verdictOf } from './verdict.js';
import type { World } from './model.js';

/** The simulator as it is now: `reset` exchanges all of it. */
export type Broker = { readonly world: World; readonly orders: Orders; readonly redemptions: Redemptions; readonly endTokens: () => void };

export type AdminOptions = Controls & { readonly broker: () => Broker };

const instrumentBody = z.strictObject({
  isin: z.string().min(1),
  symbol: z.string().min(1),
  instrumentID: z.string().optional(),
  name: z.string().optional(),
  kind: z.enum(INSTRUMENT_KINDS).default('equity'),
  price: decimalToken,
});
const positionBody = z.strictObject({ isin: z.string().min(1), units: decimalToken });
const accountBody = z.strictObject({
  accountNo: z.string().min(1),
  accountID: z.string().optional(),
  userID: z.string().optional(),
  managed: z.boolean().default(true),
  currency: z.string().length(3).optional(),
  open: z.boolean().default(true),
  cash: decimalToken.optional(),
  positions: z.array(positionBody).default([]),
});

const addCash = (world: World, account: Account, amount: Decimal, silent: boolean): void => {
  world.book({ account, type: LEDGER_CODES.deposit, amount, comment: 'Deposit', settlesAtMs: world.nowMs(), order: null, silent });
};
const addUnits = (world: World, account: Account, isin: string, units: Decimal): void => {
  world.books.units.append({ accountNo: account.accountNo, isin, units, orderId: null, reason: 'opening' });
};

const openAccount = (world: World, body: z.output<typeof accountBody>): Account => {
  const userId = body.userID ?? randomUUID();
  const account: Account = {
    accountNo: body.accountNo,
    accountId: body.accountID ?? `${userId}.${String(world.nowMs())}`,
    userId,
    managed: body.managed,
    currency: body.currency ?? world.config.currency,
    isOpen: body.open,
  };
  const isNew = !world.accounts.has(account.accountNo);
  world.accounts.set(account.accountNo, account);
  if (!isNew) return account;
  if (body.cash !== undefined) addCash(world, account, body.cash, true);
  for (const position of body.positions) addUnits(world, account, position.isin, position.units);
  return account;
};

const forAccount =
  (options: AdminOptions, handle: (account: Account, call: Call) => Answer) =>
  (call: Call): Answer => {
    const account = options.broker().world.accountBy(call.params['account'] ?? '');
    return account === null ? missing() : handle(account, call);
  };

const addSetUp = (router: Router, options: AdminOptions): void => {
  const world = (): World => options.broker().world;
  router.post(
    '/simulator/instruments',
    served(
      readingList(instrumentBody, (instruments) => {
        for (const one of instruments) {
          world().instruments.set(one.isin, {
            isin: one.isin,
            symbol: one.symbol,
            instrumentId: one.instrumentID ?? randomUUID(),
            name: one.name ?? one.symbol,
            kind: one.kind,
          });
          world().prices.set(one.isin, one.price);
        }
        return done({ count: instruments.length });
      }),
    ),
  );
  router.post(
    '/simulator/prices',
    served(
      reading(z.record(z.string(), decimalToken), (prices) => {
        const strange = Object.keys(prices).find((word) => world().instrumentBy(word) === null);
        if (strange !== undefined) return bad(`no instrument ${strange}`);
        for (const [word, price] of Object.entries(prices)) world().prices.set(world().instrumentBy(word)?.isin ?? word, price);
        return done();
      }),
    ),
  );
  router.post(
    '/simulator/accounts',
    served(
      readingList(accountBody, (accounts) => {
        const opened = accounts.map((body) => openAccount(world(), body));
        return {
          status: 201,
          body: {
            accounts: opened.map((account) => ({ accountNo: account.accountNo, accountID: account.accountId, userID: account.userId })),
          },
        };
      }),
    ),
  );
  router.get(
    '/simulator/accounts',
    served(() => done({ accounts: [...world().accounts.values()] })),
  );
  router.post(
    '/simulator/accounts/:account/deposits',
    served(
      forAccount(options, (account, call) => {
        const body = z.strictObject({ amount: decimalToken }).safeParse(call.body);
        if (!body.success) return bad(problemsOf(body.error).join('; '));
        addCash(world(), account, body.data.amount, false);
        return done();
      }),
    ),
  );
  router.post(
    '/simulator/accounts/:account/positions',
    served(
      forAccount(options, (account, call) => {
        const body = positionBody.safeParse(call.body);
        if (!body.success) return bad(problemsOf(body.error).join('; '));
        addUnits(world(), account, body.data.isin, body.data.units);
        return done();
      }),
    ),
  );
};

const addPushes = (router: Router, options: AdminOptions): void => {
  router.post(
    '/simulator/orders/:id',
    served(
      reading(
        z.strictObject({
          action: z.enum(['fill', 'ask-cancel', 'cancel', 'expire', 'reject', 'bust', 'cancel-rebill', 'announce-rebill']),
          units: decimalToken.optional(),
          names: z.enum(OWNER_NAMES).default('accountID'),
        }),
        (body, call) => {
          const { world, orders } = options.broker();
          const order = world.orders.get(call.params['id'] ?? '');
          if (order === undefined) return missing();
          if (body.action === 'bust') return orders.bust(order) ? done(world.views.order(order)) : bad('no fill is left to be taken back');
          if (body.action === 'announce-rebill') return done({ event: tellRebill(world, order, 'created', body.names) });
          if (body.action === 'cancel-rebill') {
            tellRebill(world, order, 'created', body.names);
            if (!orders.bust(order)) return bad('no fill is left to be taken back');
            tellRebill(world, order, 'updated', body.names);
            return done({ event: tellRebill(world, order, 'completed', body.names) });
          }
          if (isAtEnd(order)) return bad('the order is at its end');
          if (body.action === 'fill') orders.fillNow(order, body.units ?? null);
          else if (body.action === 'ask-cancel') orders.cancel(order);
          else
            orders.end(
              order,
              body.action === 'reject' ? 'REJECTED' : 'CANCELED',
              body.action === 'expire' ? 'O123' : body.action === 'reject' ? 'O099' : null,
            );
          return done(world.views.order(order));
        },
      ),
    ),
  );
  router.post(
    '/simulator/redemptions/:id',
    served(
      reading(z.strictObject({ status: z.string() }), (body, call) => {
        const { world, redemptions } = options.broker();
        const redemption = world.redemptions.get(call.params['id'] ?? '');
        const status = redemptionStatusOf(undefined, body.status);
        if (redemption === undefined) return missing();
        if (status === null) return bad('no such status');
        const allowed = status === 'RETURNED' ? redemption.status === 'SUCCESSFUL' : !isOver(redemption);
        if (!allowed) return bad(`a redemption that is ${redemption.status} cannot become ${status}`);
        redemptions.push(redemption, status);
        return done(world.views.redemption(redemption));
      }),
    ),
  );
  router.post(
    '/simulator/tokens/end',
    served(() => {
      options.broker().endTokens();
      return done();
    }),
  );
};

/** Everything under `/simulator`: for tests and the demo, never for the product. */
export const createAdminRoutes = (options: AdminOptions): Router => {
  const router = Router();
  addSetUp(router, options);
  addPushes(router, options);
  addDeskRoutes(router, {
    ...options,
    board: () => options.broker().world.board,
    books: () => options.broker().world.books,
    verdict: () => verdictOf(options.broker().world),
  });
  return router;
};
