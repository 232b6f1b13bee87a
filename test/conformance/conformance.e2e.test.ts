/** Every scenario against every adapter, over the adapter's simulator. Starts neither Kafka nor Postgres. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { brokerAdapters, coreBankingAdapters } from './adapters.js';
import { brokerConformance } from './broker.conformance.js';
import { coreBankingConformance } from './core-banking.conformance.js';
import { judgeAll, printed, type AnyKit, type Finding, type Scenario } from './suite.js';

const suite = <Kit extends AnyKit<Lever>, Lever extends string>(
  port: string,
  scenarios: readonly Scenario<Kit, Lever>[],
  adapters: Readonly<Record<string, () => Promise<Kit>>>,
): void => {
  describe.each(Object.entries(adapters))(`${port}: %s`, (name, start) => {
    let findings: readonly Finding[] = [];
    beforeAll(async () => {
      findings = await judgeAll(scenarios, start);
      process.stdout.write(`${printed(`${port} ${name}`, findings)}\n`);
    }, 300_000);

    it.each(scenarios.map((scenario) => scenario.name))('%s', (scenario) => {
      const found = findings.find((one) => one.scenario === scenario);
      expect(found).toMatchObject({ said: expect.stringMatching(/^(kept|not applicable)$/) });
      // Nothing is left out without a reason.
      if (found?.said === 'not applicable') expect(found.why.length).toBeGreaterThan(20);
    });
  });
};

suite('broker', brokerConformance, brokerAdapters);
suite('core banking', coreBankingConformance, coreBankingAdapters);
