/**
 * The kill switch with payments under way: once `operator stop` has returned, the books of bank and broker stand still, whatever the services
 * have planned. After two people have let go, everybody is paid, once.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { runOperatorCli } from '../support/operator-cli.js';
import type { CustomerEnd } from '../world/customer-end.js';
import { JourneyWorld, MONEY_SERVICES } from '../world/journey-world.js';

const CUSTOMERS = 24;
/** Longer than any wait between two tries, so that a request which would slip through has the time for it. */
const STANDS_STILL_MS = 8_000;

describe('the kill switch', () => {
  let world: JourneyWorld;

  beforeAll(async () => {
    world = await JourneyWorld.start({ services: [...MONEY_SERVICES, 'operator'] });
  }, 120_000);
  afterAll(async () => {
    await world.stop();
  }, 120_000);

  const operator = async (name: 'anna' | 'ben', argv: readonly string[]): Promise<string> => {
    const { urls, operators } = world.stack;
    const { exit, out, warned } = await runOperatorCli({
      argv,
      environment: {
        OPERATOR_URL: urls.operator,
        OPERATOR_TOKEN: operators[name].token,
        OPERATOR_KEY_FILE: operators.keyFileOf(operators[name]),
      },
      ...{ projectRoot: world.stack.folder, typed: null },
    });
    expect([exit, warned]).toEqual([0, '']);
    return out;
  };
  /** What the outside has been asked to do, by its own books. */
  const asked = async (): Promise<{ readonly cashOuts: number; readonly payments: number; readonly orders: number }> => {
    const [broker, bank] = await Promise.all([world.world.broker('GET', '/verdict'), world.world.bank('GET', '/verdict')]);
    const { totals: ofBroker } = broker as { readonly totals: { readonly redemptions: number; readonly orders: number } };
    const { totals: ofBank } = bank as { readonly totals: { readonly payments: number } };
    return { cashOuts: ofBroker.redemptions, payments: ofBank.payments, orders: ofBroker.orders };
  };

  it('lets not one payment, cash-out or order leave after it has returned; after it is let go all are paid once [A9]', async () => {
    const ends: CustomerEnd[] = [];
    const request = async (n: number): Promise<void> => {
      const sells = n % 3 === 0;
      const customer = await world.customer({
        cash: sells ? '100.00' : '1000.00',
        positions: sells ? [{ isin: 'US0378331005', units: '20' }] : [],
      });
      ends.push({ customer, paid: ['900'] });
      await world.app(customer, { action: 'set', amount: '900.00' });
    };
    for (let n = 0; n < CUSTOMERS / 2; n++) await request(n);
    await eventually('the first cash-out is made', asked, ({ cashOuts }) => cashOuts > 0, 60_000, 20);
    const [stopped] = await Promise.all([
      operator('anna', ['stop', 'all', '--why', 'a test of the switch']),
      // Some are asked for while it takes effect.
      (async () => {
        for (let n = CUSTOMERS / 2; n < CUSTOMERS; n++) await request(n);
      })(),
    ]);
    const before = await asked();
    expect(stopped).toContain('all');
    expect(before.payments).toBeLessThan(CUSTOMERS);
    const sinceMs = Date.now();
    const stoodStillMs = async (): Promise<number> => {
      expect(await asked()).toEqual(before);
      return Date.now() - sinceMs;
    };
    await eventually('the books stand still', stoodStillMs, (lastedMs) => lastedMs > STANDS_STILL_MS, 2 * STANDS_STILL_MS, 100);
    const health = await (await fetch(`${world.stack.services.get('payout')?.url ?? ''}/health/ready`)).json();
    expect(health).toMatchObject({ status: 'ready', stopped: [expect.stringMatching(/^stopped: all, since .*, by anna$/)] });
    const metrics = await (await fetch(`${world.stack.services.get('payout')?.url ?? ''}/metrics`)).text();
    expect(metrics).toMatch(/^cmw_stopped\{scope="all",service="payout"\} 1$/m);
    const { effects } = await world.look();
    expect(effects.filter(({ status }) => status === 'parked')).toEqual([]);

    await operator('ben', ['resume', 'all', '--why', 'the test is over']);
    expect(await asked()).toEqual(before);
    await operator('anna', ['stops', 'approve', 'all']);
    await world.untilBooksAgree(ends, 120_000);
    expect((await asked()).payments).toBe(CUSTOMERS);
    await world.untilQuiet();
  }, 300_000);
});
