/**
 * Faults that were found by attacks and reports, one row each. A row is held by tests that carry its mark in square brackets in their names.
 * `mend` is the smallest edit that takes the mend out again: with it, a test of the row must fail.
 */
export type Edit = {
  /** Counts from the root, with forward slashes. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
};
export type Row = {
  readonly mark: string;
  /** What happened. */
  readonly fault: string;
  /** Each edit by itself takes a mend out. */
  readonly mends: readonly Edit[];
};

const STANDING = 'contracts/internal/standing.ts';
const RULES = 'contracts/internal/portfolio-rules.ts';
const RUNNER = 'shared/runtime/engine/effects/effect-runner.ts';

export const rows: readonly Row[] = [
  {
    mark: 'A1',
    fault: 'One forged message that asks for a payout paid the cash of its victim to an accomplice.',
    mends: [
      { file: STANDING, find: 'decided.ownerId !== null && decided.ownerId !== now.ownerId', replace: 'false' },
      { file: STANDING, find: 'decided.brokerAccount !== null && decided.brokerAccount !== now.brokerAccount', replace: 'false' },
      {
        file: 'services/payout/src/effect/cash-outs-stand.ts',
        find: "if (unbooked.length > 0) return { kind: 'rejected'",
        replace: "if (unbooked.length < 0) return { kind: 'rejected'",
      },
      {
        file: 'services/payout/src/effect/cash-outs-stand.ts',
        find: "if (cashOutId === null) return refused('no cash-out stands behind it');",
        replace: 'if (cashOutId === null) return null;',
      },
      {
        file: 'shared/facts/fresh-facts.ts',
        find: 'if (ownerId === null) return changed',
        replace: "if (ownerId === '') return changed",
      },
    ],
  },
  {
    mark: 'A2',
    fault: 'Every service that can write to Kafka could send every message of every other service.',
    mends: [
      {
        file: 'shared/runtime/signing/messages.ts',
        find: 'if (signedAtMs < nowMs - rules.oldestMs)',
        replace: 'if (signedAtMs < nowMs - 9 * rules.oldestMs)',
      },
      {
        file: 'shared/runtime/signing/messages.ts',
        find: '  send: (messages, limits) => producer.send(messages.map(sign), limits),',
        replace: '  send: (messages, limits) => producer.send(messages, limits),',
      },
      {
        file: 'shared/runtime/signing/messages.ts',
        find: '  sendEach: (messages, limits) => producer.sendEach(messages.map(sign), limits),',
        replace: '  sendEach: (messages, limits) => producer.sendEach(messages, limits),',
      },
    ],
  },
  {
    mark: 'A3',
    fault: 'A message of the type of a decision was carried out on every topic, also on one that the gateway fills.',
    mends: [
      {
        file: 'shared/runtime/engine/inbox/read-message.ts',
        find: 'if (type !== topic && Object.hasOwn(ownEvents, type)) throw',
        replace: "if (topic === '' && Object.hasOwn(ownEvents, type)) throw",
      },
    ],
  },
  {
    mark: 'A4',
    fault: 'One person, or two names that nobody has, carried out what needs two people.',
    mends: [
      {
        file: 'shared/runtime/signing/signed-act.ts',
        find: "if (normalisedName(by.name) === normalisedName(approvedBy.name)) return 'the same person asked and approved';",
        replace: '',
      },
      {
        file: 'shared/runtime/signing/signed-act.ts',
        find: "if (!person.roles.includes(part === 'asks' ? 'act' : 'approve')) return `${name} has no role for this`;",
        replace: '',
      },
      {
        file: 'shared/runtime/signing/signed-act.ts',
        find: "  return problemOf(act, 'approves', approvedBy, named);",
        replace: '  return null;',
      },
    ],
  },
  {
    mark: 'A5',
    fault: 'The second person approved a corrected message without seeing what it changes.',
    mends: [
      {
        file: 'services/operator/src/decide/difference.ts',
        find: 'before.get(field)?.raw !== after.get(field)?.raw',
        replace: 'before.get(field)?.shown !== after.get(field)?.shown',
      },
    ],
  },
  {
    mark: 'A6',
    fault: 'The database login of the operator service could write acts, approvals and audit lines that nobody had made.',
    mends: [
      {
        file: 'services/operator/src/decide/audit-chain.ts',
        find: 'if (stored.form < form) return broken(',
        replace: 'if (stored.form < 0) return broken(',
      },
    ],
  },
  {
    mark: 'A7',
    fault: 'Each service could take the database role of every other service.',
    mends: [
      {
        file: 'shared/runtime/process/config.ts',
        find: 'const value = own ?? (problems.length > before ? undefined : valueOf(name, environment, problems));',
        replace: 'const value = valueOf(name, environment, problems);',
      },
    ],
  },
  {
    mark: 'A8',
    fault: 'Two people answered with an invented payment: InvestSuite was told that the customer has the money.',
    mends: [
      {
        file: 'services/payout/src/effect/clear-suspense.ts',
        find: "if (said === 'send-again') return { taken: true };",
        replace: "if (said !== '') return { taken: true };",
      },
      { file: 'services/payout/src/effect/pay-counter-account.ts', find: 'shownWhenDone: true,', replace: 'shownWhenDone: false,' },
    ],
  },
  {
    mark: 'A9',
    fault: 'Nothing bounded what a fault could pay, and nobody could stop it.',
    mends: [
      {
        file: 'shared/runtime/stopping/stop-watch.ts',
        find: 'return this.#o.clock.monotonicMs() - this.#goodAtMs <= LEASE_MS;',
        replace: 'return true;',
      },
      {
        file: 'services/payout/src/decide/limits.rules.ts',
        find: "    : { to: 'ReservingLimits', set: { limitsPassed: passed, reason: null } };",
        replace: "    : { to: 'CashingOut', set: { limitsPassed: passed, reason: null } };",
      },
    ],
  },
  {
    mark: 'A10',
    fault: 'Slow connections without a signature took every place, and honest webhooks were turned away.',
    mends: [{ file: 'shared/runtime/http/body.ts', find: '}, this.#limits.deadlineMs);', replace: '}, 100 * this.#limits.deadlineMs);' }],
  },
  {
    mark: 'A11',
    fault: 'A secret that decodes to nothing was accepted, so anybody could sign webhooks.',
    mends: [{ file: 'services/gateway/src/config.ts', find: 'if (problem !== null) context', replace: "if (problem === 'never') context" }],
  },
  {
    mark: 'A12',
    fault: 'Logins of operators never ended, had no roles, and could be tried without limit and without a trace.',
    mends: [{ file: 'services/operator/src/consume/authentication.ts', find: 'if (leftMs > 0) {', replace: 'if (leftMs > Infinity) {' }],
  },
  {
    mark: 'B2',
    fault: 'Two installations on the same outside paid the same customers twice, and a database that had forgotten paid again.',
    mends: [
      {
        file: 'services/payout/src/effect/cash-outs-stand.ts',
        find: 'if (accounts.includes(account) && toBePaid === undefined) return null;',
        replace: 'if (accounts.length >= 0) return null;',
      },
      {
        file: 'services/payout/src/effect/cash-outs-stand.ts',
        find: 'const isComplete = cashOutId === null ||',
        replace: 'const isComplete = cashOutId !== null ||',
      },
      {
        file: 'services/payout/src/effect/create-cash-out.ts',
        find: 'moneyMayLeave(sources, compare,',
        replace: 'moneyMayLeave(sources, async (...asked) => (asked.length < 0 ? compare(...asked) : null),',
      },
      {
        file: 'services/payout/src/effect/approve-cash-out.ts',
        find: 'moneyMayLeave(sources, compare,',
        replace: 'moneyMayLeave(sources, async (...asked) => (asked.length < 0 ? compare(...asked) : null),',
      },
      {
        file: 'services/payout/src/effect/pay-counter-account.ts',
        find: 'moneyMayLeave(sources, compare,',
        replace: 'moneyMayLeave(sources, async (...asked) => (asked.length < 0 ? compare(...asked) : null),',
      },
      {
        file: 'services/payout/src/decide/payout.rules.ts',
        find: "  by === 'other-side' && isBecauseUnknown(reason)\n    ? holdFor(askAboutUnknown(reason, 'the payout is refused'))\n    : refuse(",
        replace:
          "  by === 'person' && isBecauseUnknown(reason)\n    ? holdFor(askAboutUnknown(reason, 'the payout is refused'))\n    : refuse(",
      },
      {
        file: 'services/payout/src/decide/payout.rules.ts',
        find: '  if (made !== null) {',
        replace: '  if (made !== null && made.amount === null) {',
      },
    ],
  },
  {
    mark: 'A13',
    fault: 'Accounts and names stood in clear in the database, on topics and in dead letters, and nothing was ever erased.',
    mends: [
      { file: 'shared/runtime/sealing/sealed-message.ts', find: 'personal.length === 0', replace: 'personal.length >= 0' },
      {
        file: 'shared/runtime/sealing/portfolio-keys.ts',
        find: 'this.#o.isErased(id) ? null :',
        replace: 'id.length < 0 ? null :',
      },
    ],
  },
  {
    mark: 'A14',
    fault:
      'Addresses without TLS passed, an own authority and client certificates could not be set, and a URL could take our options away.',
    mends: [
      { file: 'shared/runtime/process/transport.ts', find: '/^http:/i.test', replace: '/^never:/i.test' },
      {
        file: 'shared/runtime/process/transport.ts',
        find: "said === undefined ? !isPlaintextAllowed(values) || isSet(values, 'KAFKA')",
        replace: "said === undefined ? isSet(values, 'KAFKA')",
      },
      {
        file: 'shared/runtime/process/transport.ts',
        find: "  !isPlaintextAllowed(values) || isSet(values, 'DATABASE')",
        replace: "  isSet(values, 'DATABASE')",
      },
      {
        file: 'shared/runtime/postgres/database-url.ts',
        find: 'if (place !== undefined) return refused',
        replace: "if (place === '') return refused",
      },
      {
        file: 'shared/adapters/http/http.ts',
        find: 'if (wanted === material) return agent;',
        replace: 'if (wanted !== null) return agent;',
      },
      {
        file: 'shared/runtime/signing/watched-file.ts',
        find: '[this.#o.path, ...(this.#o.beside ?? [])].map',
        replace: '[this.#o.path].map',
      },
      { file: 'shared/runtime/tls/watch-certificates.ts', find: 'leftMs > alarmDays * DAY_MS', replace: 'leftMs > alarmDays' },
    ],
  },
  {
    mark: 'B12',
    fault: 'The longest life of a request was always 2 minutes, whatever the adapter knew, and choices that a page named could not be set.',
    mends: [
      { file: 'contracts/internal/tenant.ts', find: 'wait(SHORTEST_MS).optional()', replace: 'wait(SHORTEST_MS).default(120_000)' },
      {
        file: 'shared/adapters/investsuite/configured.ts',
        find: 'canListTransactions: tenant.canListTransactions',
        replace: 'canListTransactions: true',
      },
      {
        file: 'shared/adapters/broker/drivewealth/configured.ts',
        find: 'bankAccountId: tenant.bankAccountId',
        replace: 'bankAccountId: undefined',
      },
    ],
  },
  {
    mark: 'B14',
    fault: 'A message that Kafka never takes was tried for ever and held up all others.',
    mends: [
      {
        file: 'shared/runtime/engine/outbox/outbox-publisher.ts',
        find: 'else if (refused.isForever) await this.#setAside(row, refused.error);',
        replace: '',
      },
      {
        file: 'shared/runtime/kafka/producer-lane.ts',
        find: 'if (only !== undefined && others.length === 0)',
        replace: 'if (only !== undefined && others.length >= 0)',
      },
    ],
  },
  {
    mark: 'C1',
    fault: 'A Kafka record with an empty header made two services crash again and again.',
    mends: [
      {
        file: 'shared/runtime/kafka/ingest-batch.ts',
        find: 'if (one === undefined || one === null) return undefined;',
        replace: 'if (one === undefined) return undefined;',
      },
    ],
  },
  {
    mark: 'C2',
    fault: 'A batch in lz4, snappy or zstd stopped every partition of a service.',
    mends: [
      {
        file: 'shared/runtime/kafka/codecs.ts',
        find: '[asItIs, fromGzip, fromSnappy, fromLz4, fromZstd]',
        replace: '[asItIs, fromGzip, fromSnappy]',
      },
    ],
  },
  {
    mark: 'C3',
    fault: 'A database that takes no writes for a moment ended good messages as bugs, and the service said that it was ready.',
    mends: [
      {
        file: 'shared/runtime/postgres/database.ts',
        find: "if (error instanceof DatabaseError) return OF_A_ROW.test(error.code ?? '');",
        replace: 'if (error instanceof DatabaseError) return true;',
      },
    ],
  },
  {
    mark: 'C4',
    fault: 'A date in a strange form ended the waiting time that protects against theft.',
    mends: [
      {
        file: 'services/payout/src/effect/read-counter-account.ts',
        find: 'const changedMs = instantMs(changedAt);',
        replace: 'const changedMs = Date.parse(changedAt);',
      },
    ],
  },
  {
    mark: 'C5',
    fault: 'A name that the bank does not take was found after the cash-out only.',
    mends: [
      {
        file: 'services/payout/src/decide/payout.rules.ts',
        find: 'if (read.notPayable !== undefined) return refuse(p, read.notPayable);',
        replace: '',
      },
    ],
  },
  {
    mark: 'C6',
    fault: 'A wait of 1.5 seconds was read as the year 2001, so nobody waited.',
    mends: [
      {
        file: 'shared/adapters/http/retry-after.ts',
        find: 'Math.min(Math.max(askedMs, SHORTEST_RETRY_MS), LONGEST_RETRY_MS)',
        replace: 'Math.min(askedMs, LONGEST_RETRY_MS)',
      },
    ],
  },
  {
    mark: 'C7',
    fault: 'Figures were those of the scrape before, and 0 at the first one.',
    mends: [{ file: 'shared/runtime/process/figures.ts', find: '    return scrape;', replace: '    return Promise.resolve();' }],
  },
  {
    mark: 'C8',
    fault: 'A signed body of too many events was refused, and neither kept nor logged.',
    mends: [
      {
        file: 'services/gateway/src/consume/webhook.ts',
        find: 'await this.#keepAndRefuse(response, received, TOO_MANY_EVENTS, [problem]);',
        replace: 'this.#refuse(response, { ...TOO_MANY_EVENTS, detail: problem });',
      },
    ],
  },
  {
    mark: 'C9',
    fault: 'Of two members of one name in a JSON object the last one counted.',
    mends: [
      { file: 'shared/kernel/json.ts', find: 'if (reading.kept !== marked.written) throw', replace: 'if (reading.kept === -1) throw' },
    ],
  },
  {
    mark: 'D1',
    fault: 'The books of the demo did not agree on a slow machine. People said that a payment was made, and the bank still worked on it.',
    mends: [
      {
        file: 'services/payout/src/effect/clear-suspense.ts',
        find: "if (payment.state !== 'settled') return",
        replace: "if (payment.state === 'refused') return",
      },
    ],
  },
  {
    mark: 'E1',
    fault: 'A portfolio whose broker InvestSuite integrates was sold and paid a second time by us.',
    mends: [
      { file: RULES, find: 'if (matching.length > 1)', replace: 'if (matching.length > 99)' },
      {
        file: STANDING,
        find: "case 'theirs':\n      return 'InvestSuite talks to the broker of this portfolio';",
        replace: "case 'theirs':\n      return null;",
      },
    ],
  },
  {
    mark: 'E2',
    fault: 'A request that was called off or lowered during the cash-out was paid all the same.',
    mends: [
      { file: STANDING, find: "if (level.kind === 'nothing') return request('the divest request was called off');", replace: '' },
      { file: RUNNER, find: 'if (definition.restsOn === undefined)', replace: "if (definition.kind === 'once')" },
      { file: RUNNER, find: 'monotonicMs() - askedAtMs >= FRESH_MS', replace: 'false' },
    ],
  },
  {
    mark: 'E4',
    fault: 'The answer to a cash-out that was lost waited for people whenever the account was named by its number.',
    mends: [
      {
        file: 'shared/adapters/broker/drivewealth/cash-outs.ts',
        find: 'path: PATHS.accountRedemptions(names.accountId),',
        replace: 'path: PATHS.accountRedemptions(request.account),',
      },
    ],
  },
  {
    mark: 'E10',
    fault: 'Lists of the broker were read by the number of rows. The broker pages them by time.',
    mends: [
      {
        file: 'shared/adapters/broker/drivewealth/paging.ts',
        find: 'offset: printed(offsetMs, offset)',
        replace: 'offset: String(this.#limit)',
      },
    ],
  },
  {
    mark: '9a.1',
    fault: 'A later page of a list may repeat the page before, or miss rows, and the list still looked whole.',
    mends: [
      {
        file: 'shared/adapters/broker/drivewealth/paging.ts',
        find: 'if (rows.some(({ atMs }) => (atMs - offsetMs) * sense < 0)) return',
        replace: 'if (rows.length < 0) return',
      },
    ],
  },
  {
    mark: '9a.2',
    fault: 'An order has a field for our own key, and the key was not read back.',
    mends: [
      {
        file: 'shared/adapters/broker/drivewealth/orders.ts',
        find: 'const owner = detail.value.clientOrderID ?? context.owners.of(orderId);',
        replace: 'const owner = context.owners.of(orderId);',
      },
    ],
  },
  {
    mark: '9a.3',
    fault: 'The broker tells of a trade that it takes back, and nobody listened.',
    mends: [
      {
        file: 'contracts/broker/drivewealth/events.ts',
        find: 'if (type.startsWith(CORRECTION_FAMILY))',
        replace: 'if (type === CORRECTION_FAMILY)',
      },
    ],
  },
  {
    mark: '9a.4',
    fault: 'Only the note of a redemption carries our key.',
    mends: [
      {
        file: 'shared/adapters/broker/drivewealth/cash-outs.ts',
        find: '    if (note === key) ours.push',
        replace: '    if (note === undefined) ours.push',
      },
    ],
  },
  {
    mark: '11.1',
    fault: 'A refusal of an order that came as 403 was read as a fault of our login.',
    mends: [
      {
        file: 'shared/adapters/broker/drivewealth/outcome.ts',
        find: 'const open = listed ? null : outcomeOfStatus(answer);',
        replace: 'const open = outcomeOfStatus(answer);',
      },
    ],
  },
  {
    mark: '11.2',
    fault: 'Only shares were read as positions: a customer with funds seemed to have nothing.',
    mends: [
      {
        file: 'shared/adapters/broker/drivewealth/accounts.ts',
        find: 'for (const row of answer.value.all) {',
        replace: 'for (const row of answer.value.equityPositions) {',
      },
    ],
  },
  {
    mark: '11.3',
    fault: 'A trade that the broker took back after its settlement was believed for ever.',
    mends: [
      {
        file: 'contracts/broker/drivewealth/events.ts',
        find: 'if (type.startsWith(CORRECTION_FAMILY))',
        replace: 'if (type === CORRECTION_FAMILY)',
      },
    ],
  },
];
