/**
 * What holds attacks off. In a test build each guard can be taken out and put back while everything runs. The build that is delivered has
 * no setting for it: the edits below are made in a copy of the sources.
 */
import type { Edit } from '../faults/rows.js';
import type { Stage } from './stage.js';

export type Guard = {
  readonly does: string;
  /** What an operator sees when it refuses. */
  readonly trace: RegExp;
  /** In the sources. Each asks `peeled` with the name of the guard. */
  readonly edits?: readonly Edit[];
  /** In the database or in Kafka. `off` takes it out, `on` puts it back. */
  readonly outside?: { readonly off: (stage: Stage) => Promise<void>; readonly on: (stage: Stage) => Promise<void> };
};

const STANDING = 'contracts/internal/standing.ts';
const MESSAGES = 'shared/runtime/signing/messages.ts';
const SIGNED_ACT = 'shared/runtime/signing/signed-act.ts';
const DECISIONS = 'shared/runtime/engine/inbox/operator-decisions.ts';
const PAYOUT_RULES = 'services/payout/src/decide/payout.rules.ts';

/** The guard steps aside where `condition` would refuse. */
const unless = (name: string, file: string, condition: string): Edit => ({
  file,
  find: `if (${condition})`,
  replace: `if (!peeled('${name}') && (${condition}))`,
});

const asOwner = (off: string, on: string): NonNullable<Guard['outside']> => ({
  off: async ({ world }) => {
    await world.pool.query(off);
  },
  on: async ({ world }) => {
    await world.pool.query(on);
  },
});

/** One edit for the three limits: they stand in one line. */
const LIMITS: Edit = {
  file: 'services/payout/src/store/limits.store.ts',
  find: 'one[currency] ?? null);',
  replace: `one[currency] ?? null)
        .map((one, place) => (peeled(['limit-payment', 'limit-portfolio', 'limit-day'][place] ?? '') ? '999999999999' : one));`,
};

