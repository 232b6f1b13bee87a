import { brokerChoice } from '../../../shared/adapters/broker/configured.js';
import { coreBankingChoice } from '../../../shared/adapters/core-banking/configured.js';
import { z } from 'zod';
import { wholeNumberText } from '../../../contracts/tokens.js';
import { webhookKeyOf } from '../../../shared/kernel/secret.js';
import { commonConfig } from '../../../shared/runtime/process/config.js';

/** Comma-separated; each is judged by the bytes that sign. Which one is wrong is said, never what it is. */
const secrets = z.string().transform((text, context) => {
  const list = text.split(',').map((one) => one.trim());
  list.forEach((one, index) => {
    const { problem } = webhookKeyOf(one);
    if (problem !== null) context.addIssue({ code: 'custom', message: `secret ${index + 1} of ${list.length} ${problem}` });
  });
  return list;
});

/** Who is heard, and what each side signs with. The adapters' logins are no business of the gateway: it asks nobody. */
export const config = commonConfig.extend({
  ...brokerChoice,
  ...coreBankingChoice,
  WEBHOOK_SECRETS_INVESTSUITE: secrets.meta({
    secret: true,
    description:
      'secrets that InvestSuite webhooks are signed with: `whsec_` and base64 of 24 to 64 random bytes; several, comma-separated, for rotation',
  }),
  WEBHOOK_SECRETS_BROKER: secrets.meta({ secret: true, description: 'the same for the broker feed' }),
  WEBHOOK_SECRETS_CORE_BANKING: secrets.meta({ secret: true, description: 'the same for core banking' }),
  WEBHOOK_MAX_BODY_BYTES: wholeNumberText(1_024, 10_485_760).default(1_048_576).meta({ description: 'larger bodies are refused' }),
  WEBHOOK_MAX_AT_ONCE: wholeNumberText(1, 10_000).default(500).meta({ description: 'more webhooks at once are asked to come again' }),
});
