import { Router } from 'express';
import { createPaymentRequest, HEADER_IDEMPOTENCY_KEY, REASONS, type CreatePaymentRequest } from '../../../contracts/core-banking/http.js';
import { problemsOf } from '../../../contracts/tokens.js';
import { compare, decimal, plus } from '../../../shared/kernel/decimal.js';
import type { Printable } from '../../../shared/kernel/json.js';
import { servedUnderFaults, type Answer, type Call, type Handler, type Refusals } from '../shared/http.js';
import { refusalOfName } from './rail.js';
import { amountAsText, subjectsOfPayment, type AnyFault, type Bank, type Customer, type Payment } from './bank.js';

const problem = (status: number, code: string, title: string, more: Readonly<Record<string, Printable>> = {}): Answer => ({
  status,
  body: { type: 'about:blank', title, status, code, ...more },
  headers: { 'content-type': 'application/problem+json' },
});

const requestOf = (call: Call): CreatePaymentRequest | null => {
  const parsed = createPaymentRequest.safeParse(call.body);
  return parsed.success ? parsed.data : null;
};
const keyOf = (call: Call): string | null => {
  const header = call.headers[HEADER_IDEMPOTENCY_KEY];
  return typeof header === 'string' && header !== '' ? header : null;
};

const subjectsOf =
  (bank: Bank) =>
  (call: Call): readonly string[] => {
    const request = requestOf(call);
    const named = [...Object.values(call.params), call.query.get('endToEndId') ?? ''].filter((word) => word !== '');
    const payment = bank.payments.get(call.params['paymentId'] ?? '') ?? bank.byReference(call.query.get('endToEndId') ?? '')[0];
    return [
      ...named,
      ...(request === null ? [] : subjectsOfPayment(request)),
      ...(payment === undefined ? [] : subjectsOfPayment(payment.request)),
    ];
  };

const sameRequest = (a: CreatePaymentRequest, b: CreatePaymentRequest): boolean =>
  a.uetr === b.uetr &&
  a.debtorAccount.iban === b.debtorAccount.iban &&
  a.creditorAccount.iban === b.creditorAccount.iban &&
  a.creditor.name === b.creditor.name &&
  a.instructedAmount.currency === b.instructedAmount.currency &&
  compare(a.instructedAmount.amount, b.instructedAmount.amount) === 0 &&
  a.remittanceInformation === b.remittanceInformation;

/** The payment as this call sees it: a fault may show a wrong amount or an unlisted status. The books stay right. */
const shown = (bank: Bank, operation: string, payment: Payment): { readonly [key: string]: Printable } => {
  const subjects = subjectsOfPayment(payment.request);
  const view = bank.view(payment);
  const wrong = bank.strike(operation, subjects, ['wrong-amount-in-the-answer']);
  const unlisted = bank.strike(operation, subjects, ['unknown-status']) !== null;
  const { amount, currency } = payment.request.instructedAmount;
  return {
    ...view,
    ...(wrong === null ? {} : { instructedAmount: { amount: wrong.detail ?? amountAsText(plus(amount, decimal('0.01'))), currency } }),
    ...(unlisted ? { status: 'ACWP' } : {}),
  };
};

const createPayment =
  (bank: Bank, refusal: string | null) =>
  (call: Call): Answer => {
    const parsed = createPaymentRequest.safeParse(call.body);
    if (!parsed.success) return problem(400, 'malformed', 'the request is not understood', { detail: problemsOf(parsed.error).join('; ') });
    const request = parsed.data;
    const key = keyOf(call);
    if (key === null) return problem(400, 'idempotency-key-missing', 'the header Idempotency-Key is needed');
    const unwritable = refusalOfName(request.creditor.name);
    if (unwritable !== null) return problem(422, 'payment-refused', 'the name of the payee cannot be sent', { reason: unwritable });
    const existing = bank.byReference(request.endToEndId)[0];
    const answered = (what: 'applied' | 'repeated' | 'conflict' | 'forgotten', payment: Payment): void => {
      bank.books.requests.append({ endToEndId: request.endToEndId, key, what, paymentId: payment.paymentId });
    };
    const forgotten = existing !== undefined && bank.strike('create-payment', subjectsOfPayment(request), ['forget-the-key']) !== null;
    if (existing !== undefined && !forgotten) {
      const same = sameRequest(existing.request, request);
      answered(same ? 'repeated' : 'conflict', existing);
      return same
        ? { status: 200, body: shown(bank, 'create-payment', existing) }
        : problem(409, 'reference-in-use', 'this endToEndId was used for another payment');
    }
    const payment = bank.take(request, key, refusal);
    answered(forgotten ? 'forgotten' : 'applied', payment);
    return { status: 201, body: shown(bank, 'create-payment', payment) };
  };

