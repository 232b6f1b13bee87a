import { compare, isPositive, least, minus, plus, ZERO, type Decimal } from '../../../shared/kernel/decimal.js';
import type { DivestAmount } from '../../../shared/kernel/money.js';

/** What a customer asked for in all, apart from asks for everything. */
export type DivestRequest = { readonly asked: Decimal; readonly everything: boolean };

export const NO_WISH: DivestRequest = { asked: ZERO, everything: false };

const amountOf = (level: DivestAmount): Decimal => (level.kind === 'amount' ? level.amount : ZERO);

/**
 * The app changed the level. `meant` is the change the customer had in mind where the app wrote over a level it had not
 * read; otherwise the change of the level.
 */
export const requestedByApp = (
  request: DivestRequest,
  from: DivestAmount,
  to: DivestAmount,
  withdrawn: Decimal,
  meant: Decimal | null,
): DivestRequest => {
  if (to.kind === 'everything') return { ...request, everything: true };
  if (from.kind === 'everything') return { asked: plus(withdrawn, amountOf(to)), everything: false };
  return { ...request, asked: plus(request.asked, meant ?? minus(amountOf(to), amountOf(from))) };
};

/** Asked for, neither withdrawn nor standing in the level. Positive: a divest request has been erased. */
export const missingRequest = (request: DivestRequest, level: DivestAmount, withdrawn: Decimal): Decimal => {
  if (request.everything || level.kind === 'everything') return ZERO;
  const missing = minus(minus(request.asked, withdrawn), amountOf(level));
  return isPositive(missing) ? missing : ZERO;
};

/** A caller of the API changed the level: lower is a payment, higher puts back what was erased or is a new divest request. */
export const requestedByApi = (request: DivestRequest, from: DivestAmount, to: DivestAmount, withdrawn: Decimal): DivestRequest => {
  if (to.kind === 'everything') return { ...request, everything: true };
  if (from.kind === 'everything') return { asked: plus(withdrawn, amountOf(to)), everything: false };
  const rise = minus(amountOf(to), amountOf(from));
  if (compare(rise, ZERO) <= 0) return request;
  const restored = least(rise, missingRequest(request, from, withdrawn));
  return { ...request, asked: plus(request.asked, minus(rise, restored)) };
};

/** Withdrawn beyond all that was asked. Null while everything is or was asked for. */
export const beyondRequest = (request: DivestRequest, withdrawn: Decimal): Decimal | null => {
  if (request.everything) return null;
  const beyond = minus(withdrawn, request.asked);
  return isPositive(beyond) ? beyond : ZERO;
};
