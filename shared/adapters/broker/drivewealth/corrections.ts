/**
 * What the vendor's cancel and rebill has changed. Its events say nothing that could be believed, and the order itself may look as before:
 * the ledger is the witness.
 */
import type { OrderListRow, TransactionRow } from '../../../../contracts/broker/drivewealth/http.js';
import { LEDGER_CODES } from '../../../../contracts/broker/drivewealth/statuses.js';
import { compare, ZERO } from '../../../kernel/decimal.js';
import type { BrokerAccountId } from '../../../kernel/ids.js';
import type { BrokerPort, CorrectedOrder, CorrectedParty } from '../../../ports/broker.js';
import type { AccountNames } from './accounts.js';
import { bookedUnitsOf, sideOf, takenBackOf } from './mapping.js';
import { detailOf, endedRows, ledgerRows, openRows, type OrderContext } from './orders.js';
import { got, type Got } from './outcome.js';

const accountsOf = async (
  { accounts }: OrderContext,
  { by, name }: CorrectedParty,
  signal: AbortSignal,
): Promise<Got<readonly AccountNames[]>> => {
  if (by === 'customer') return accounts.ofCustomer(name, signal);
  const names = await accounts.find(name as BrokerAccountId, signal);
  return names.ended === null ? got([names.value]) : names;
};

/** Rows of fills by the order they name, by its id or its number. */
const byOrder = (ledger: readonly TransactionRow[], listed: readonly OrderListRow[]): ReadonlyMap<string, readonly TransactionRow[]> => {
  const idOfNumber = new Map(listed.flatMap(({ orderID, orderNo }) => (orderNo === undefined ? [] : [[orderNo, orderID] as const])));
  const found = new Map<string, TransactionRow[]>();
  for (const row of ledger) {
    if (row.finTranTypeID !== LEDGER_CODES.sale && row.finTranTypeID !== LEDGER_CODES.purchase) continue;
    const orderId = row.orderID ?? idOfNumber.get(row.orderNo ?? '');
    if (orderId !== undefined) found.set(orderId, [...(found.get(orderId) ?? []), row]);
  }
  return found;
};

type Looked = { readonly looked: number; readonly orders: readonly CorrectedOrder[] };

const lookAt = async (context: OrderContext, names: AccountNames, sinceMs: number, signal: AbortSignal): Promise<Got<Looked>> => {
  const open = await openRows(context, names, signal);
  if (open.ended !== null) return open;
  const ended = await endedRows(context, names, sinceMs, signal);
  if (ended.ended !== null) return ended;
  const ledger = await ledgerRows(context, names, sinceMs, signal);
  if (ledger.ended !== null) return ledger;
  const listed = [...open.value, ...ended.value];
  const rows = byOrder(ledger.value, listed);
  const orders: CorrectedOrder[] = [];
  for (const [orderId, ofOrder] of rows) {
    const takenBack = takenBackOf(ofOrder);
    const bookedUnits = bookedUnitsOf(ofOrder);
    const row = ended.value.find((one) => one.orderID === orderId);
    // Fewer than filled is a ledger that is late, unless something was taken back. More than an ended order has filled was booked twice.
    const bookedTwice = row?.cumQty !== undefined && compare(bookedUnits, row.cumQty) > 0;
    if (takenBack === null && !bookedTwice) continue;
    const detail = await detailOf(context, orderId, signal);
    if (detail.ended !== null) return detail;
    const { cumulativeQuantity, side } = detail.value;
    orders.push({
      account: names.accountId,
      orderId,
      instrument: context.instruments.idOf(detail.value),
      side: sideOf(side),
      filledUnits: cumulativeQuantity ?? ZERO,
      bookedUnits,
      takenBack: takenBack ?? { units: ZERO, cash: ZERO },
    });
  }
  return got({ looked: new Set([...listed.map(({ orderID }) => orderID), ...rows.keys()]).size, orders });
};

export const readCorrections =
  (context: OrderContext): BrokerPort['readCorrections'] =>
  async (party, sinceMs, signal) => {
    const accounts = await accountsOf(context, party, signal);
    if (accounts.ended !== null) return accounts.ended;
    let looked = 0;
    const orders: CorrectedOrder[] = [];
    for (const names of accounts.value) {
      const seen = await lookAt(context, names, sinceMs, signal);
      if (seen.ended !== null) return seen.ended;
      looked += seen.value.looked;
      orders.push(...seen.value.orders);
    }
    return { kind: 'applied', result: { looked, orders } };
  };
