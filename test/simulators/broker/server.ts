import { createApp, lastResort, listen } from '../shared/http.js';
import { createAdminRoutes, type Broker } from './admin.js';
import type { BrokerConfig } from './config.js';
import { createOutlet, createTimers } from '../shared/control.js';
import { createOrders } from './orders.js';
import { createRedemptions } from './redemptions.js';
import { createVendorRoutes, type Vendor } from './routes.js';
import type { World } from './model.js';
import { createWorld } from './world.js';

export type RunningBroker = {
  /** Without a slash at its end. The vendor's API answers under it and under `/back-office`. */
  readonly url: string;
  readonly world: () => World;
  readonly close: () => Promise<void>;
};

type Whole = Broker & { readonly vendor: Vendor };

/** Starts the broker. @throws RangeError for a webhook secret that is too short. */
export const startBroker = async (config: BrokerConfig): Promise<RunningBroker> => {
  const nowMs = (): number => Date.now();
  const timers = createTimers();
  const outlet = createOutlet(nowMs, '');
  let secret = config.webhookSecret;
  const aim = async (url: string | null, newSecret: string | null): Promise<void> => {
    secret = newSecret ?? secret;
    await outlet.aim(() => url, secret);
  };
  const build = (seed: number): Whole => {
    const world = createWorld({ ...config, seed }, { nowMs, after: timers.after }, outlet.send);
    const orders = createOrders(world);
    const redemptions = createRedemptions(world);
    const vendor = createVendorRoutes(world, orders, redemptions);
    return { world, orders, redemptions, vendor, endTokens: vendor.endTokens };
  };
  let whole = build(config.seed);
  await aim(config.webhookUrl, null);

  const app = createApp();
  app.use(
    createAdminRoutes({
      broker: () => whole,
      aim,
      reset: (seed) => {
        timers.clear();
        whole = build(seed ?? config.seed);
      },
      deliveries: () => ({ waiting: outlet.waiting(), attempts: outlet.attempts() }),
    }),
  );
  app.use('/back-office', (request, response, next) => {
    whole.vendor.router(request, response, next);
  });
  app.use((request, response, next) => {
    whole.vendor.router(request, response, next);
  });
  app.use(
    lastResort((error) => {
      process.stderr.write(`broker simulator: ${String(error)}\n`);
    }),
  );
  const http = await listen(app, config.host, config.port);
  return {
    url: http.url,
    world: () => whole.world,
    close: async () => {
      timers.clear();
      await outlet.stop();
      await http.close();
    },
  };
};
