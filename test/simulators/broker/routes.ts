import { randomUUID } from 'node:crypto';
import { Router } from 'express';
import { absolute, isPositive, type Decimal } from '../../../shared/kernel/decimal.js';
import { JsonNumber, type Printable } from '../../../shared/kernel/json.js';
import { problemsOf } from '../../../contracts/tokens.js';
import { instantMs } from '../../../shared/kernel/instant.js';
import {
  cancelOrderRequest,
  createOrderRequest,
  createRedemptionRequest,
  HEADER_APP_KEY,
  HEADER_REQUEST_ID,
  patchRedemptionRequest,
  tokenRequest,
} from '../../../contracts/broker/drivewealth/http.js';
import { ERROR_CODES } from '../../../contracts/broker/drivewealth/statuses.js';
import { servedUnderFaults, type Answer, type Call, type Handler, type Refusals } from '../shared/http.js';
import { atLeast, type Account } from './books.js';
import { createKeyMemory, keyOf, type KeyMemory } from './keys.js';
import type { Orders } from './orders.js';
import { cut, pageOf } from './lists.js';
import type { Redemptions } from './redemptions.js';
import { isAtEnd, type Order, type Redemption } from './model.js';
import type { AnyFault, World } from './model.js';

const refused = (status: number, errorCode: string, message: string): Answer => ({ status, body: { errorCode, message } });
const malformed = (message: string): Answer => ({
  status: 400,
  body: { errorCode: ERROR_CODES.badRequestBody, message: 'invalid or missing parameters', errorDetails: { detail: message } },
});
const notFound = (message: string): Answer => refused(404, ERROR_CODES.accountNotFound, message);
const ok = (body: Printable): Answer => ({ status: 200, body });

export const createTokens = (
  world: World,
): { readonly issue: Handler; readonly isGood: (call: Call) => boolean; readonly endAll: () => void } => {
  const ends = new Map<string, number>();
  return {
    issue: (call) => {
      const request = tokenRequest.safeParse(call.body);
      if (call.headers[HEADER_APP_KEY] !== world.config.appKey) return refused(401, 'H001', 'no such application key');
      if (!request.success) return malformed(problemsOf(request.error).join('; '));
      if (request.data.clientID !== world.config.clientId || request.data.clientSecret !== world.config.clientSecret)
        return refused(401, 'L001', 'no such client');
      const token = `token.${randomUUID()}`;
      ends.set(token, world.nowMs() + world.config.tokenLifeMs);
      world.books.tokens.append({ clientId: request.data.clientID });
      return ok({
        access_token: token,
        token_type: 'Bearer',
        expires_in: String(Math.floor(world.config.tokenLifeMs / 1_000)),
        scope: 'all_trading',
      });
    },
    isGood: (call) => {
      const bearer = /^Bearer (\S+)$/.exec(call.headers.authorization ?? '')?.[1];
      return call.headers[HEADER_APP_KEY] === world.config.appKey && bearer !== undefined && (ends.get(bearer) ?? 0) > world.nowMs();
    },
    endAll: () => {
      ends.clear();
    },
  };
};

const member = (call: Call, name: string): string => {
  const body = call.body;
  if (typeof body !== 'object' || body === null || Array.isArray(body) || body instanceof JsonNumber) return '';
  const value = (body as Readonly<Record<string, unknown>>)[name];
  return typeof value === 'string' ? value : '';
};

/** What a call is about: path members, the body's account and instrument, and both names of the account. */
const subjectsOf =
  (world: World) =>
  (call: Call): readonly string[] => {
    const named = [
      ...Object.values(call.params),
      ...['accountNo', 'symbol', 'ISIN', 'side', 'note'].map((name) => member(call, name)),
    ].filter((text) => text !== '');
    const order = world.orders.get(call.params['orderID'] ?? '');
    const account =
      named.map((word) => world.accountBy(word)).find((found) => found !== null) ??
      order?.account ??
      world.redemptions.get(call.params['redemptionID'] ?? '')?.account;
    return account === undefined ? named : [...named, account.accountNo, account.accountId];
  };

