import { Router } from 'express';
import { z } from 'zod';
import { amountText, createPaymentRequest, currencyCode } from '../../../contracts/core-banking/http.js';
import { isPositive } from '../../../shared/kernel/decimal.js';
import { addDeskRoutes, bad, done, missing, reading, readingList, type Controls } from '../shared/control.js';
import { served } from '../shared/http.js';
import type { Bank } from './bank.js';
import { verdictOf } from './verdict.js';

export type AdminOptions = Controls & {
  /** The simulator as it is now: `reset` exchanges all of it. */
  readonly bank: () => Bank;
};

const accountBody = z.strictObject({
  iban: z.string().min(1),
  currency: currencyCode,
  balance: amountText.optional(),
  closed: z.boolean().default(false),
});
const counterAccount = z.strictObject({
  iban: z.string().min(1),
  bic: z.string().nullable().default(null),
  ownerName: z.string().optional(),
  changedAt: z.string().optional(),
});
const customerBody = z.strictObject({
  externalId: z.string().min(1),
  name: z.string().min(1),
  status: z.string().default('ACTIVE'),
  counterAccount: counterAccount.nullable().default(null),
});
const depositBody = z.strictObject({
  iban: z.string().min(1),
  amount: amountText,
  currency: currencyCode,
  remittanceInformation: z.string().optional(),
});

const addSetUp = (router: Router, options: AdminOptions): void => {
  router.post(
    '/simulator/accounts',
    served(
      readingList(accountBody, (accounts) => {
        for (const { iban, currency, balance, closed } of accounts) {
          const isNew = !options.bank().accounts.has(iban);
          options.bank().accounts.set(iban, { iban, currency, isClosed: closed });
          if (isNew && balance !== undefined)
            options.bank().books.postings.append({ iban, amount: balance, currency, what: 'opening', paymentId: null });
        }
        return { status: 201, body: { count: accounts.length } };
      }),
    ),
  );
  router.post(
    '/simulator/customers',
    served(
      readingList(customerBody, (customers) => {
        for (const customer of customers) {
          const account = customer.counterAccount;
          options.bank().customers.set(customer.externalId, {
            ...customer,
            counterAccount:
              account === null
                ? null
                : {
                    iban: account.iban,
                    bic: account.bic,
                    ownerName: account.ownerName ?? customer.name,
                    changedAt: account.changedAt ?? '2020-01-01T00:00:00.000Z',
                  },
          });
        }
        return { status: 201, body: { count: customers.length } };
      }),
    ),
  );
  router.post(
    '/simulator/customers/:externalId/counter-account',
    served(
      reading(counterAccount, (account, call) => {
        const customer = options.bank().customers.get(call.params['externalId'] ?? '');
        if (customer === undefined) return missing();
        options.bank().customers.set(customer.externalId, {
          ...customer,
          counterAccount: {
            iban: account.iban,
            bic: account.bic,
            ownerName: account.ownerName ?? customer.name,
            changedAt: account.changedAt ?? new Date().toISOString(),
          },
        });
        return done();
      }),
    ),
  );
};

const addPushes = (router: Router, options: AdminOptions): void => {
  router.post(
    '/simulator/deposits',
    served(
      reading(depositBody, (body) => {
        if (!isPositive(body.amount)) return bad('a deposit is above zero');
        return {
          status: 201,
          body: { depositId: options.bank().deposit(body.iban, body.amount, body.currency, body.remittanceInformation ?? null) },
        };
      }),
    ),
  );
  router.post(
    '/simulator/payments',
    served(
      reading(createPaymentRequest, (request) => ({ status: 201, body: options.bank().view(options.bank().take(request, null, null)) })),
    ),
  );
  router.post(
    '/simulator/payments/:paymentId/return',
    served(
      reading(z.strictObject({ reason: z.string().default('AC04') }), (body, call) => {
        const payment =
          options.bank().payments.get(call.params['paymentId'] ?? '') ?? options.bank().byReference(call.params['paymentId'] ?? '')[0];
        if (payment === undefined) return missing();
        if (payment.status !== 'ACSC') return bad(`a payment that is ${payment.status} cannot come back`);
        options.bank().sendBack(payment, body.reason);
        return done(options.bank().view(payment));
      }),
    ),
  );
};

/** Everything under `/simulator`: for tests and the demo, never for the product. */
export const createAdminRoutes = (options: AdminOptions): Router => {
  const router = Router();
  addSetUp(router, options);
  addPushes(router, options);
  addDeskRoutes(router, {
    ...options,
    board: () => options.bank().board,
    books: () => options.bank().books,
    verdict: () => verdictOf(options.bank()),
  });
  return router;
};
