import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { JsonNumber, parseJson, type Json } from '../../../../shared/kernel/json.js';
import { canonicalJson, EMPTY_CHAIN, FIRST_PREVIOUS, hashOfLine, verifyNext, type StoredLine } from './audit-chain.js';
import { listed, reasonOf } from './journeys.js';
import { masked, maskText } from './masking.js';
import { correctionProblem, previewOf, totalsOf } from './money-at-stake.js';
import {
  type AuditLine,
  type DeadLetter,
  type HistoryRow,
  type JourneyRow,
  type Story,
  type StoryEffect,
  type StoryEvent,
} from './operator.js';
import { scopeProblem } from './stops.js';
import { timelineOf } from './timeline.js';

const row: JourneyRow = {
  service: 'payout',
  id: 'po1',
  flow: 'payout',
  subject: 'wd1',
  portfolioId: 'P1',
  status: 'Transferring',
  ended: false,
  waitsFor: 'the bank',
  ownedBy: 'payments',
  amount: '10',
  currency: 'EUR',
  openedAt: '2026-01-01T00:00:00.000Z',
  since: '2026-01-01T00:00:01.000Z',
  overdueAt: '2026-01-02T00:00:00.000Z',
  held: null,
  effect: null,
  laneBlocked: null,
  stateReason: null,
  lastNote: null,
};
const letter: DeadLetter = {
  eventId: 'e1',
  service: 'withdrawal',
  topic: 'portfolio.withdrawal-request',
  source: 'portfolio.withdrawal-request/0/1',
  portfolioId: 'P1',
  errorClass: 'ZodError',
  reason: 'wrong',
  attempts: 1,
  firstSeen: '2026-01-01T00:00:00.000Z',
  resolvedAt: null,
  resolution: null,
  waiting: 0,
  value: '{"data":{"portfolioId":"P1","level":{"kind":"amount","amount":"250.40"},"currency":"EUR"}}',
  headers: '{}',
};

describe('masking', () => {
  it.each([
    ['an IBAN in text', 'paid to BE68 5390 0754 7034 today', 'paid to BE68***7034 today'],
    ['two IBANs', 'BE68539007547034 and NL91ABNA0417164300', 'BE68***7034 and NL91***4300'],
    ['an IBAN before a word', 'BE68 5390 0754 7034 PAID NOW', 'BE68***7034 PAID NOW'],
    ['no reference of ours', 'WD23ABCDEFGHIJKLMNOPQRSTUVWX', 'WD23ABCDEFGHIJKLMNOPQRSTUVWX'],
    ['no IBAN', 'nothing to hide in WDREF1', 'nothing to hide in WDREF1'],
  ])('hides %s', (_what, text, shown) => {
    expect(maskText(text)).toBe(shown);
    expect(masked(text)).toBe(shown);
  });

  it('goes by the names of members, at any depth, and keeps every digit', () => {
    const value = parseJson(
      '{"a":[{"creditorIban":"BE68539007547034","iban":"short","creditorName":"Jan  Peeters","amount":1.500,"ok":true,"none":null,"name":7}],"access_token":"abc","brokerage_account":"BE68539007547034"}',
    );
    expect(masked(value)).toEqual({
      a: [
        {
          creditorIban: 'BE68***7034',
          iban: '***',
          creditorName: 'J*** P***',
          amount: new JsonNumber('1.500'),
          ok: true,
          none: null,
          name: new JsonNumber('7'),
        },
      ],
      access_token: '***',
      brokerage_account: 'BE68***7034',
    });
  });

  it('hides a name that begins outside the basic plane', () => {
    expect(masked({ ownerName: '𝒜nna' })).toEqual({ ownerName: '𝒜***' });
  });
});

