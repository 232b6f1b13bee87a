import type { z } from 'zod';
import type { EventReader } from '../../../contracts/internal/event-reader.js';
import type { CoreBankingPort } from '../../ports/core-banking.js';
import { choiceOf } from '../choice.js';
import type { Outside } from '../http/http.js';
import { outsideSettings, type OutsideTenant } from '../tenant.js';
import { paymentsApi } from './payments-api/configured.js';

/** What the tenant chooses about any bank. */
export const coreBankingSettings = outsideSettings;
export type CoreBankingTenant = OutsideTenant;

/** Every core banking system, one line each; the first is the default. */
const choice = choiceOf<CoreBankingPort, CoreBankingTenant>('CORE_BANKING', 'which core banking system', {
  'payments-api': paymentsApi,
});

/** What a service reads from the environment that talks to the bank. */
export const coreBankingConfig = choice.environment as { readonly CORE_BANKING: z.ZodType<string> };
/** What the gateway reads: it hears the bank and asks it nothing. */
export const coreBankingChoice = choice.choice as { readonly CORE_BANKING: z.ZodType<string> };
export const coreBankingProblems = choice.problems;
export const configuredCoreBanking = (
  settings: { readonly CORE_BANKING: string; readonly tenant: CoreBankingTenant },
  outside: Outside,
): CoreBankingPort => choice.make(settings, settings.tenant, outside);
/** How the bank's calls are read. */
export const coreBankingEvents = (settings: { readonly CORE_BANKING: string }): readonly EventReader[] => choice.events(settings);
export const allCoreBankingEvents = choice.allEvents;