const createOrder =
  (world: World, orders: Orders) =>
  (call: Call): Answer => {
    const parsed = createOrderRequest.safeParse(call.body);
    if (!parsed.success) return malformed(problemsOf(parsed.error).join('; '));
    const request = parsed.data;
    const account = world.accounts.get(request.accountNo);
    if (account === undefined) return refused(400, ERROR_CODES.orderAccountNotOpen, `account ${request.accountNo} is not open`);
    if ((request.quantity === undefined) === (request.amountCash === undefined))
      return refused(400, ERROR_CODES.orderQuantityXorAmount, 'either quantity or amountCash');
    const size = request.quantity ?? request.amountCash;
    if (size === undefined || !isPositive(size)) return refused(400, 'O005', 'the size must be above zero');
    const instrument = world.instrumentBy(request.ISIN ?? request.symbol ?? request.instrumentID ?? '');
    if (instrument === null || !world.prices.has(instrument.isin)) return refused(400, 'O007', 'no such instrument');
    if (request.orderType !== 'MARKET' && request.price === undefined) return refused(400, 'O009', 'this order type needs a price');
    const order = orders.place({
      account,
      instrument,
      side: request.side,
      type: request.orderType,
      limitPrice: request.orderType === 'MARKET' ? null : (request.price ?? null),
      units: request.quantity ?? null,
      amountCash: request.amountCash ?? null,
      key: keyOf(call),
      clientOrderId: request.clientOrderID ?? null,
    });
    return ok({ orderID: order.orderId, orderNo: order.orderNo });
  };

const createRedemption =
  (world: World, redemptions: Redemptions) =>
  (call: Call): Answer => {
    const parsed = createRedemptionRequest.safeParse(call.body);
    if (!parsed.success) return malformed(problemsOf(parsed.error).join('; '));
    const request = parsed.data;
    const account = world.accounts.get(request.accountNo);
    if (account === undefined) return refused(400, ERROR_CODES.paymentNotAllowed, 'no such account');
    if (!account.isOpen || request.currency !== account.currency)
      return refused(400, ERROR_CODES.paymentNotAllowed, `account ${account.accountNo} may not pay this`);
    const amount: Decimal = absolute(request.amount);
    if (!isPositive(amount)) return malformed('the amount must not be zero');
    if (!atLeast(world.cash(account).withdrawable, amount))
      return refused(400, ERROR_CODES.paymentNotEnoughCash, `account ${account.accountNo} has not enough cash for withdrawal`);
    const keepsNote = world.strike('create-redemption', [account.accountNo, account.accountId], ['forget-the-note']) === null;
    const created = redemptions.create({
      account,
      amount,
      type: request.type,
      note: keepsNote ? (request.note ?? null) : null,
      key: keyOf(call),
    });
    return ok(world.views.redemptionCreated(created));
  };

const UNLISTED = 'SORTING_OUT';

export type Vendor = { readonly router: Router; readonly endTokens: () => void; readonly keys: KeyMemory };

