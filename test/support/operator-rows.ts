/** What the services' engines have left in a database, as the operator's tests find it. */
import type { Pool } from 'pg';

export const IBAN = 'BE68539007547034';
export const at = (second: number): string => `2026-03-01T10:00:${String(second).padStart(2, '0')}.000Z`;

type Row = Readonly<Record<string, unknown>>;
type Rows = {
  readonly insert: (table: string, row: Row) => Promise<void>;
  readonly journey: (schema: string, row: Row) => Promise<void>;
  readonly step: (schema: string, row: Row) => Promise<void>;
  readonly effect: (schema: string, row: Row) => Promise<void>;
  readonly quarantined: (schema: string, row: { event_id: string; portfolio_id: string } & Row) => Promise<void>;
};

const rowsIn = (admin: Pool): Rows => {
  const insert = async (table: string, row: Row): Promise<void> => {
    const columns = Object.keys(row);
    await admin.query(
      `insert into ${table} (${columns.map((column) => `"${column}"`).join(', ')}) values (${columns.map((_column, index) => `$${String(index + 1)}`).join(', ')})`,
      Object.values(row),
    );
  };
  const journey = (schema: string, row: Row): Promise<void> =>
    insert(`${schema}.journey`, {
      flow: schema,
      version: 1,
      state: '{}',
      state_version: 1,
      owned_by: 'payments operations',
      ended: false,
      opened_at: at(0),
      since: at(9),
      ...row,
    });
  const effect = (schema: string, row: Row): Promise<void> =>
    insert(`${schema}.effect`, {
      kind: 'once',
      generation: 1,
      attempt: 1,
      planned_at: at(3),
      first_sent_at: at(3),
      last_sent_at: at(3),
      ...row,
    });
  const quarantined = async (schema: string, row: { event_id: string; portfolio_id: string } & Row): Promise<void> => {
    const { event_id, portfolio_id } = row;
    await insert(`${schema}.quarantine`, {
      partition: 2,
      offset: 7,
      key: portfolio_id,
      headers: '{}',
      error_class: 'ZodError',
      reason: 'data.amount: not a decimal',
      value: '{"broken":',
      ...row,
    });
    await insert(`${schema}.inbox`, {
      event_id,
      content_hash: 'h',
      topic: row['topic'],
      partition: 2,
      offset: 7,
      portfolio_id,
      value: '{"broken":',
      handled_at: at(1),
      note: 'quarantined: data.amount: not a decimal',
    });
    await admin.query(
      `insert into ${schema}.blocked_lane (portfolio_id, event_id, reason) values ($1, $2, 'data.amount: not a decimal') on conflict do nothing`,
      [portfolio_id, event_id],
    );
  };
  const step = (schema: string, row: Row): Promise<void> => insert(`${schema}.history`, row);
  return { insert, journey, step, effect, quarantined };
};

const request = `{"endToEndId":"WDREF1","debtorIban":"BE71096123456769","creditorName":"Jan Peeters","creditorIban":"${IBAN}","amount":{"amount":"250.4","currency":"EUR"}}`;

const paidWithdrawal = async ({ insert, journey, step, effect }: Rows): Promise<void> => {
  const request = `{"id":"investsuite:e1","type":"portfolios.divest-amount-update","version":"1","occurredAt":"${at(0)}","portfolioId":"P1","data":{"id":"P1","divest_amount":250.400,"brokerage_account":"${IBAN}"}}`;
  await insert('withdrawal.inbox', {
    event_id: 'investsuite:e1',
    content_hash: 'h',
    topic: 'portfolio.withdrawal-request',
    partition: 3,
    offset: 41,
    portfolio_id: 'P1',
    value: request,
    received_at: at(0),
    handled_at: at(1),
  });
  await journey('withdrawal', {
    id: 'wd1',
    subject: 'P1',
    portfolio_id: 'P1',
    version: 3,
    status: 'Completed',
    ended: true,
    amount: '250.4',
    currency: 'EUR',
    since: at(8),
  });
  await step('withdrawal', {
    journey_id: 'wd1',
    version: 1,
    at: at(1),
    occasion: 'DivestAmountUpdated',
    source: 'portfolio.withdrawal-request/3/41',
    status: 'ReadingPortfolio',
    effect_id: 'wd1:ReadPortfolio:1',
  });
  await step('withdrawal', {
    journey_id: 'wd1',
    version: 2,
    at: at(2),
    occasion: 'Answered: applied',
    status: 'Paying',
    effect_id: 'wd1:ReadPortfolio:1',
    said: 'payout.requested',
    note: 'enough cash',
  });
  await step('withdrawal', {
    journey_id: 'wd1',
    version: 3,
    at: at(8),
    occasion: 'PayoutFinished',
    source: 'payout.finished/1/5',
    status: 'Completed',
  });
  await effect('withdrawal', {
    id: 'wd1:ReadPortfolio:1',
    journey_id: 'wd1',
    name: 'ReadPortfolio',
    kind: 'read',
    status: 'applied',
    planned_at: at(1),
    request: '{"portfolioId":"P1"}',
    result: '{"currency":"EUR"}',
  });
  await insert('withdrawal.outbox', {
    event_id: 'wd1.2.0',
    topic: 'payout.requested',
    key: 'P1',
    headers: '{}',
    value: '{"id":"wd1.2.0","data":{"amount":"250.4"}}',
    created_at: at(2),
    sent_at: at(2),
  });
};