describe('the reason of a journey', () => {
  const parked = { name: 'Pay', status: 'parked', note: 'nobody knows' };
  it.each<[string, Partial<JourneyRow>, string | null]>([
    ['what it is held for', { held: 'ask the bank', effect: parked, laneBlocked: 'poison', stateReason: 's' }, 'ask the bank'],
    ['a parked effect', { effect: parked, laneBlocked: 'poison', stateReason: 's' }, 'Pay is parked: nobody knows'],
    ['a parked effect without a note', { effect: { ...parked, note: null } }, 'Pay waits for people: nobody knows whether it has happened'],
    ['a blocked lane', { laneBlocked: 'poison', stateReason: 's' }, 'a message of this portfolio waits for people: poison'],
    ['the flow itself', { stateReason: 'too little cash', effect: { ...parked, status: 'unknown' } }, 'too little cash'],
    ['an effect that is not sure', { effect: { ...parked, status: 'unknown', note: 'timeout' } }, 'Pay is unknown: timeout'],
    ['what it waits for, when the effect is well', { effect: { ...parked, status: 'sending' } }, 'the bank'],
    ['the last step', { waitsFor: null, lastNote: 'noted' }, 'noted'],
    ['nothing else', { waitsFor: null }, 'it is being worked on'],
    ['an end', { ended: true, stateReason: 'refused by the bank', held: 'old' }, 'refused by the bank'],
    ['an end without a reason', { ended: true }, null],
    ['an end by the last step', { ended: true, lastNote: 'done' }, 'done'],
  ])('is %s', (_what, change, reason) => {
    expect(reasonOf({ ...row, ...change })).toBe(reason);
  });

  it('is left out, with all that is not known, of a journey that ended well', () => {
    expect(listed({ ...row, ended: true, waitsFor: null, amount: null, currency: null })).toEqual({
      id: 'po1',
      journey: 'payout',
      portfolioId: 'P1',
      status: 'Transferring',
      ownedBy: 'payments',
      since: row.since,
      ended: true,
      service: 'payout',
    });
    expect(listed({ ...row, overdueAt: null })).not.toHaveProperty('overdueAt');
  });
});

