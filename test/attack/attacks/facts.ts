/** Attacks by what changes while we wait, and by whoever has a database login, a line to the gateway, or a hand on its configuration. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { engineSchemaNames, schemaOf, serviceNames, type ServiceName } from '../../../contracts/internal/services.js';
import { launchService } from '../../../infra/services/launch.js';
import { eventually } from '../../support/eventually.js';
import { anna, ben } from '../../support/signing-people.js';
import type { Aim, Attack } from '../attack.js';
import { OVER_EACH_LIMIT, THEIR_PREFIX, type Stage } from '../stage.js';
import { payoutUpgrades } from '../../../services/payout/src/decide/payout.upgrades.js';
import { HOUSE_ACCOUNT } from '../../world/stack.js';
import { askForPayout, victimAndThief } from './forged.js';

const THIEFS_IBAN = 'NL91ABNA0417164300';

/** A request for a payout, written as if it had come in; payout finds it when it starts again. */
const writeInbox =
  (service: 'rebalancing' | 'payout') =>
  async (stage: Stage): Promise<Aim> => {
    const { victim, thief, aim } = await victimAndThief(stage);
    const id = `forged-${randomUUID()}`;
    const { topic, value } = askForPayout(victim, thief, id);
    const role = service === 'payout' ? 'set role cmw_payout; ' : '';
    const row = [id, victim.portfolioId, value].map((text) => `'${text.replaceAll("'", "''")}'`);
    await stage
      .sql(
        service,
        `${role}insert into payout.inbox (event_id, content_hash, topic, "partition", "offset", portfolio_id, value)
       values (${row[0] ?? ''}, 'x', '${topic}', 0, 0, ${row[1] ?? ''}, ${row[2] ?? ''})`,
      )
      .catch(() => undefined);
    await stage.killAndRestart('payout');
    return aim;
  };

const TABLES = ['journey', 'effect', 'inbox', 'outbox', 'decision', 'quarantine'];
const OF_OTHERS = [
  `delete from operator.audit`,
  `update operator.audit set who = 'mallory'`,
  `delete from public.stop_act`,
  `update public.stop_act set scope = 'all'`,
  `delete from limits.reservation`,
  `update limits.total set amount = 0`,
  `create table public.mine (x int)`,
  `alter table operator.act disable trigger all`,
];
/** What the login of a service tries: to be another service, to write its tables, and to read them. Operators may read. */
const statementsOf = (service: ServiceName): readonly string[] => {
  const asOwn = `set role cmw_${schemaOf(service)}; `;
  const schemas = engineSchemaNames.filter((schema) => schema !== schemaOf(service));
  const tables = schemas.flatMap((schema) => TABLES.map((table) => `${schema}.${table}`));
  return [
    ...serviceNames.filter((other) => other !== service).map((other) => `set role cmw_${schemaOf(other)}`),
    ...tables.map((table) => `${asOwn}delete from ${table}`),
    ...schemas.map((schema) => `${asOwn}update ${schema}.effect set status = 'planned'`),
    ...(service === 'operator' ? [] : tables.map((table) => `${asOwn}select 1 from ${table} limit 1`)),
    ...OF_OTHERS.map((text) => `${asOwn}${text}`),
  ];
};

/** Each login tries the role, the tables and the acts of every other service. */
const everyTable = async (stage: Stage): Promise<Aim> => {
  const done: string[] = [];
  for (const service of serviceNames)
    for (const text of statementsOf(service))
      await stage.sql(service, text).then(
        () => done.push(`${service}: ${text}`),
        () => undefined,
      );
  return { reached: () => Promise.resolve(done.length === 0 ? null : done.join('; ')) };
};

const theirPortfolio = async (stage: Stage): Promise<Aim> => {
  const customer = await stage.customer({ portfolioPrefix: THEIR_PREFIX });
  await stage.world.app(customer, { action: 'set', amount: '250.00' });
  return { portfolioId: customer.portfolioId, reached: () => stage.paidTo(customer.iban) };
};

