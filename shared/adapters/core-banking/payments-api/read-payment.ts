/** A payment that we may not have made ourselves, as the bank shows it. */
import { PATHS, payment, paymentList, type Payment as WirePayment } from '../../../../contracts/core-banking/http.js';
import type { CoreBankingPort } from '../../../ports/core-banking.js';
import { asRead, describe, outcomeOfStatus, retryable } from '../../http/outcome.js';
import type { PaymentsClient } from './client.js';
import { shownOf } from './mapping.js';

type Read = Awaited<ReturnType<CoreBankingPort['readPayment']>>;

const one = (items: readonly WirePayment[], isMeant: (read: WirePayment) => boolean): Read => {
  if (!items.every(isMeant)) return retryable('the answer is about another payment', 60_000);
  const [only, second] = items;
  if (only === undefined) return { kind: 'rejected', reason: 'not-found' };
  return second === undefined ? { kind: 'applied', result: shownOf(only) } : { kind: 'rejected', reason: 'several' };
};

export const readPaymentThrough =
  (client: PaymentsClient): CoreBankingPort['readPayment'] =>
  async (by, signal) => {
    const byId = 'paymentId' in by;
    const sent = byId
      ? await client.send({ operation: 'read-payment', method: 'GET', path: PATHS.payment(by.paymentId), signal })
      : await client.send({ operation: 'find-payment', method: 'GET', path: PATHS.paymentsByReference(by.endToEndId), signal });
    if (sent.answer === null) return asRead(sent.open);
    const { answer } = sent;
    const open = outcomeOfStatus(answer);
    if (open !== null) return asRead(open);
    if (byId && answer.status === 404) return { kind: 'rejected', reason: 'not-found' };
    const json = answer.status === 200 && answer.body.kind === 'json' ? answer.body.json : null;
    const list = byId ? payment.transform((read) => ({ items: [read] })) : paymentList;
    const read = list.safeParse(json);
    if (!read.success) return retryable(`answered ${describe(answer)} without a readable payment`, 10_000);
    return one(read.data.items, (shown) => (byId ? shown.paymentId === by.paymentId : shown.endToEndId === by.endToEndId));
  };
