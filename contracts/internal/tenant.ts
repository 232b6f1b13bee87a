/**
 * The tenant's file: how its values are written, and the choice that more than one service reads. Each service keeps what it alone
 * reads in its own `tenant.ts`. Each default is the careful one; infra/docs/configuration.md lists them all.
 */
import { z } from 'zod';
import { beliefsIn } from './services.js';
import { outsideTopics, type Topic } from './topics.js';

const DAY_MS = 86_400_000;
/** Shorter than this nothing outside answers. */
const SHORTEST_MS = 10;

const wait = (leastMs: number) =>
  z
    .number()
    .int()
    .min(leastMs)
    .max(30 * DAY_MS);

/** A duration in ms. */
export const waitMs = (defaultMs: number, description: string, leastMs = SHORTEST_MS) =>
  wait(leastMs).default(defaultMs).meta({ description });
/** A duration in ms that whoever reads it knows a value of its own for: `without` says which, in words. */
export const ownWaitMs = (without: string, description: string) => wait(SHORTEST_MS).optional().meta({ description, without });

/** A message of others may only point at something: the truth is read where it stands. */
const isOnlyPointer = (topic: Topic): boolean => beliefsIn(topic).every((belief) => belief === 'reads-again');

export const messageSettings = {
  unsignedTopics: z
    .array(z.enum(outsideTopics).refine(isOnlyPointer, 'a service believes what stands on this topic: its messages have to be signed'))
    .default([])
    .meta({ description: 'topics that others than our gateway may fill, unsigned; only those whose every reader reads the truth again' }),
} as const;
export type MessageTenant = { readonly unsignedTopics: readonly Topic[] };

/** Who integrates with the broker. We act only where it is the client. */
export const brokerMode = z.enum(['client', 'investsuite']);