describe('money at stake', () => {
  it.each<[DeadLetter['service'], string, boolean, boolean, string]>([
    ['withdrawal', 'portfolio.withdrawal-request', false, false, 'DivestAmountUpdated'],
    ['withdrawal', 'payout.finished', true, true, 'PayoutFinished'],
    ['withdrawal', 'portfolio.cash-settled', true, true, 'CashSettled'],
    ['withdrawal', 'portfolio.changed', true, true, 'PortfolioChanged'],
    ['payout', 'payout.requested', true, true, 'PayoutRequested'],
    ['payout', 'broker.cash-status', false, false, 'the broker is asked about the cash-out'],
    ['payout', 'core-banking.transfer-status', false, true, 'the bank is asked about the payment, or TransferReturned'],
    ['rebalancing', 'optimisations.status-update', false, false, 'OptimizationReady'],
    ['rebalancing', 'optimisations.owner-choice-update', false, false, 'OwnerChose'],
    [
      'rebalancing',
      'broker.order-status',
      false,
      false,
      'the broker is asked about the order, or CorrectionAnnounced: about the orders of an account',
    ],
    ['portfolio', 'portfolio.withdrawal-request', false, true, 'LevelAnnounced'],
    ['portfolio', 'portfolio.change-requested', true, true, 'ChangeRequested'],
    ['withdrawal', 'a.topic-of-tomorrow', true, true, 'unknown'],
  ])('in %s, %s needs two people: %s as stored, %s corrected', (service, topic, stored, corrected, input) => {
    const of = (body: string | null): unknown => {
      const { needsSecond, step } = previewOf({ ...letter, service, topic }, body, []);
      return { needsSecond, input: step?.input };
    };
    expect(of(null)).toEqual({ needsSecond: stored, input });
    expect(of('{}')).toEqual({ needsSecond: corrected, input });
  });

  it('says why', () => {
    expect(previewOf(letter, null, []).because).toBe('it only makes us read again at the source');
    expect(previewOf({ ...letter, topic: 'payout.finished' }, null, []).because).toBe('what it says is believed and may move money');
    expect(previewOf({ ...letter, topic: 'payout.finished' }, '{}', []).because).toBe('what a person writes into it would be believed');
  });

  it('takes what one journey told another for what it says', () => {
    const told = {
      ...letter,
      service: 'rebalancing' as const,
      topic: 'own',
      value: '{"tells":"order","subject":"s","input":{"type":"OrderWanted"}}',
    };
    expect(previewOf(told, null, [])).toMatchObject({
      step: { journey: 'order', input: 'OrderWanted' },
      needsSecond: true,
      mayCall: ['InvestSuite', 'broker'],
    });
    expect(previewOf({ ...told, value: '{"tells":3,"input":{"type":4}}' }, null, [])).toMatchObject({
      step: { journey: 'unknown', input: 'unknown' },
      mayCall: ['InvestSuite', 'broker', 'bank'],
    });
    expect(previewOf({ ...told, value: 'nothing' }, null, [])).toMatchObject({ step: { journey: 'unknown', input: 'unknown' } });
  });

  it('counts the money of the journey before that of the message', () => {
    const open = { ...row, flow: 'withdrawal', service: 'withdrawal' as const, amount: '99.5' };
    expect(previewOf(letter, null, [open, row])).toMatchObject({
      atStake: { amount: '99.5', currency: 'EUR' },
      journeys: [{ id: 'po1', amount: '99.5' }],
    });
    expect(previewOf(letter, null, [{ ...open, currency: null }]).atStake).toEqual({ amount: '99.5', currency: '' });
    expect(previewOf(letter, null, [{ ...open, amount: null, currency: null }])).toMatchObject({
      atStake: { amount: '250.4', currency: 'EUR' },
      journeys: [{ id: 'po1' }],
    });
  });

  it.each<[string, unknown]>([
    ['{"data":{"amount":"12.50","currency":"EUR"}}', { amount: '12.5', currency: 'EUR' }],
    ['{"data":{"level":{"kind":"everything"},"currency":"EUR"}}', { amount: 'everything', currency: 'EUR' }],
    ['{"data":{"level":{"kind":"nothing"},"currency":"EUR"}}', null],
    ['{"data":{"level":null,"currency":null}}', null],
    ['{"data":{"return":{"amount":"7.00","currency":null}}}', { amount: '7', currency: '' }],
    ['{"data":{"return":null,"status":"settled"}}', null],
    ['{"data":{"data":{"divest_amount":250.40}}}', null],
    ['{"data":{"amount":true}}', null],
    ['{"data":{"amount":{"amount":"1"}}}', null],
    ['{"data":7}', null],
    ['[]', null],
    ['{"half":', null],
  ])('reads %s as far as it can', (value, atStake) => {
    expect(previewOf({ ...letter, value }, null, []).atStake).toEqual(atStake);
  });

  it('never runs what the gateway could not read', () => {
    expect(previewOf({ ...letter, service: 'gateway' }, null, [])).toMatchObject({
      canRun: false,
      step: null,
      needsSecond: false,
      atStake: null,
    });
  });

  it('adds up by currency, each journey once', () => {
    const open = { ...row, flow: 'withdrawal', service: 'withdrawal' as const, amount: '0.1' };
    const items = [
      previewOf(letter, null, [open]),
      previewOf({ ...letter, eventId: 'e2' }, null, [open]),
      previewOf({ ...letter, eventId: 'e3', value: '{"data":{"amount":"0.2","currency":"EUR"}}' }, null, []),
      previewOf({ ...letter, eventId: 'e4', value: '{"data":{"amount":"5","currency":"USD"}}' }, null, []),
      previewOf({ ...letter, eventId: 'e5', value: '{"data":{"level":{"kind":"everything"}}}' }, null, []),
      previewOf({ ...letter, eventId: 'e6', value: '' }, null, []),
    ];
    expect(totalsOf(items)).toEqual([
      { amount: '0.3', currency: 'EUR' },
      { amount: '5', currency: 'USD' },
    ]);
  });

  it.each<[string, string, Partial<DeadLetter>, string | null]>([
    ['stays the same event', '{"id":"e1","portfolioId":"P1"}', {}, null],
    ['is not JSON', '{"id":', {}, 'not a JSON object'],
    ['is no object', '["e1"]', {}, 'not a JSON object'],
    ['is another event', '{"id":"e2"}', {}, 'must keep the event id e1'],
    ['is of another portfolio', '{"id":"e1","portfolioId":"P2"}', {}, 'must stay with portfolio P1'],
    ['names no portfolio', '{"id":"e1","portfolioId":null}', {}, null],
    ['names the portfolio at last', '{"id":"e1","portfolioId":"P2"}', { portfolioId: 'e1' }, null],
    ['names it where there was none', '{"id":"e1","portfolioId":"P2"}', { portfolioId: '' }, null],
    ['names it where nobody could', '{"id":"e1","portfolioId":"P2"}', { portfolioId: null }, null],
  ])('a correction that %s', (_what, body, change, problem) => {
    const found = correctionProblem({ ...letter, ...change }, body);
    if (problem === null) expect(found).toBeNull();
    else expect(found).toContain(problem);
  });
});