export const guards = {
  acl: {
    does: 'Kafka lets a service write its own topics only',
    trace: /User:rebalancing is Denied operation = (DESCRIBE|WRITE) .*Topic:LITERAL:payout\.requested/,
    outside: {
      off: (stage) => stage.openTopic('rebalancing', 'payout.requested'),
      on: (stage) => stage.closeTopic('rebalancing', 'payout.requested'),
    },
  },
  signature: {
    does: 'a message counts when the service that it names has signed it',
    trace: /wrong-signature/,
    edits: [unless('signature', MESSAGES, '!verifyFields(known.key, fieldsOf(message, signedAt), bytes)')],
  },
  emitter: {
    does: 'a service may emit the topics of the list only',
    trace: /signer-may-not-emit/,
    edits: [unless('emitter', MESSAGES, '!rules.mayEmit(known.service, message.topic)')],
  },
  age: {
    does: 'a message that is older than the inbox remembers does not count',
    trace: /signed-too-long-ago/,
    edits: [unless('age', MESSAGES, 'signedAtMs < nowMs - rules.oldestMs')],
  },
  owner: {
    does: 'the owner of the portfolio is read again and compared',
    trace: /has another owner/,
    edits: [unless('owner', STANDING, 'decided.ownerId !== null && decided.ownerId !== now.ownerId')],
  },
  level: {
    does: 'what the customer asks for is read again and compared',
    trace: /the divest request was (called off|lowered)/,
    edits: [
      {
        file: STANDING,
        find: "if (asked === null || level.kind === 'everything') return null;",
        replace: "if (peeled('level') || asked === null || level.kind === 'everything') return null;",
      },
    ],
  },
  unbooked: {
    does: 'a portfolio is paid once more only when InvestSuite shows that the payout before is booked',
    trace: /an earlier payout of the portfolio is not booked/,
    edits: [unless('unbooked', 'services/payout/src/effect/cash-outs-stand.ts', 'unbooked.length > 0')],
  },
  'cash-out-behind': {
    does: 'a transfer leaves when the broker shows that our own cash-out is done',
    trace: /no cash-out stands behind it|does not list our own cash-out yet/,
    edits: [
      {
        file: 'services/payout/src/effect/cash-outs-stand.ts',
        find: 'if (toBePaid !== undefined) return notBrought(',
        replace:
          "if (toBePaid !== undefined && peeled('cash-out-behind')) return null;\n    if (toBePaid !== undefined) return notBrought(",
      },
    ],
  },
  'own-topic': {
    does: 'what people decide counts on its own topic only',
    trace: /dead letter of payout: an event of operator\.decision came on another topic/,
    edits: [
      {
        file: 'shared/runtime/engine/inbox/inbox-writer.ts',
        find: "if (read.kind === 'good' && original.topic === DECISIONS && !conflicting.has(read.eventId))",
        replace:
          "if (read.kind === 'good' && (original.topic === DECISIONS || (peeled('own-topic') && read.event.type === 'operator.decision')) && !conflicting.has(read.eventId))",
      },
      {
        file: 'shared/runtime/engine/inbox/inbox-writer.ts',
        find: 'one.original.topic !== DECISIONS ? where.note :',
        replace: "one.original.topic !== DECISIONS && !(peeled('own-topic') && one.read.event.type === 'operator.decision') ? where.note :",
      },
      unless('own-topic', 'shared/runtime/engine/inbox/read-message.ts', 'type !== topic && Object.hasOwn(ownEvents, type)'),
    ],
  },
  people: {
    does: 'the service that acts checks the signature of each person',
    trace: /decision-refused/,
    edits: [
      {
        file: DECISIONS,
        find: "if (why !== null) return { refusal: 'not-signed', why };",
        replace: "if (why !== null && !peeled('people')) return { refusal: 'not-signed', why };",
      },
    ],
  },
  'second-acting': {
    does: 'the service that acts asks for the second person',
    trace: /a second person has not approved it/,
    edits: [
      {
        file: DECISIONS,
        find: 'const needsSecond = !isOver && needsSecondPerson(',
        replace: "const needsSecond = !peeled('second-acting') && !isOver && needsSecondPerson(",
      },
    ],
  },
  'second-database': {
    does: 'the database says which act needs a second person',
    trace: /audit: anna asked: replay-dead-letter.*"needsSecond": true/,
    outside: asOwner(
      `update operator.act_kind set second = 'never' where kind = 'replay-dead-letter'`,
      `update operator.act_kind set second = 'by-message' where kind = 'replay-dead-letter'`,
    ),
  },
  'same-database': {
    does: 'the database takes no approval by the person who asked',
    trace: /audit: anna refused: approve answer-effect/,
    outside: asOwner(
      'alter table operator.act drop constraint two_different_people',
      'alter table operator.act add constraint two_different_people check (approved_by is null or approved_by <> made_by) not valid',
    ),
  },
  'same-acting': {
    does: 'the service that acts wants two different people',
    trace: /the same person asked and approved/,
    edits: [unless('same-acting', SIGNED_ACT, 'normalisedName(by.name) === normalisedName(approvedBy.name)')],
  },
  'role-door': {
    does: 'the operator service lets nobody act who has no role for it',
    trace: /no-role/,
    edits: [
      {
        file: 'services/operator/src/consume/authentication.ts',
        find: "if (roles.includes('look') || roles.some((role) => visitor.roles.includes(role))) {",
        replace: "if (peeled('role-door') || roles.includes('look') || roles.some((role) => visitor.roles.includes(role))) {",
      },
    ],
  },
  'role-signature': {
    does: 'a signature counts when the person has the role for it',
    trace: /has no role for this|an operator was refused .*not-signed/,
    edits: [unless('role-signature', SIGNED_ACT, "!person.roles.includes(part === 'asks' ? 'act' : 'approve')")],
  },
  'act-table': {
    does: 'the operator service can ask and approve in the database, and write nothing else of an act',
    trace: /postgres: ERROR: +(permission denied for table act|an act is signed by)/,
    outside: asOwner(
      `grant insert, update on operator.act to cmw_operator; alter table operator.act disable trigger act_is_asked; alter table operator.act disable trigger act_goes_on`,
      `revoke insert, update on operator.act from cmw_operator; alter table operator.act enable trigger act_is_asked; alter table operator.act enable trigger act_goes_on;
       grant insert (kind, target, details, why, made_by, job, act_id, signature) on operator.act to cmw_operator;
       grant update (approved_by, approved_at, approval, withdrawn_by, withdrawn_at, withdrawn_why, carried_out_at, failed) on operator.act to cmw_operator`,
    ),
  },
  'inbox-grants': {
    does: 'the database lets a service write its own tables only',
    trace: /postgres: ERROR: +permission denied for schema payout/,
    outside: asOwner(
      'grant usage on schema payout to cmw_rebalancing; grant insert on payout.inbox to cmw_rebalancing',
      'revoke insert on payout.inbox from cmw_rebalancing; revoke usage on schema payout from cmw_rebalancing',
    ),
  },
  evidence: {
    does: "people's word that a payment was made is held against the bank",
    trace: /not taken as applied: the bank shows no payment/,
    edits: [
      {
        file: 'services/payout/src/effect/clear-suspense.ts',
        find: "return said === 'applied' ? paidByHand(",
        replace: "if (peeled('evidence')) return { taken: true };\n    return said === 'applied' ? paidByHand(",
      },
    ],
  },
  'whose-withdrawal': {
    does: 'the withdrawal asks whose portfolio it is',
    trace: /withdrawal is NotOurs: InvestSuite talks to its broker/,
    edits: [unless('whose-withdrawal', 'services/withdrawal/src/decide/withdrawal.rules.ts', "treatment.kind === 'theirs'")],
  },
  'whose-payout': {
    does: 'the payout asks again whose portfolio it is',
    trace: /payout is Refused: InvestSuite talks to the broker of this portfolio/,
    edits: [
      {
        file: STANDING,
        find: "return 'InvestSuite talks to the broker of this portfolio';",
        replace: "return peeled('whose-payout') ? null : 'InvestSuite talks to the broker of this portfolio';",
      },
    ],
  },
  'cool-off': {
    does: 'a counter account that changed a short time ago is not paid yet',
    trace: /CoolingOff/,
    edits: [unless('cool-off', PAYOUT_RULES, 'read.changedMsAgo !== null && read.changedMsAgo < coolOffMs')],
  },
  'shown-account': {
    does: 'the counter account at the bank is the one that InvestSuite shows',
    trace: /is not the one InvestSuite shows/,
    edits: [unless('shown-account', PAYOUT_RULES, "shownIban !== null && shownIban !== account.iban && onMismatch === 'hold'")],
  },
  'webhook-signature': {
    does: 'a webhook counts when its sender has signed it',
    trace: /cmw_webhooks_total.*signature-wrong/,
    edits: [unless('webhook-signature', 'shared/runtime/http/webhook-signature.ts', '!signed')],
  },
  'limit-payment': { does: 'one payment has a limit', trace: /over a limit: .*perPayment is/, edits: [LIMITS] },
  'limit-portfolio': { does: 'a portfolio has a limit of the day', trace: /over a limit: .*perPortfolioAndDay is/, edits: [LIMITS] },
  'limit-day': { does: 'all payments of a day have a limit', trace: /over a limit: .*perDay is/, edits: [LIMITS] },
  stop: {
    does: 'nothing leaves while people have stopped it',
    trace: /warn: stopped/,
    edits: [
      {
        file: 'shared/runtime/stopping/stop-watch.ts',
        find: 'if (stop !== null) return { evidence: stopInWords(stop), retryAfterMs: STOPPED_RETRY_MS };',
        replace: "if (stop !== null && !peeled('stop')) return { evidence: stopInWords(stop), retryAfterMs: STOPPED_RETRY_MS };",
      },
    ],
  },
  'place-last': {
    does: 'a webhook takes a place when its body is whole and signed',
    trace: /cmw_(webhooks_total.*(slow|signature)|connections_open)/,
    edits: [
      {
        file: 'services/gateway/src/consume/webhook.ts',
        find: 'const body = await this.#bodyOf(request, response);',
        replace: `let early: Buffer | null = null;
    if (peeled('place-last')) {
      const place = await this.#places.with(async () => void (early = await this.#bodyOf(request, response)));
      if (place === null) this.#refuse(response, TOO_MANY_REQUESTS, { 'Retry-After': '1' });
      if (place === null) return;
    }
    const body = peeled('place-last') ? (early as Buffer | null) : await this.#bodyOf(request, response);`,
      },
    ],
  },
  'weak-secret': {
    does: 'a secret that guards nothing is refused at the start',
    trace: /weak secret: exit 78/,
    edits: [
      {
        file: 'services/gateway/src/config.ts',
        find: 'if (problem !== null) context',
        replace: "if (problem !== null && !peeled('weak-secret')) context",
      },
      {
        file: 'shared/runtime/http/webhook-signature.ts',
        find: 'if (key === null) throw',
        replace: "if (key === null && peeled('weak-secret')) return Buffer.from(secret.slice(6), 'base64');\n  if (key === null) throw",
      },
    ],
  },
} as const satisfies Readonly<Record<string, Guard>>;

export type GuardName = keyof typeof guards;
export const guardNames = Object.keys(guards) as readonly GuardName[];
/** The wide type, for whoever goes through all of them. */
export const guardNamed = (name: GuardName): Guard => guards[name];
