/** Messages as the gateway writes them: the samples of the outside systems' own documentation, with ids and amounts that differ. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OutsideTopic } from '../../contracts/internal/topics.js';
import { projectRoot } from '../../infra/sandbox/project-root.js';
import { parseJson, type Json } from '../../shared/kernel/json.js';
import type { OutgoingMessage } from '../../shared/runtime/kafka/producer.js';
import { forwarded, readerOf } from '../support/forwarded.js';

const sample = (path: string): string => readFileSync(join(projectRoot, 'contracts', path), 'utf8').trim();
const [ORDER_EVENT] = parseJson(sample('broker/drivewealth/samples/events.json')) as readonly Json[];
const orderEvent = ORDER_EVENT as { readonly [key: string]: Json };
const orderPayload = orderEvent['payload'] as { readonly [key: string]: Json };

/** A number of five digits at least, so that all messages have about one length. */
const digits = (number: number): string => String(100_000 + number);

/** An event of the broker about an order that nobody here has placed: it is taken in and asked after in the database, no journey moves. */
export const brokerOrderBody = (number: number): Json => ({
  ...orderEvent,
  id: `event_dcadb7df-a677-4ba6-8a06-1500${digits(number).padStart(8, '0')}`,
  payload: { ...orderPayload, id: `MW.021be353-1f63-4540-aeeb-8a11${digits(number).padStart(8, '0')}`, accountNo: `DW${digits(number)}` },
});

const messageOf = (topic: OutsideTopic, body: Json): OutgoingMessage => {
  const message = forwarded(readerOf(topic), body, '2026-01-05T10:15:00.000Z');
  if (message === null) throw new Error(`the gateway forwards nothing to ${topic}`);
  return message;
};

export const brokerOrderMessage = (number: number): OutgoingMessage => messageOf('broker.order-status', brokerOrderBody(number));

const WITHDRAWAL_EVENT = sample('investsuite/samples/event-withdrawal.json');

export const portfolioIdOf = (number: number): string => `P01HQZX3V9K2M4N6P8R0${digits(number)}`;

/** A customer's ask for money: the first message of a withdrawal. */
export const withdrawalBody = (number: number): Json => {
  const event = parseJson(WITHDRAWAL_EVENT) as { readonly data: { readonly [key: string]: Json } };
  return { ...event, id: `7d1a3c52-${digits(number)}`, data: { ...event.data, id: portfolioIdOf(number) } };
};

export const withdrawalMessage = (number: number): OutgoingMessage => messageOf('portfolio.withdrawal-request', withdrawalBody(number));
