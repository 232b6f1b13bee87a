import type { z } from 'zod';
import type { EventReader } from '../../../contracts/internal/event-reader.js';
import type { BrokerPort } from '../../ports/broker.js';
import { choiceOf } from '../choice.js';
import type { Outside } from '../http/http.js';
import { driveWealth } from './drivewealth/configured.js';
import { brokerSettings, type BrokerTenant } from './tenant.js';

export { brokerSettings };

/** Every broker, one line each; the first is the default. */
const choice = choiceOf<BrokerPort, BrokerTenant>('BROKER', 'which broker', {
  drivewealth: driveWealth,
});

/** What a service reads from the environment that talks to the broker. */
export const brokerConfig = choice.environment as { readonly BROKER: z.ZodType<string> };
/** What the gateway reads: it hears the broker and asks it nothing. */
export const brokerChoice = choice.choice as { readonly BROKER: z.ZodType<string> };
export const brokerProblems = choice.problems;
export const configuredBroker = (settings: { readonly BROKER: string; readonly tenant: BrokerTenant }, outside: Outside): BrokerPort =>
  choice.make(settings, settings.tenant, outside);
/** How the broker's events are read. */
export const brokerEvents = (settings: { readonly BROKER: string }): readonly EventReader[] => choice.events(settings);
export const allBrokerEvents = choice.allEvents;