describe('a scope', () => {
  it.each(['all', 'service:payout', 'system:broker', 'operation:PlaceOrder', 'portfolio:P1'])('%s stops something', (scope) => {
    expect(scopeProblem(scope)).toBeNull();
  });
  it.each([
    ['everything', 'a scope is all, service:NAME'],
    ['portfolio:P 1', 'without blanks'],
    ['service:gateway', 'gateway sends nothing to the outside; service is one of withdrawal'],
    ['service:payuot', 'service is one of'],
    ['system:bank', 'system is one of investsuite, broker, core-banking'],
    ['operation:Pay', 'operation is one of'],
  ])('%s would stop nothing, and is refused', (scope, why) => {
    expect(scopeProblem(scope)).toContain(why);
  });
});

describe('the audit chain', () => {
  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
  const chain = (count: number): AuditLine[] => {
    const lines: AuditLine[] = [];
    for (let seq = 1; seq <= count; seq++) {
      const open = {
        seq,
        at: '2026-01-01T00:00:00.000Z',
        who: 'anna',
        what: 'asked',
        target: 't',
        details: { b: ['1'], a: { z: null, y: true } } as Json,
        previous: lines.at(-1)?.hash ?? FIRST_PREVIOUS,
      };
      lines.push({ ...open, hash: hashOfLine(open, sha256) });
    }
    return lines;
  };

  /** As a release before wrote them. */
  const stored = (lines: readonly AuditLine[], form = 1): StoredLine[] =>
    lines.map((line) => ({ line, form, exactAt: line.at, detailsText: '{}' }));

  it('takes no line in an older form once the database writes them [A6]', () => {
    const lines = chain(2);
    const form2 = stored(lines.slice(0, 1), 1).map((one) => ({ ...one, form: 1 }));
    const end = verifyNext(EMPTY_CHAIN, form2, sha256);
    expect(verifyNext({ ...(end as typeof EMPTY_CHAIN), form: 2 }, stored(lines.slice(1)), sha256)).toMatchObject({
      whole: false,
      problem: 'it is written as no line is written any more',
    });
  });
  it('is read as the database writes it: each field with its length in bytes [A6]', () => {
    const fields = ['audit-2', '1', '2026-01-01T00:00:00.000001Z', 'Zoë', 'asked', '€ 5 \u{1f600}', '{"a":1}', FIRST_PREVIOUS];
    const hash = sha256(fields.map((field) => `${String(Buffer.byteLength(field))}:${field}`).join(''));
    const line = { ...chain(1)[0], who: 'Zoë', target: '€ 5 \u{1f600}', hash } as AuditLine;
    const one: StoredLine = { line, form: 2, exactAt: '2026-01-01T00:00:00.000001Z', detailsText: '{"a":1}' };
    expect(verifyNext(EMPTY_CHAIN, [one], sha256)).toMatchObject({ whole: true, lines: 1, form: 2 });
    expect(verifyNext(EMPTY_CHAIN, [{ ...one, detailsText: '{"a":2}' }], sha256)).toMatchObject({ whole: false, brokenAt: 1 });
  });
  it('does not depend on the order of keys, and leaves out what is absent', () => {
    expect(canonicalJson({ b: 1, a: [{ d: null, c: new JsonNumber('1.50') }], none: undefined })).toBe('{"a":[{"c":1.50,"d":null}],"b":1}');
    expect(canonicalJson({ a: 1, b: 2 })).toBe(canonicalJson({ b: 2, a: 1 }));
  });

  it('is whole, also when it is read in pages', () => {
    const lines = chain(5);
    const first = verifyNext(EMPTY_CHAIN, stored(lines.slice(0, 2)), sha256);
    expect(verifyNext(first as typeof EMPTY_CHAIN, stored(lines.slice(2)), sha256)).toMatchObject({
      whole: true,
      lines: 5,
      lastHash: lines[4]?.hash,
    });
    expect(verifyNext(EMPTY_CHAIN, [], sha256)).toMatchObject({ whole: true, lines: 0, lastHash: FIRST_PREVIOUS });
  });

  it.each<[string, (lines: AuditLine[]) => AuditLine[], number, string]>([
    ['a changed line', (lines) => lines.map((line) => (line.seq === 3 ? { ...line, who: 'eve' } : line)), 3, 'its content was changed'],
    ['a missing line', (lines) => lines.filter((line) => line.seq !== 2), 3, 'line 2 is missing'],
    [
      'a line written anew with a right hash',
      (lines) =>
        lines.map((line) => {
          const changed = { ...line, who: 'eve' };
          return line.seq === 2 ? { ...changed, hash: hashOfLine(changed, sha256) } : line;
        }),
      3,
      'it does not follow the line before it',
    ],
    ['a line in front', (lines) => [{ ...(lines[0] as AuditLine), seq: 0 }, ...lines], 0, 'line 1 is missing'],
  ])('names the first line broken by %s', (_what, breakIt, brokenAt, problem) => {
    expect(verifyNext(EMPTY_CHAIN, stored(breakIt(chain(4))), sha256)).toMatchObject({ whole: false, brokenAt, problem });
  });
});