const paidPayout = async ({ journey, step, effect }: Rows): Promise<void> => {
  await journey('payout', {
    id: 'po1',
    subject: 'wd1',
    portfolio_id: 'P1',
    version: 2,
    status: 'Paid',
    ended: true,
    amount: '250.4',
    currency: 'EUR',
    opened_at: at(3),
    since: at(7),
  });
  await step('payout', {
    journey_id: 'po1',
    version: 1,
    at: at(4),
    occasion: 'PayoutRequested',
    source: 'payout.requested/0/9',
    status: 'Transferring',
    effect_id: 'po1:PayCounterAccount:1',
  });
  await step('payout', {
    journey_id: 'po1',
    version: 2,
    at: at(6),
    occasion: 'Answered: applied',
    status: 'Paid',
    effect_id: 'po1:PayCounterAccount:1',
    said: 'payout.finished',
  });
  const result = '{"paymentId":"pay_1","endToEndId":"WDREF1","paidAt":"2026-03-01T10:00:05.500Z","returned":null}';
  await effect('payout', {
    id: 'po1:PayCounterAccount:1',
    journey_id: 'po1',
    name: 'PayCounterAccount',
    status: 'applied',
    reference: 'WDREF1',
    planned_at: at(3),
    request,
    result,
  });
};

const waitingPayout = async ({ journey, effect }: Rows): Promise<void> => {
  await journey('payout', {
    id: 'po2',
    subject: 'wd2',
    portfolio_id: 'P2',
    status: 'Transferring',
    amount: '90',
    currency: 'EUR',
    effect_id: 'po2:PayCounterAccount:1',
    waits_for: 'the outcome of PayCounterAccount',
    overdue_at: '2026-03-02T10:00:00Z',
    held: 'nobody knows whether it has happened',
    since: at(5),
  });
  await effect('payout', {
    id: 'po2:PayCounterAccount:1',
    journey_id: 'po2',
    name: 'PayCounterAccount',
    status: 'parked',
    reference: 'WDREF2',
    note: 'nobody knows whether it has happened',
    request,
  });
  await journey('withdrawal', {
    id: 'wd2',
    subject: 'P2',
    portfolio_id: 'P2',
    status: 'Paying',
    amount: '90',
    currency: 'EUR',
    waits_for: 'the payout',
    since: at(4),
  });
};

const otherJourneys = async ({ journey }: Rows): Promise<void> => {
  // Rests for years, and waits for nobody.
  await journey('portfolio', {
    id: 'pf9',
    subject: 'P9',
    portfolio_id: 'P9',
    status: 'Idle',
    waits_for: 'changes',
    overdue_at: '2126-03-02T10:00:00.000Z',
  });
  await journey('withdrawal', {
    id: 'wd3',
    subject: 'P3',
    portfolio_id: 'P3',
    status: 'Refused',
    ended: true,
    state: '{"reason":"no broker account"}',
    since: at(6),
  });
  await journey('withdrawal', {
    id: 'wd4',
    subject: 'P4',
    portfolio_id: 'P4',
    status: 'AwaitingCash',
    waits_for: 'sales to settle',
    amount: '12.5',
    currency: 'EUR',
    since: at(7),
  });
};

const deadLetters = async ({ insert, quarantined }: Rows): Promise<void> => {
  await quarantined('withdrawal', { event_id: 'investsuite:bad', portfolio_id: 'P4', topic: 'portfolio.withdrawal-request' });
  await quarantined('payout', {
    event_id: 'wd9.2.0',
    portfolio_id: 'P9',
    topic: 'payout.requested',
    value: '{"id":"wd9.2.0","portfolioId":"P9","data":{"amount":"77.70","currency":"EUR"',
  });
  await quarantined('withdrawal', {
    event_id: 'discardable',
    portfolio_id: 'P5',
    topic: 'portfolio.cash-settled',
    reason: 'another trouble',
  });
  await insert('gateway.quarantine', {
    event_id: 'gw-1',
    source: 'investsuite',
    error_class: 'not-json',
    reason: 'the text is not JSON',
    body: Buffer.from('{"half":'),
  });
};

/** P1 was paid; P2 waits for people at the bank; P3 was refused; P4 has a message that cannot be read. */
export const writeOperatorRows = async (admin: Pool): Promise<void> => {
  const rows = rowsIn(admin);
  await paidWithdrawal(rows);
  await paidPayout(rows);
  await waitingPayout(rows);
  await otherJourneys(rows);
  await deadLetters(rows);
};
