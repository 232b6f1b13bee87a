/**
 * The tenant's file: how its values are written, and the choice that more than one service reads. Each service keeps what it alone
 * reads in its own `tenant.ts`. Each default is the careful one; infra/docs/configuration.md lists them all.
 */
import { z } from 'zod';

const DAY_MS = 86_400_000;
/** Shorter than this nothing outside answers. */
const SHORTEST_MS = 10;

/** A duration in ms. */
export const waitMs = (defaultMs: number, description: string, leastMs = SHORTEST_MS) =>
  z
    .number()
    .int()
    .min(leastMs)
    .max(30 * DAY_MS)
    .default(defaultMs)
    .meta({ description });

/** Who integrates with the broker. We act only where it is the client. */
export const brokerMode = z.enum(['client', 'investsuite']);