const calledOff = async (stage: Stage): Promise<Aim> => {
  const customer = await stage.customer();
  await stage.holdCashOut(customer);
  await stage.world.app(customer, { action: 'cancel' });
  return { portfolioId: customer.portfolioId, reached: () => stage.paidTo(customer.iban) };
};

const stolenAccount = async (stage: Stage): Promise<Aim> => {
  const customer = await stage.customer();
  await stage.world.world.bank('POST', `/customers/${customer.externalId}/counter-account`, { iban: THIEFS_IBAN });
  const before = await stage.paidTo(THIEFS_IBAN);
  await stage.world.app(customer, { action: 'set', amount: '250.00' });
  return {
    portfolioId: customer.portfolioId,
    reached: async () => {
      const paid = await stage.paidTo(THIEFS_IBAN);
      return paid === before ? null : paid;
    },
  };
};

const overLimits = async (stage: Stage): Promise<Aim> => {
  const customer = await stage.customer({ cash: OVER_EACH_LIMIT });
  await stage.world.app(customer, { action: 'set', amount: OVER_EACH_LIMIT });
  return { portfolioId: customer.portfolioId, reached: () => stage.paidTo(customer.iban) };
};

/** A payout whose cash-out was never made, as if it had come that far: the money would be the bank's own. */
const transferWithoutCashOut = async (stage: Stage): Promise<Aim> => {
  const thief = await stage.customer({ cash: '10.00' });
  const { portfolioId, userId, externalId, iban, accountNo, number } = thief;
  await stage.world.app(thief, { action: 'set', amount: '400000.00' });
  await stage.world.untilStatus(thief, 'withdrawal', 'AwaitingCash');
  const [id, brokerAccount, ownerName] = [`po-${randomUUID().slice(0, 8)}`, `acc-${accountNo}`, `Customer ${String(number)}`];
  const paying = { amount: '400000', currency: 'USD' };
  const state = {
    ...{ status: 'Transferring', withdrawalId: id, portfolioId, ownerId: userId, brokerAccount, ...paying, paying: paying.amount },
    ...{ owner: { externalId, shownIban: iban }, counterAccount: { iban, ownerName }, cashOutId: null, approved: true, reserved: true },
    ...{ payment: null, suspense: null, returnedBecause: null, limitsPassed: null, endsAs: null, reason: null },
  };
  const endToEndId = `WD${randomUUID().replaceAll('-', '').slice(0, 26).toUpperCase()}`;
  const request = {
    ...{ endToEndId, uetr: randomUUID(), debtorIban: HOUSE_ACCOUNT, creditorName: ownerName, creditorIban: iban, amount: paying },
    ...{ remittanceInformation: 'x', externalId },
    restsOn: { ownerId: userId, cashOuts: { payoutId: id, account: brokerAccount, cashOutId: null, openedAtMs: Date.now() } },
  };
  const quoted = (value: object): string => `'${JSON.stringify(value).replaceAll("'", "''")}'`;
  await stage
    .sql(
      'payout',
      `set role cmw_payout;
       insert into payout.journey (id, flow, subject, portfolio_id, version, status, state, state_version, effect_id, owned_by, ended, policy)
         values ('${id}', 'payout', '${id}', '${portfolioId}', 5, 'Transferring', ${quoted(state)}, ${String(payoutUpgrades.length + 1)}, '${id}:PayCounterAccount', 'x', false, '{"coolOffMs":0,"onMismatch":"hold"}');
       insert into payout.effect (id, journey_id, name, kind, generation, status, attempt, request, reference, planned_at, due_at)
         values ('${id}:PayCounterAccount', '${id}', 'PayCounterAccount', 'once', 1, 'planned', 0, ${quoted(request)}, '${endToEndId}', now(), now() - interval '1 minute')`,
    )
    .catch(() => undefined);
  await stage.killAndRestart('payout');
  return { portfolioId, reached: () => stage.paidTo(iban) };
};