export const createVendorRoutes = (world: World, orders: Orders, redemptions: Redemptions): Vendor => {
  const router = Router();
  const tokens = createTokens(world);
  const keys = createKeyMemory({ memoryMs: world.config.keyMemoryMs, nowMs: world.nowMs, books: world.books });
  const about = subjectsOf(world);
  const refusals: Refusals = {
    serverError: () => refused(500, 'E001', 'something went wrong on our side'),
    unauthorised: () => refused(401, ERROR_CODES.tokenExpired, 'the session has expired'),
    tooManyRequests: (_call, seconds) => ({ ...refused(429, 'E029', 'too many requests'), headers: { 'retry-after': seconds } }),
    // A definite refusal is an answer like any other: the key remembers it.
    refuse: (call, detail) =>
      keys.remember(
        call,
        call.path.endsWith('/orders') ? 'create-order' : 'create-redemption',
        refused(
          detail === ERROR_CODES.accountRestricted ? 403 : 400,
          detail ?? (call.path.endsWith('/orders') ? ERROR_CODES.orderUnclassified : ERROR_CODES.paymentNotAllowed),
          'refused',
        ),
      ),
    conflict: () => refused(409, ERROR_CODES.duplicateRequest, 'a request like this is under way'),
  };
  const route = (operation: string, handle: Handler, isOpen = false): ReturnType<typeof servedUnderFaults<AnyFault>> =>
    servedUnderFaults<AnyFault>({
      operation,
      board: world.board,
      subjectsOf: about,
      refusals,
      arrived: world.arrivals.note,
      handle: async (call) => {
        const answer = isOpen || tokens.isGood(call) ? await handle(call) : refusals.unauthorised(call);
        return { ...answer, headers: { ...answer.headers, [HEADER_REQUEST_ID]: call.requestId } };
      },
    });
  const forAccount =
    (handle: (account: Account, call: Call) => Answer): Handler =>
    (call) => {
      const account = [...world.accounts.values()].find((one) => one.accountId === call.params['accountID']);
      return account === undefined ? notFound('no such account') : handle(account, call);
    };
  const forOrder =
    (handle: (order: Order, call: Call) => Answer): Handler =>
    (call) => {
      const order = world.orders.get(call.params['orderID'] ?? '');
      return order === undefined ? refused(404, 'O001', 'no such order') : handle(order, call);
    };
  const forRedemption =
    (handle: (redemption: Redemption, call: Call) => Answer): Handler =>
    (call) => {
      const redemption = world.redemptions.get(call.params['redemptionID'] ?? '');
      return redemption === undefined ? refused(404, ERROR_CODES.paymentNotFound, 'no such redemption') : handle(redemption, call);
    };
  const forgets = (operation: string, call: Call) => (): boolean => world.strike(operation, about(call), ['forget-the-key']) !== null;
  const isUnlisted = (operation: string, call: Call): boolean => world.strike(operation, about(call), ['unknown-status']) !== null;
  /** `page-repeats`: the offset is not read. `page-backwards`: the page lies before the offset. Null: the question cannot be read. */
  const onePage = <Item>(operation: string, call: Call, items: readonly Item[], atMsOf: (item: Item) => number): readonly Item[] | null => {
    const page = pageOf(call, world.config.listOffset);
    if (page?.offsetMs === null || page === null) return page === null ? null : cut(items, page, atMsOf, world.config);
    const repeats = world.strike(operation, about(call), ['page-repeats']) !== null;
    const back = world.strike(operation, about(call), ['page-backwards']) !== null;
    return cut(items, { ...page, ...(repeats ? { offsetMs: null } : {}), ...(back ? { isBack: !page.isBack } : {}) }, atMsOf, world.config);
  };
  const ordersOf = (account: Account): readonly Order[] =>
    [...world.orders.values()].filter((order) => order.account.accountNo === account.accountNo);

  router.post('/auth/tokens', route('create-token', tokens.issue, true));

  router.post(
    '/orders',
    route('create-order', (call) => keys.once(call, 'create-order', forgets('create-order', call), () => createOrder(world, orders)(call))),
  );
  router.get(
    '/orders/byOrderNo/:orderNo',
    route('get-order', (call) => {
      const order = [...world.orders.values()].find((one) => one.orderNo === call.params['orderNo']);
      return order === undefined ? refused(404, 'O001', 'no such order') : ok(world.views.order(order));
    }),
  );
  router.get(
    '/orders/:orderID',
    route(
      'get-order',
      forOrder((order, call) => ok({ ...world.views.order(order), ...(isUnlisted('get-order', call) ? { status: UNLISTED } : {}) })),
    ),
  );
  router.get(
    '/orders/:orderID/audit',
    route(
      'get-order-audit',
      forOrder((order) => ok(world.views.audit(order))),
    ),
  );
  router.patch(
    '/orders/:orderID',
    route(
      'cancel-order',
      forOrder((order, call) => {
        if (!cancelOrderRequest.safeParse(call.body).success) return malformed('method must be CANCEL');
        if (isAtEnd(order)) return refused(400, ERROR_CODES.orderUnclassified, 'the order is at its end');
        orders.cancel(order);
        return ok({ orderId: order.orderId, orderNo: order.orderNo });
      }),
    ),
  );

  const accountView = (account: Account): Printable => ({
    id: account.accountId,
    accountNo: account.accountNo,
    userID: account.userId,
    status: { name: account.isOpen ? 'OPEN' : 'CLOSED' },
    accountManagementType: { name: account.managed ? 'RIA_MANAGED' : 'SELF' },
  });
  // The only read that takes the number too: every other one knows an account by its id, as published.
  router.get(
    '/accounts/:accountID',
    route('get-account', (call) => {
      const account = world.accountBy(call.params['accountID'] ?? '');
      return account === null ? notFound('no such account') : ok(accountView(account));
    }),
  );
  router.get(
    '/users/:userID/accounts',
    route('list-accounts', (call) =>
      ok([...world.accounts.values()].filter((account) => account.userId === call.params['userID']).map(accountView)),
    ),
  );
  router.get(
    '/accounts/:accountID/summary/orders',
    route(
      'list-open-orders',
      forAccount((account) =>
        ok({
          accountID: account.accountId,
          accountNo: account.accountNo,
          tradingType: 'CASH',
          orders: ordersOf(account)
            .filter((order) => !isAtEnd(order))
            .map(world.views.orderRow),
        }),
      ),
    ),
  );
  router.get(
    '/accounts/:accountID/reports/order-history',
    route(
      'list-order-history',
      forAccount((account, call) => {
        const ended = ordersOf(account).filter(isAtEnd);
        const page = onePage('list-order-history', call, ended, (order) => order.createdAtMs);
        if (page === null) return malformed('from and to are needed, as ISO 8601, and an offset is a date');
        return ok({
          accountID: account.accountId,
          accountNo: account.accountNo,
          tradingType: 'CASH',
          orders: page.map(world.views.orderRow),
        });
      }),
    ),
  );
  router.get(
    '/accounts/:accountID/summary/money',
    route(
      'get-money',
      forAccount((account) => ok(world.views.money(account))),
    ),
  );
  router.get(
    '/accounts/:accountID/summary/positions',
    route(
      'get-positions',
      forAccount((account) => ok(world.views.positions(account))),
    ),
  );
  router.get(
    '/accounts/:accountID/transactions',
    route(
      'list-transactions',
      forAccount((account, call) => {
        const page = onePage('list-transactions', call, world.ledgerOf(account), (line) => instantMs(line.at) ?? 0);
        if (page === null) return malformed('from and to are needed, as ISO 8601, and an offset is a date');
        const { booked } = world.cash(account);
        return ok(page.map((line) => world.views.transaction(line, booked)));
      }),
    ),
  );

  router.get(
    '/quotes',
    route('get-quotes', (call) => {
      const words = ['symbols', 'instrumentIDs', 'isins']
        .flatMap((name) => (call.query.get(name) ?? '').split(','))
        .filter((word) => word !== '');
      const rows = words.flatMap((word) => {
        const instrument = world.instrumentBy(word);
        const price = instrument === null ? undefined : world.prices.get(instrument.isin);
        return instrument === null || price === undefined ? [] : [{ instrument, price: new JsonNumber(price) }];
      });
      return ok(
        rows.map(({ instrument, price }) => ({
          symbol: instrument.symbol,
          instrumentID: instrument.instrumentId,
          isin: instrument.isin,
          bid: price,
          ask: price,
          lastTrade: price,
          priorClose: price,
          marketCondition: 'NORMAL',
          dataProvider: 'SIMULATOR',
        })),
      );
    }),
  );

  router.post(
    '/funding/redemptions',
    route('create-redemption', (call) =>
      keys.once(call, 'create-redemption', forgets('create-redemption', call), () => createRedemption(world, redemptions)(call)),
    ),
  );
  router.get(
    '/funding/redemptions/:redemptionID',
    route(
      'get-redemption',
      forRedemption((redemption, call) =>
        ok({
          ...world.views.redemption(redemption),
          ...(isUnlisted('get-redemption', call) ? { status: { id: new JsonNumber('99'), message: UNLISTED } } : {}),
        }),
      ),
    ),
  );
  router.patch(
    '/funding/redemptions/:redemptionID',
    route(
      'approve-redemption',
      forRedemption((redemption, call) => {
        const request = patchRedemptionRequest.safeParse(call.body);
        if (!request.success) return malformed(problemsOf(request.error).join('; '));
        const decided = redemptions.decide(redemption, request.data.status === 'RIA_APPROVED');
        return decided
          ? ok(world.views.redemption(redemption))
          : refused(400, ERROR_CODES.paymentNotAllowed, 'the redemption does not wait for an adviser');
      }),
    ),
  );
  router.get(
    '/accounts/:accountID/funding/redemptions',
    route(
      'list-redemptions',
      forAccount((account) =>
        ok([...world.redemptions.values()].filter((one) => one.account.accountNo === account.accountNo).map(world.views.redemptionRow)),
      ),
    ),
  );
  return { router, endTokens: tokens.endAll, keys };
};
