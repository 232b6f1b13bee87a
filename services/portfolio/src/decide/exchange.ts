/** What `portfolio` knows of its messages to `lost-request`. Pure. */
import { z } from 'zod';
import type { DivestAmount } from '../../../../shared/kernel/money.js';
import { announcedAfter } from './levels.js';
import { storedHandOver, type GapFound, type HandedOver, type ToLostRequest } from './messages.js';
import { storedLevel } from './stored.js';

export const storedExchange = z.object({
  /** The number of our newest message. */
  sent: z.number().int(),
  /** The number of the newest message that was answered. No other is sent before that. */
  answered: z.number().int(),
  /** The number of the message that told of the newest gap, while a lost request is open; null when none is open. */
  openSince: z.number().int().nullable(),
  /** Levels that were announced and wait to be forwarded, oldest first. */
  waiting: z.array(storedLevel).readonly(),
  /** The level of our newest write since that gap; null where none was written. */
  levelWritten: storedLevel.nullable(),
  /** A lost request of the first release that is not sent yet. */
  handOver: storedHandOver.nullable(),
});
export type Exchange = Readonly<z.infer<typeof storedExchange>>;

export type Sent = { readonly exchange: Exchange; readonly messages: readonly ToLostRequest[] };

export const NOTHING_SENT: Exchange = { sent: 0, answered: 0, openSince: null, waiting: [], levelWritten: null, handOver: null };

export const isOpen = ({ openSince }: Exchange): boolean => openSince !== null;
/** Only the answer to the newest message counts: another one may still lead to a look at what stands at InvestSuite. */
export const isAnswer = ({ sent }: Exchange, handled: number): boolean => handled === sent;
/** An end that was decided before the newest gap was known is not the end of what was opened for that gap. */
export const isOfOpenOne = ({ openSince }: Exchange, handled: number): boolean => openSince !== null && handled >= openSince;

export const withLevel = (exchange: Exchange, level: DivestAmount): Exchange => ({
  ...exchange,
  waiting: announcedAfter(exchange.waiting, level),
});

/** A review of the first release goes along: there is no other lost request that it could be told to. */
export const sendGap = (exchange: Exchange, found: Omit<GapFound, 'type' | 'number' | 'review'>): Sent => {
  const number = exchange.sent + 1;
  const review = exchange.handOver?.review ?? null;
  return {
    exchange: { ...exchange, sent: number, openSince: number, waiting: [], levelWritten: null, handOver: null },
    messages: [{ type: 'GapFound', number, review, ...found }],
  };
};

/** What waits, if anything may be sent now. What the first release has left goes first. */
export const sendNext = (exchange: Exchange): Sent => {
  const { sent, answered, waiting, levelWritten, handOver } = exchange;
  if (handOver !== null) return { exchange: { ...exchange, handOver: null }, messages: [handOver] };
  const [level, ...others] = waiting;
  if (level === undefined || answered !== sent) return { exchange, messages: [] };
  const number = sent + 1;
  return {
    exchange: { ...exchange, sent: number, waiting: others },
    messages: [{ type: 'LevelForwarded', number, level, levelWritten }],
  };
};

/** How a restoration ended. One that the first release has begun is told of together with its lost request. */
export const sendOutcome = (exchange: Exchange, outcome: NonNullable<HandedOver['outcome']>): Sent => {
  const { handOver } = exchange;
  if (handOver !== null) return { exchange: { ...exchange, handOver: null }, messages: [{ ...handOver, outcome }] };
  const number = exchange.sent + 1;
  return { exchange: { ...exchange, sent: number }, messages: [{ ...outcome, number }] };
};
