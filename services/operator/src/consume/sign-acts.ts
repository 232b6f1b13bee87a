/** What people ask for and approve on the command line. Each signs with a key of their own; what is signed is computed here, from what is shown. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { ActFacts } from '../../../../contracts/internal/acts.js';
import { mayCallOf } from '../../../../contracts/internal/services.js';
import { integerToken } from '../../../../contracts/tokens.js';
import { isoOf } from '../../../../shared/kernel/instant.js';
import { printJson, type Json, type Printable } from '../../../../shared/kernel/json.js';
import { publicKeyText } from '../../../../shared/runtime/signing/ed25519.js';
import { textHash } from '../../../../shared/runtime/signing/signed-act.js';
import { Usage, type Flags, type Session } from './session.js';
import { effectApprovalScreen, messageApprovalScreen, type Asked } from '../decide/approval-screen.js';
import { differenceOf, fieldsOf } from '../decide/difference.js';
import { previewOf } from '../decide/money-at-stake.js';
import { QUARANTINES } from '../decide/operator.js';
import { memberOf, rowsIn } from '../decide/screens.js';
import { Refused } from '../decide/asked.js';

const said = (row: Json, key: string): string => {
  const value = memberOf(row, key);
  return typeof value === 'string' ? value : '';
};
const textIn = (flags: Flags, name: string): string => {
  const value = flags[name];
  return typeof value === 'string' ? value : '';
};

export const selectionOf = (session: Session, flags: Flags, selected: string): { readonly [key: string]: Printable } => {
  const { topic, reason, service } = flags;
  const body = session.readBody(flags['body']);
  const narrowed = { topic, reason, service, ...(body === undefined ? {} : { body }) };
  if (selected === 'all') return { ...narrowed, all: true };
  if (selected !== '') return { ...narrowed, eventId: selected };
  if (topic === undefined && reason === undefined) throw new Usage('select by an event id, --topic, --reason, or the word "all"');
  return narrowed;
};

type LetterKind = 'replay-dead-letter' | 'discard-dead-letter';

/** Looks first, then signs for each message that was found, as it is now. */
const askAboutLetters = async (session: Session, flags: Flags, kind: LetterKind, selected: string): Promise<void> => {
  const selection = selectionOf(session, flags, selected);
  const { body } = selection;
  const found = await session.ask('POST', '/dead-letters/preview', selection);
  const letters = rowsIn(found, 'items').filter((item) => kind === 'discard-dead-letter' || memberOf(item, 'canRun') === true);
  if (letters.length === 0)
    throw new Refused(`Nothing of this can run again: ${said(rowsIn(found, 'items')[0] ?? null, 'because')} (cannot-run)`);
  const why = textIn(flags, 'why').trim();
  const acts: Printable[] = [];
  for (const letter of letters) {
    const facts = {
      actId: session.newActId(),
      service: said(letter, 'service'),
      eventId: said(letter, 'eventId'),
      attempts: said(letter, 'attempts'),
      // Of a correction it is the hash of the file that was read here, whatever the service says.
      text: typeof body === 'string' ? textHash(body) : said(letter, 'text'),
    };
    acts.push({ ...facts, signature: await session.sign({ kind, ...facts, why }, 'asks') });
  }
  if (memberOf(found, 'more') === true) session.tools.warn('there are more: these first, the rest when you ask again\n');
  const path = kind === 'replay-dead-letter' ? '/dead-letters/replay' : '/dead-letters/discard';
  await session.follow(await session.ask('POST', path, { acts, why, ...(body === undefined ? {} : { body }) }), flags);
};

export const askReplay = (session: Session, flags: Flags, selected: string): Promise<void> =>
  askAboutLetters(session, flags, 'replay-dead-letter', selected);
export const askDiscard = (session: Session, flags: Flags, selected: string): Promise<void> =>
  askAboutLetters(session, flags, 'discard-dead-letter', selected);

export const askAnswer = async (session: Session, flags: Flags, effectId: string): Promise<void> => {
  const effect = await session.ask('GET', `/effects/${encodeURIComponent(effectId)}`);
  const generation = Number(printJson(memberOf(effect, 'generation')));
  const facts = {
    actId: session.newActId(),
    effectId,
    generation,
    answer: textIn(flags, 'answer'),
    evidence: textIn(flags, 'evidence').trim(),
  };
  const signature = await session.sign({ kind: 'answer-effect', service: said(effect, 'service'), ...facts }, 'asks');
  await session.follow(await session.ask('POST', '/effects/answer', { ...facts, generation: String(generation), signature }), flags);
};

const signed = { actId: z.string(), service: z.string() } as const;
const ofLetter = { ...signed, eventId: z.string(), attempts: z.string(), text: z.string(), why: z.string() } as const;
const asks = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('replay-dead-letter'), ...ofLetter }),
  z.object({ kind: z.literal('discard-dead-letter'), ...ofLetter }),
  z.object({
    kind: z.literal('answer-effect'),
    ...signed,
    effectId: z.string(),
    generation: integerToken,
    answer: z.string(),
    evidence: z.string(),
  }),
]);
const text = z.string().nullable();
const message = z.object({
  eventId: z.string(),
  service: z.enum(QUARANTINES),
  topic: z.string(),
  portfolioId: text,
  reason: z.string(),
  stored: z.string(),
  corrected: text,
  journeys: z.array(z.object({ id: z.string(), flow: z.string(), status: z.string(), amount: text, currency: text })),
});
const effect = z.object({
  effect: z.string(),
  service: z.string(),
  journey: z.string(),
  portfolioId: z.string(),
  status: z.string(),
  note: text,
  amount: text,
  currency: text,
  request: z.custom<Json>(),
});
const toApprove = z.object({
  act: z.object({ id: z.string(), madeBy: z.string(), why: z.string() }),
  asks,
  message: message.nullable(),
  effect: effect.nullable(),
});
type ToApprove = z.output<typeof toApprove>;

