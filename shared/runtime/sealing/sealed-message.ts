/** The personal part of a message: sealed as one text before it leaves, opened when it is read. The rest stays readable for anybody on the topic. */
import { isJsonObject } from '../../../contracts/tokens.js';
import {
  headerNames,
  parseEnvelope,
  parseValue,
  printEnvelope,
  signatureHeaders,
  type Envelope,
} from '../../../contracts/internal/envelope.js';
import { personalMembersOf, SEALED } from '../../../contracts/internal/personal.js';
import { maskText } from '../../kernel/account-mask.js';
import { printJson, type Json, type Printable } from '../../kernel/json.js';
import { isSealed, type Sealer } from './sealer.js';

/** A sealed part belongs to its event: it cannot be put into another one. */
const aboutEvent = (eventId: string): string => `event ${eventId}`;
const ABOUT_TEXT = 'text';

type Members = { readonly [key: string]: Printable };

/** `data` as it travels. What holds nothing personal is given back as it is. */
export const sealedContent = (sealer: Sealer, topic: string, eventId: string, content: Members): Members => {
  const personal = personalMembersOf(topic).filter((name) => content[name] !== undefined);
  if (personal.length === 0) return content;
  const secret = Object.fromEntries(personal.map((name) => [name, content[name]]));
  const open = Object.entries(content).filter(([name]) => !personal.includes(name));
  return { ...Object.fromEntries(open), [SEALED]: sealer.seal(printJson(secret), aboutEvent(eventId)) };
};

const sealedPartOf = ({ data }: Envelope): string | null => {
  const part = isJsonObject(data) ? data[SEALED] : undefined;
  return typeof part === 'string' && isSealed(part) ? part : null;
};

/** The event with its personal part in clear; `wasSealed` says whether it had one. @throws SealKeyMissing, SealBroken, JsonError. */
export const openedEvent = (sealer: Sealer, event: Envelope): { readonly event: Envelope; readonly wasSealed: boolean } => {
  const part = sealedPartOf(event);
  if (part === null) return { event, wasSealed: false };
  const { [SEALED]: _sealed, ...open } = event.data as { readonly [key: string]: Json };
  const secret = parseValue(sealer.open(part, aboutEvent(event.id)));
  return { event: { ...event, data: { ...open, ...(secret as { readonly [key: string]: Json }) } }, wasSealed: true };
};

/** A whole text: of what cannot be read, or came from somebody who seals nothing. */
export const sealedText = (sealer: Sealer, text: string): string => sealer.seal(text, ABOUT_TEXT);

/** A body as it came, byte by byte: it may be no text at all. */
const ABOUT_BODY = 'body';
export const sealedBody = (sealer: Sealer, body: Buffer): string => sealer.seal(body.toString('base64'), ABOUT_BODY);
/** A body of before, which was not sealed, is given back as it is. @throws SealKeyMissing, SealBroken. */
export const openedBody = (sealer: Sealer, kept: Buffer): Buffer => {
  const text = kept.toString('latin1');
  return isSealed(text) ? Buffer.from(sealer.open(text, ABOUT_BODY), 'base64') : kept;
};

/** What an instance hands over to a newer one is found by its beginning, which stays. */
const HANDED_OVER = /^\{"(answers|notifies)":("(?:[^"\\]|\\.)*"),/;
const HANDED_OVER_SEALED = /^\{"(?:answers|notifies)":"(?:[^"\\]|\\.)*","sealed":"(sealed:1:[^"]+)"\}$/;
export const sealedHandedOver = (sealer: Sealer, text: string): string => {
  const [, name, id] = HANDED_OVER.exec(text) ?? [];
  return name === undefined || id === undefined ? text : `{"${name}":${id},"${SEALED}":"${sealedText(sealer, text)}"}`;
};

/**
 * What a stored message says, in clear: the text that people see, and whose hash they sign. The same for everybody who has the keys.
 * A text that is not sealed is given back as it is. @throws SealKeyMissing, SealBroken.
 */
export const clearText = (sealer: Sealer, text: string): string => {
  if (isSealed(text)) return sealer.open(text, ABOUT_TEXT);
  if (!text.includes('"sealed":"sealed:1:')) return text;
  const whole = HANDED_OVER_SEALED.exec(text)?.[1];
  if (whole !== undefined) return sealer.open(whole, ABOUT_TEXT);
  let event: Envelope;
  try {
    event = parseEnvelope(text);
  } catch {
    return text;
  }
  return printEnvelope(openedEvent(sealer, event).event);
};

/** How a service reads messages, and keeps those whose sender seals nothing. */
export type MessageSealing = {
  /** @throws SealKeyMissing, SealBroken. */
  readonly open: (event: Envelope) => { readonly event: Envelope; readonly wasSealed: boolean };
  /** The message as it is kept: whole and sealed, unless what is personal in it was sealed by its sender. */
  readonly keep: (text: string) => string;
  /** What was kept, as it came. @throws SealKeyMissing, SealBroken. */
  readonly asItCame: (text: string) => string;
  /** The name of a lane: where a sender has made a key of an account, the hash of it. */
  readonly lane: (key: string) => string;
};

const namesAnAccount = (text: string): boolean => maskText(text) !== text;
const OURS: ReadonlySet<string> = new Set([...Object.values(headerNames), ...Object.values(signatureHeaders), 'dlq-encoding']);

type Kept = { readonly key: string | null; readonly headers: Readonly<Record<string, string>>; readonly value: string };
/** A message that may hold anything personal. Sealed are its value, headers that are none of ours, and its key where that names an account. */
export const keptSealed = <M extends Kept>(message: M, { keep }: MessageSealing): M => ({
  ...message,
  key: message.key !== null && namesAnAccount(message.key) ? keep(message.key) : message.key,
  headers: Object.fromEntries(
    Object.entries(message.headers).map(([name, text]) => [name, OURS.has(name) && !namesAnAccount(text) ? text : keep(text)]),
  ),
  value: keep(message.value),
});
/** The same as it came. @throws SealKeyMissing, SealBroken. */
export const keptAsItCame = <M extends Kept>(message: M, { asItCame }: MessageSealing): M => ({
  ...message,
  key: message.key === null ? null : asItCame(message.key),
  headers: Object.fromEntries(Object.entries(message.headers).map(([name, text]) => [name, asItCame(text)])),
  value: asItCame(message.value),
});

export const messageSealing = (sealer: Sealer): MessageSealing => ({
  open: (event) => openedEvent(sealer, event),
  keep: (text) => (text === '' || isSealed(text) ? text : sealedText(sealer, text)),
  asItCame: (text) => {
    const whole = isSealed(text) ? text : HANDED_OVER_SEALED.exec(text)?.[1];
    return whole === undefined ? text : sealer.open(whole, ABOUT_TEXT);
  },
  lane: (key) => (namesAnAccount(key) ? sealer.hash('key', key) : key),
});

/** For what knows no keys: nothing is sealed and nothing opened. */
export const NOTHING_SEALED: MessageSealing = {
  open: (event) => ({ event, wasSealed: false }),
  keep: (text) => text,
  asItCame: (text) => text,
  lane: (key) => key,
};