/** Detail of the fault `refuse`: a reason code (`AC04`, answered as 201 RJCT), or `422` and a code (`422 AM05`, a problem without a payment). */
const refuseBy =
  (bank: Bank) =>
  (call: Call, detail: string | undefined): Answer => {
    const words = (detail ?? REASONS.closedAccount).split(' ');
    const reason = words.at(-1) ?? REASONS.closedAccount;
    if (words[0] !== '422') return createPayment(bank, reason)(call);
    return problem(422, 'payment-refused', 'the payment is refused', { reason: reason === '422' ? REASONS.unspecified : reason });
  };

const customerView = (customer: Customer): Printable => ({ ...customer, counterAccount: customer.counterAccount });

const OTHER_IBAN = 'BE62510007547061';

export const createBankRoutes = (bank: Bank): Router => {
  const router = Router();
  const refusals: Refusals = {
    serverError: () => problem(500, 'internal', 'something went wrong on our side'),
    unauthorised: () => problem(401, 'unauthorised', 'no valid token'),
    tooManyRequests: (_call, seconds) => {
      const answer = problem(429, 'too-many-requests', 'too many requests');
      return { ...answer, headers: { ...answer.headers, 'retry-after': seconds } };
    },
    refuse: refuseBy(bank),
    conflict: () => problem(409, 'in-progress', 'a request with this key is under way'),
  };
  const isAllowed = (call: Call): boolean => call.headers.authorization === `Bearer ${bank.config.token}`;
  const route = (operation: string, handle: Handler): ReturnType<typeof servedUnderFaults<AnyFault>> =>
    servedUnderFaults<AnyFault>({
      operation,
      board: bank.board,
      subjectsOf: subjectsOf(bank),
      refusals,
      arrived: bank.arrivals.note,
      handle: (call) => (isAllowed(call) ? handle(call) : refusals.unauthorised(call)),
    });

  router.post('/payments', route('create-payment', createPayment(bank, null)));
  router.get(
    '/payments',
    route('find-payment', (call) => {
      const reference = call.query.get('endToEndId');
      if (reference === null) return problem(400, 'malformed', 'endToEndId is needed');
      return { status: 200, body: { items: bank.byReference(reference).map((payment) => shown(bank, 'find-payment', payment)) } };
    }),
  );
  router.get(
    '/payments/:paymentId',
    route('get-payment', (call) => {
      const payment = bank.payments.get(call.params['paymentId'] ?? '');
      return payment === undefined
        ? problem(404, 'not-found', 'no such payment')
        : { status: 200, body: shown(bank, 'get-payment', payment) };
    }),
  );
  router.get(
    '/accounts/:iban/balances',
    route('get-balances', (call) => {
      const account = bank.accounts.get(call.params['iban'] ?? '');
      if (account === undefined) return problem(404, 'not-found', 'no such account');
      const row = (type: string, amount: ReturnType<Bank['booked']>): Printable => ({
        type,
        amount: amountAsText(amount),
        currency: account.currency,
      });
      return { status: 200, body: { items: [row('AVAILABLE', bank.available(account.iban)), row('BOOKED', bank.booked(account.iban))] } };
    }),
  );
  router.get(
    '/customers/:externalId',
    route('get-customer', (call) => {
      const customer = bank.customers.get(call.params['externalId'] ?? '');
      if (customer === undefined) return problem(404, 'not-found', 'no such customer');
      const changed = bank.strike('get-customer', [customer.externalId], ['counter-account-changed']);
      if (changed === null || customer.counterAccount === null) return { status: 200, body: customerView(customer) };
      // The change is real: whoever looks again sees it too.
      const now = {
        ...customer,
        counterAccount: { ...customer.counterAccount, iban: changed.detail ?? OTHER_IBAN, changedAt: new Date().toISOString() },
      };
      bank.customers.set(customer.externalId, now);
      return { status: 200, body: customerView(now) };
    }),
  );
  return router;
};
