import { createPaymentRequest, customer, HEADER_IDEMPOTENCY_KEY, PATHS } from '../../../../contracts/core-banking/http.js';
import { Bug } from '../../../kernel/bug.js';
import { isPositive } from '../../../kernel/decimal.js';
import { isPayable } from '../../../kernel/money.js';
import type { Outcome } from '../../../kernel/outcome.js';
import type { CoreBankingPort, PaymentRequest } from '../../../ports/core-banking.js';
import { asRead, describe, outcomeOfStatus, retryable } from '../../http/outcome.js';
import { abilitiesOf } from './abilities.js';
import { createClient, type ClientOptions, type PaymentsClient } from './client.js';
import { customerOf, paymentBody } from './mapping.js';
import { canPay } from './payee.js';
import { inquiryOfList, outcomeOfPay } from './outcome.js';
import { readPaymentThrough } from './read-payment.js';

export type PaymentsApiOptions = ClientOptions & {
  /** Overrides the careful value, in ms. */
  readonly longestLifeMs?: number | undefined;
};

type Rejected = Extract<Outcome<never>, { kind: 'rejected' }>;

/** A payee whom the rules do not allow is refused before anything is sent; what is wrong in our own part is a bug. */
const refusedBeforeSending = (request: PaymentRequest): Rejected | null => {
  if (!isPositive(request.amount.amount) || !isPayable(request.amount)) throw new Bug('a payment is a positive amount of whole cents');
  const reason = canPay(request);
  if (reason !== null) return { kind: 'rejected', reason };
  const read = createPaymentRequest.safeParse(paymentBody(request));
  if (read.success) return null;
  throw new Bug(`a payment that the contract refuses: ${read.error.issues.map((issue) => issue.path.map(String).join('.')).join(', ')}`);
};

const readCustomer =
  (client: PaymentsClient): CoreBankingPort['readCustomer'] =>
  async (externalId, signal) => {
    const sent = await client.send({ operation: 'read-customer', method: 'GET', path: PATHS.customer(externalId), signal });
    if (sent.answer === null) return asRead(sent.open);
    const { answer } = sent;
    const open = outcomeOfStatus(answer);
    if (open !== null) return asRead(open);
    if (answer.status === 404) return { kind: 'rejected', reason: 'not-found' };
    const read = answer.status === 200 && answer.body.kind === 'json' ? customer.safeParse(answer.body.json) : null;
    if (read?.success !== true) return retryable(`answered ${describe(answer)} without a readable customer`, 10_000);
    return read.data.externalId === externalId
      ? { kind: 'applied', result: customerOf(read.data) }
      : retryable('the answer is about another customer', 60_000);
  };

/** The payments API we ask of a bank, behind our port. `close` gives back its idle sockets. */
export const createPaymentsApi = (options: PaymentsApiOptions): CoreBankingPort & { readonly close: () => void } => {
  const client = createClient(options);
  return {
    provider: 'payments-api',
    abilities: abilitiesOf(options.longestLifeMs),
    canPay,
    pay: async (request, sending) => {
      const refused = refusedBeforeSending(request);
      if (refused !== null) return refused;
      return outcomeOfPay(
        await client.send({
          operation: 'pay',
          method: 'POST',
          path: PATHS.payments,
          headers: { [HEADER_IDEMPOTENCY_KEY]: sending.key },
          body: paymentBody(request),
          signal: sending.signal,
        }),
        request,
      );
    },
    findPayment: async (request, sending) =>
      inquiryOfList(
        await client.send({
          operation: 'find-payment',
          method: 'GET',
          path: PATHS.paymentsByReference(request.endToEndId),
          signal: sending.signal,
        }),
        request,
      ),
    readPayment: readPaymentThrough(client),
    readCustomer: readCustomer(client),
    close: client.close,
  };
};