const screenOfMessage = (asked: Asked, facts: Extract<ActFacts, { text: string }>, one: z.output<typeof message>): string => {
  const runs = one.corrected ?? one.stored;
  const hash = textHash(runs);
  // Whatever the service says: the hash that goes under the signature is that of the text that is shown here.
  if (hash !== facts.text || one.eventId !== facts.eventId || one.service !== facts.service)
    throw new Refused(`the text is not the one that ${asked.by} signed: nothing was approved`);
  return messageApprovalScreen(asked, {
    preview: previewOf({ ...one, value: one.stored }, one.corrected, one.journeys),
    changes: one.corrected === null ? null : differenceOf(one.stored, one.corrected),
    fields: fieldsOf(runs),
    hash,
  });
};

const screenOfEffect = (asked: Asked, facts: Extract<ActFacts, { kind: 'answer-effect' }>, one: z.output<typeof effect>): string =>
  effectApprovalScreen(asked, {
    effectId: facts.effectId,
    effect: one.effect,
    service: facts.service,
    portfolioId: one.portfolioId,
    generation: String(facts.generation),
    status: one.status,
    note: one.note ?? '',
    request: printJson(one.request),
    money: `${one.amount ?? ''} ${one.currency ?? ''}`.trim(),
    answer: facts.answer,
    evidence: facts.evidence,
    mayCall: mayCallOf(one.journey) ?? [],
  });

const screenOf = (found: ToApprove): string => {
  const { act, asks: facts } = found;
  const asked: Asked = { act: act.id, kind: facts.kind, by: act.madeBy, why: act.why };
  if (facts.kind !== 'answer-effect') {
    if (found.message !== null) return screenOfMessage(asked, facts, found.message);
  } else if (found.effect !== null) return screenOfEffect(asked, facts, found.effect);
  throw new Refused('what it is about is not there any more: nothing was approved');
};

const confirm = async (session: Session, flags: Flags): Promise<void> => {
  if (flags['yes'] === true) return;
  const { prompt } = session.tools;
  if (prompt === null) throw new Usage('nothing was approved: nobody is there to ask; look at what is shown, and give --yes');
  if ((await prompt('Type yes to sign it: ')).trim() !== 'yes') throw new Refused('nothing was approved');
};

/** Shows what would happen, then signs exactly that. */
export const approve =
  (kind: string | undefined) =>
  async (session: Session, flags: Flags, id: string): Promise<void> => {
    const search = new URLSearchParams({ id, ...(kind === undefined ? {} : { kind }) });
    const parsed = toApprove.safeParse(await session.ask('GET', `/acts/approval?${search.toString()}`));
    if (!parsed.success) throw new Refused('the service does not show what is to be approved');
    const screen = screenOf(parsed.data);
    // What is read by a program stays on its own.
    (flags['json'] === true ? session.tools.warn : session.tools.write)(`${screen}\n`);
    await confirm(session, flags);
    const approval = await session.sign(parsed.data.asks, 'approves');
    await session.follow(await session.ask('POST', '/acts/approve', { id: parsed.data.act.id, approval }), flags);
  };

const NAME = /^[a-z][a-z0-9._-]{0,63}$/;
const YEAR_DAYS = 365;

/** A key pair and a token for one person. Both secrets go into files that only their owner may read, never to the terminal. */
export const newKeys = async (session: Session, flags: Flags, name: string): Promise<void> => {
  if (!NAME.test(name)) throw new Usage('a name is lower case letters, digits, `.`, `_` and `-`');
  const { writeSecret, write, nowMs } = session.tools;
  const { privateKey } = generateKeyPairSync('ed25519');
  const token = randomBytes(32).toString('base64url');
  const stem = textIn(flags, 'out') === '' ? name : textIn(flags, 'out');
  const secrets = [
    [`${stem}.key`, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()],
    [`${stem}.token`, `${token}\n`],
  ] as const;
  for (const [path, content] of secrets) {
    try {
      writeSecret(path, content);
    } catch (error) {
      throw new Usage(`${path} cannot be written: ${error instanceof Error ? error.message : 'unknown'}`);
    }
  }
  const expires = isoOf(nowMs() + YEAR_DAYS * 86_400_000).slice(0, 10);
  write(
    [
      `# ${stem}.key and ${stem}.token belong to ${name} alone. Put these lines into OPERATORS_FILE, and choose the roles:`,
      '  - name: ' + name,
      '    roles: [look, act, approve]',
      `    expires: ${expires}`,
      `    tokenHash: ${textHash(token)}`,
      `    publicKey: ${publicKeyText(privateKey)}`,
      '',
    ].join('\n'),
  );
  await Promise.resolve();
};
