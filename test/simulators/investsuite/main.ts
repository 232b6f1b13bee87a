import { z } from 'zod';
import { announceReady, endOnSignal } from '../shared/http.js';
import { startInvestSuite } from './server.js';

/**
 * InvestSuite as a process of its own. Says {"ready":true,"url":...} on one line of standard output; ends on SIGTERM.
 * WEBHOOK_URL is the gateway's address, path included; WEBHOOK_SECRET is `whsec_` and base64.
 */
const environment = z
  .object({
    HTTP_HOST: z.string().default('127.0.0.1'),
    HTTP_PORT: z.coerce.number().int().min(0).max(65_535).default(0),
    WEBHOOK_URL: z.url().optional(),
    WEBHOOK_SECRET: z.string().optional(),
    SEED: z.coerce.number().int().default(1),
    OPTIMISER_DELAY_MS: z.coerce.number().int().min(0).default(200),
    INVESTSUITE_ACCESS_KEY_ID: z.string().default('simulator'),
    INVESTSUITE_SECRET_ACCESS_KEY: z.string().default('simulator-secret'),
    /** `1`: ends when standard input does, so that it cannot outlive its parent. */
    END_WITH_PARENT: z.enum(['0', '1']).default('0'),
  })
  .refine((values) => (values.WEBHOOK_URL === undefined) === (values.WEBHOOK_SECRET === undefined), {
    message: 'WEBHOOK_URL and WEBHOOK_SECRET go together',
  });

const read = environment.safeParse(process.env);
if (read.success) {
  const values = read.data;
  const start = startInvestSuite({
    host: values.HTTP_HOST,
    port: values.HTTP_PORT,
    seed: values.SEED,
    optimiserDelayMs: values.OPTIMISER_DELAY_MS,
    accessKeyId: values.INVESTSUITE_ACCESS_KEY_ID,
    secretAccessKey: values.INVESTSUITE_SECRET_ACCESS_KEY,
    onError: (error) => process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`),
    ...(values.WEBHOOK_URL === undefined || values.WEBHOOK_SECRET === undefined
      ? {}
      : { webhook: { url: values.WEBHOOK_URL, secret: values.WEBHOOK_SECRET } }),
  });
  start.then(
    (simulator) => {
      endOnSignal(simulator.close, values.END_WITH_PARENT === '1');
      announceReady(simulator.url);
    },
    (error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      process.exit(1);
    },
  );
} else {
  process.stderr.write(`${read.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n')}\n`);
  process.exit(78);
}