/** The stop names one system; the order would leave from another service than the cash-out. */
const orderWhileStopped = async (stage: Stage): Promise<Aim> => {
  const { exit, warned } = await stage.operator(anna, ['stop', 'system:broker', '--why', 'an attack']);
  if (exit !== 0) throw new Error(`the stop was not made: ${warned}`);
  const customer = await stage.world.customer({ cash: '100.00', positions: [{ isin: 'US0378331005', units: '10' }] });
  await stage.world.app(customer, { action: 'set', amount: '500.00' });
  return {
    portfolioId: customer.portfolioId,
    reached: async () => {
      const { broker } = await stage.world.world.books();
      const placed = broker.accounts.find(({ accountNo }) => accountNo === customer.accountNo)?.orders.placed ?? 0;
      return placed === 0 ? null : `${String(placed)} orders at the broker`;
    },
    after: async () => {
      await stage.world.app(customer, { action: 'cancel' });
      await stage.operator(ben, ['resume', 'system:broker', '--why', 'it is over']);
      await stage.operator(anna, ['stops', 'approve', 'system:broker']);
    },
  };
};

const whileStopped = async (stage: Stage): Promise<Aim> => {
  const { exit, warned } = await stage.operator(anna, ['stop', 'all', '--why', 'an attack']);
  if (exit !== 0) throw new Error(`the stop was not made: ${warned}`);
  const customer = await stage.customer();
  await stage.world.app(customer, { action: 'set', amount: '250.00' });
  return {
    portfolioId: customer.portfolioId,
    reached: () => stage.paidTo(customer.iban),
    after: async () => {
      // Called off first: what was stopped must not be paid afterwards, or the next attack would see it.
      await stage.world.app(customer, { action: 'cancel' });
      await stage.operator(ben, ['resume', 'all', '--why', 'it is over']);
      await stage.operator(anna, ['stops', 'approve', 'all']);
    },
  };
};

const PATH = '/webhooks/investsuite';
const bodyOf = (id: string): string =>
  `{"id":"${id}","created":"2026-03-04T10:00:00Z","version":"1.0.0","subject":"portfolios","action":"divest-amount-update","data":{"id":"P-NONE","divest_amount":1,"currency":"USD"}}`;