describe('the timeline', () => {
  const step = (version: number, second: number, change: Partial<HistoryRow>): HistoryRow => ({
    service: 'payout',
    journeyId: 'po1',
    version,
    at: `2026-01-01T00:00:0${String(second)}.000Z`,
    occasion: 'Asked',
    source: null,
    status: 'S',
    effectId: null,
    said: null,
    note: null,
    ...change,
  });
  const effect: StoryEffect = {
    service: 'payout',
    id: 'po1:Pay:1',
    journeyId: 'po1',
    name: 'Pay',
    kind: 'once',
    generation: 1,
    status: 'applied',
    attempt: 1,
    reference: 'R',
    plannedAt: '2026-01-01T00:00:01.000Z',
    lastSentAt: null,
    note: null,
    request: { iban: 'BE68539007547034' },
    result: { endToEndId: 'R', bookedAt: '2026-01-01T00:00:02.500Z' },
  };
  const event: StoryEvent = {
    service: 'payout',
    eventId: 'e1',
    source: 't/0/1',
    at: '2026-01-01T00:00:00.500Z',
    note: null,
    handled: true,
    value: '{"id":"e1"}',
  };
  const story: Story = {
    rootId: 'po1',
    portfolioId: 'P1',
    journeys: [row],
    history: [],
    effects: [],
    events: [],
    messages: [],
    deadLetters: [],
    cut: false,
  };
  it('tells how often a request left apart from how often the other side was asked', () => {
    const history = [1, 2, 3].map((version) =>
      step(version, version, { occasion: version === 2 ? 'Sending' : 'Inquired: absent', effectId: effect.id }),
    );
    const timesOf = (kind: string, attempt: number): unknown =>
      timelineOf('po1', { ...story, history, effects: [{ ...effect, kind, attempt }] }).timeline.find((entry) => entry.step === 'request');
    expect(timesOf('once', 5)).toMatchObject({ sent: 2, asked: 3 });
    // A process that was gone starts counting anew.
    expect(timesOf('once', 1)).toMatchObject({ sent: 2, asked: 0 });
    expect(timesOf('read', 4)).toMatchObject({ sent: 0, asked: 4 });
  });
  const steps = (change: Partial<Story>): string[] => timelineOf('po1', { ...story, ...change }).timeline.map((entry) => entry.step);

  it('goes from event to decision to request to answer to reference to posting', () => {
    const history = [
      step(2, 3, { occasion: 'Answered: applied', effectId: effect.id, note: 'to BE68539007547034' }),
      step(1, 1, { source: 't/0/1', effectId: effect.id, note: 'go' }),
    ];
    const told = timelineOf('po1', { ...story, history, effects: [effect], events: [event] });
    expect(told.timeline.map((entry) => entry.step)).toEqual([
      'event',
      'decision',
      'request',
      'answer',
      'reference',
      'posting',
      'decision',
    ]);
    expect(told.timeline[2]).toMatchObject({ request: { iban: 'BE68***7034' } });
    expect(told.timeline[3]).toMatchObject({ note: 'to BE68***7034' });
    expect(told.timeline[5]).toMatchObject({ at: '2026-01-01T00:00:02.500Z', references: { endToEndId: 'R' } });
  });

  it('shows a result with the last answer only, and none while the effect is open', () => {
    const history = [
      step(1, 1, {}),
      step(2, 2, { occasion: 'Inquired: pending', effectId: effect.id }),
      step(3, 3, { occasion: 'PersonSaid', effectId: effect.id }),
    ];
    expect(steps({ history, effects: [effect] })).toEqual([
      'decision',
      'request',
      'answer',
      'decision',
      'answer',
      'reference',
      'posting',
      'decision',
    ]);
    expect(steps({ history, effects: [{ ...effect, status: 'parked' }] })).toEqual([
      'decision',
      'request',
      'answer',
      'decision',
      'answer',
      'decision',
    ]);
    expect(steps({ history: [step(1, 1, {}), step(2, 2, { effectId: 'gone', occasion: 'Answered: applied' })] })).toEqual([
      'decision',
      'decision',
    ]);
  });

  it.each<[string, Json, string, string[]]>([
    ['no references', { endToEndId: '', paymentId: null }, 'Pay', ['answer']],
    ['no object', null, 'Pay', ['answer']],
    ['a reference and no booking', { cashOutId: 'c' }, 'CashOut', ['answer', 'reference']],
    ['a transaction at InvestSuite', { transactionId: 't' }, 'RecordTransaction', ['answer', 'reference', 'posting']],
    ['when it was paid', { paymentId: 'p', paidAt: '2026-01-01T00:00:02.000Z' }, 'Pay', ['answer', 'reference', 'posting']],
  ])('proves what can be proven: %s', (_what, result, name, wanted) => {
    const history = [step(1, 3, { occasion: 'Answered: applied', effectId: effect.id })];
    expect(steps({ history, effects: [{ ...effect, name, result }] }).filter((one) => one !== 'decision' && one !== 'request')).toEqual(
      wanted,
    );
  });

  it('finds an event by its id too, and shows what no step has named', () => {
    const history = [step(1, 1, { source: 'po1.0.0' })];
    const events = [
      { ...event, eventId: 'po1.0.0', source: null, at: '2026-01-01T00:00:01.500Z' },
      { ...event, eventId: 'news', at: '2026-01-01T00:00:09.000Z', note: 'news: the other side is asked' },
    ];
    const { timeline } = timelineOf('po1', {
      ...story,
      history,
      events: [...events, { ...event, eventId: 'new', handled: false, value: 'not JSON' }],
    });
    expect(
      timeline.map((entry) => [
        entry.step,
        entry.journeyId,
        'note' in entry ? entry.note : null,
        'content' in entry ? entry.content : null,
      ]),
    ).toEqual([
      ['event', null, 'not handled yet', '(cannot be read)'],
      ['event', 'po1', null, { id: 'e1' }],
      ['decision', 'po1', null, null],
      ['event', null, 'news: the other side is asked', { id: 'e1' }],
    ]);
  });

  it('shows what was said, what was put aside, and requests that were planned after the last step', () => {
    const history = [step(1, 1, { said: 'payout.finished' }), step(10, 2, {})];
    const messages = [
      {
        service: 'payout' as const,
        eventId: 'po1.1.0',
        topic: 'payout.finished',
        at: '2026-01-01T00:00:01.000Z',
        sentAt: null,
        value: '{}',
      },
    ];
    const deadLetters = [{ ...letter, firstSeen: '2026-01-01T00:00:00.000Z' }];
    const effects = [{ ...effect, id: 'late', plannedAt: '2026-01-01T00:00:08.000Z' }, effect];
    expect(steps({ history, messages, deadLetters, effects })).toEqual([
      'quarantined',
      'decision',
      'said',
      'request',
      'decision',
      'request',
    ]);
  });

  it('keeps two journeys in the order of time', () => {
    const other = { ...row, id: 'wd1', flow: 'withdrawal', service: 'withdrawal' as const };
    const history = [
      step(1, 2, {}),
      step(2, 4, {}),
      step(1, 1, { journeyId: 'wd1', service: 'withdrawal' }),
      step(2, 3, { journeyId: 'wd1', service: 'withdrawal' }),
    ];
    const told = timelineOf('po1', { ...story, journeys: [row, other], history });
    expect(told.timeline.map((entry) => entry.journeyId)).toEqual(['wd1', 'po1', 'wd1', 'po1']);
    expect(told.journeys.map(({ id }) => id)).toEqual(['po1', 'wd1']);
  });
});
