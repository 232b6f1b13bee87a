import { brokerChoice } from '../../../shared/adapters/broker/configured.js';
import { coreBankingChoice } from '../../../shared/adapters/core-banking/configured.js';
import { z } from 'zod';
import { commonConfig } from '../../../shared/runtime/process/config.js';

const secrets = z.string().transform((text, context) => {
  const list = text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
  if (list.length > 0 && list.every((one) => one.length >= 16)) return list;
  context.addIssue({ code: 'custom', message: 'must hold one or more secrets of at least 16 characters, comma-separated' });
  return z.NEVER;
});

/** Who is heard, and what each side signs with. The adapters' logins are no business of the gateway: it asks nobody. */
export const config = commonConfig.extend({
  ...brokerChoice,
  ...coreBankingChoice,
  WEBHOOK_SECRETS_INVESTSUITE: secrets.meta({
    secret: true,
    description: 'secrets that InvestSuite webhooks are signed with; several for rotation',
  }),
  WEBHOOK_SECRETS_BROKER: secrets.meta({ secret: true, description: 'the same for the broker feed' }),
  WEBHOOK_SECRETS_CORE_BANKING: secrets.meta({ secret: true, description: 'the same for core banking' }),
  WEBHOOK_MAX_BODY_BYTES: z.coerce
    .number()
    .int()
    .min(1_024)
    .max(10_485_760)
    .default(1_048_576)
    .meta({ description: 'larger bodies are refused' }),
  WEBHOOK_MAX_AT_ONCE: z.coerce
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(500)
    .meta({ description: 'more webhooks at once are asked to come again' }),
});