const post = async (stage: Stage, secret: string): Promise<number> => {
  const id = `msg_${randomUUID()}`;
  const [at, body] = [new Date(), bodyOf(id)];
  const { status } = await fetch(`${stage.world.stack.urls.gateway}${PATH}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...{ 'webhook-id': id, 'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)) },
      'webhook-signature': new Webhook(secret).sign(id, at, body),
    },
    body,
    signal: AbortSignal.timeout(15_000),
  });
  return status;
};

const wrongSecret = async (stage: Stage): Promise<Aim> => {
  const status = await post(stage, `whsec_${Buffer.from('a secret that the gateway does not know').toString('base64')}`);
  return { reached: () => Promise.resolve(status < 300 ? `the gateway has answered ${String(status)}` : null) };
};

/** More than there are places for webhooks. */
const SLOW_SENDERS = 600;
const HONEST_ROUNDS = 3;
const HONEST_AT_ONCE = 20;

/** They send half a body under a signature that is none, and keep the line. */
const slowSenders = async (stage: Stage): Promise<Aim> => {
  const { hostname, port } = new URL(stage.world.stack.urls.gateway);
  const sockets: Socket[] = [];
  const head = `POST ${PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n`;
  const forged = `webhook-id: msg_1\r\nwebhook-timestamp: ${String(Math.floor(Date.now() / 1_000))}\r\nwebhook-signature: v1,AAAA\r\n`;
  await Promise.all(
    Array.from({ length: SLOW_SENDERS }, () => {
      const socket = connect(Number(port), hostname);
      sockets.push(socket);
      return new Promise<void>((resolve) => {
        socket.once('error', () => resolve());
        socket.once('connect', () => socket.write(`${head}${forged}\r\n{"half":`, () => resolve()));
      });
    }),
  );
  const secret = stage.environmentOf('gateway')['WEBHOOK_SECRETS_INVESTSUITE'] ?? '';
  const { gateway } = stage.world.stack.urls;
  const open = async (): Promise<number> =>
    Number(/^cmw_connections_open\S* (\d+)$/m.exec(await (await fetch(`${gateway}/metrics`)).text())?.[1] ?? '0');
  await eventually('the senders are connected', open, (count) => count >= SLOW_SENDERS, 30_000, 50);
  const statuses: number[] = [];
  for (let round = 0; round < HONEST_ROUNDS; round++)
    statuses.push(...(await Promise.all(Array.from({ length: HONEST_AT_ONCE }, () => post(stage, secret)))));
  const refused = statuses.filter((status) => status !== 202);
  return {
    reached: () =>
      Promise.resolve(
        refused.length === 0 ? null : `${String(refused.length)} of ${String(statuses.length)} honest webhooks are turned away`,
      ),
    after: () => {
      for (const socket of sockets) socket.destroy();
      return Promise.resolve();
    },
  };
};

/** Somebody pastes a secret as a page shows it. */
const weakSecret = async (stage: Stage): Promise<Aim> => {
  const { folder, env } = stage.world.stack;
  const copy = `gateway-weak-${randomUUID().slice(0, 8)}`;
  const started = await launchService({
    ...{ name: 'gateway', copy, folder },
    env: { ...env, WEBHOOK_SECRETS_INVESTSUITE: 'whsec_****************' },
    ...(stage.build === undefined ? {} : { build: stage.build }),
  }).then(
    async (service) => {
      await service.stop();
      return true;
    },
    () => false,
  );
  const log = readFileSync(join(folder, `${copy}.log`), 'utf8');
  return {
    reached: () => Promise.resolve(started ? 'the gateway runs, and everybody can sign for InvestSuite' : null),
    seen: () => (log.includes('WEBHOOK_SECRETS_INVESTSUITE') ? [`weak secret: exit 78: ${log.trim().split('\n')[0] ?? ''}`] : []),
  };
};

export const factAttacks: readonly Attack[] = [
  {
    name: 'a portfolio that InvestSuite handles itself',
    mark: 'E1',
    as: 'nobody',
    guards: ['whose-withdrawal', 'whose-payout'],
    begin: theirPortfolio,
  },
  { name: 'a request is called off during the cash-out', mark: 'E2', as: 'a customer', guards: ['level'], begin: calledOff },
  {
    name: 'the counter account is another one since a moment ago',
    mark: 'C4',
    as: 'the bank, as a thief of the login',
    guards: ['cool-off', 'shown-account'],
    begin: stolenAccount,
  },
  {
    name: 'a request for a payout is written into the inbox of payout',
    mark: 'A7',
    as: 'SQL, as rebalancing',
    guards: ['inbox-grants', 'owner', 'level'],
    begin: writeInbox('rebalancing'),
  },
  {
    name: 'a request for a payout is written into its own inbox',
    mark: 'A1',
    as: 'SQL, as payout',
    guards: ['owner', 'level'],
    begin: writeInbox('payout'),
  },
  {
    name: 'roles and tables of every other service',
    mark: 'A7',
    as: 'SQL, as each service',
    guards: [],
    trace: /postgres: ERROR: +permission denied/,
    begin: everyTable,
  },
  {
    name: 'a webhook that is signed with another secret',
    mark: 'A11',
    as: 'HTTP, from outside',
    guards: ['webhook-signature'],
    begin: wrongSecret,
  },
  { name: 'six hundred slow senders', mark: 'A10', as: 'HTTP, from outside', guards: ['place-last'], begin: slowSenders },
  { name: 'a masked secret in the configuration', mark: 'A11', as: 'whoever deploys', guards: ['weak-secret'], begin: weakSecret },
  { name: 'a withdrawal while people have stopped everything', mark: 'A9', as: 'a customer', guards: ['stop'], begin: whileStopped },
  {
    name: 'an order while people have stopped the broker',
    mark: 'A9',
    as: 'a customer',
    guards: ['stop'],
    begin: orderWhileStopped,
  },
  {
    name: 'a transfer without a cash-out is written into its own tables',
    mark: 'A1',
    as: 'SQL, as payout',
    guards: ['cash-out-behind'],
    begin: transferWithoutCashOut,
  },
  // Last: where it succeeds, the limits of the day are used up.
  {
    name: 'a withdrawal over each limit',
    mark: 'A9',
    as: 'a customer',
    guards: ['limit-payment', 'limit-portfolio', 'limit-day'],
    begin: overLimits,
  },
];
