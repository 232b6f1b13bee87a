/** The suite is judged too: adapters that lie, each in one way, have to be found out by the scenarios that are there for it. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { brokerConformance } from './broker.conformance.js';
import { coreBankingConformance } from './core-banking.conformance.js';
import { payeeLiars } from './payee.liars.js';
import { brokerLiars as otherBrokerLiars, coreBankingLiars, type Liar } from './liars.js';
import { readingLiars } from './reading-liars.js';
import { inParallel, judge, type AnyKit, type Finding, type Scenario } from './suite.js';

/** Without its operation: what is checked of every write. */
const checkOf = (scenario: string): string => scenario.replace(/^(placeOrder|createCashOut|approveCashOut|pay): /, '');

/** Scenarios that no adapter can fail yet: nothing of the kind can be made to happen at a simulator of today. */
const NEVER_RUN = [
  'event gap: replay from a cursor',
  'pagination of lists',
  'cancel/fill race',
  'partial then cancel',
  'bust after settle',
];

const suite = <Kit extends AnyKit<Lever>, Lever extends string>(
  port: string,
  scenarios: readonly Scenario<Kit, Lever>[],
  liars: readonly Liar<Kit>[],
): void => {
  describe(`${port}: an adapter that`, () => {
    const cases = liars.flatMap(({ lie, convictedBy, start }) => convictedBy.map((name) => ({ lie, name, start })));
    const findings = new Map<string, Finding>();
    beforeAll(async () => {
      await inParallel(cases, async ({ lie, name, start }) => {
        const scenario = scenarios.find((one) => one.name === name);
        if (scenario !== undefined) findings.set(`${lie} / ${name}`, await judge(scenario, start, 2_000));
      });
    }, 300_000);

    it.each(cases.map(({ lie, name }) => [lie, name]))('%s is convicted by %s', (lie, name) => {
      expect(findings.get(`${lie} / ${name}`)).toMatchObject({ scenario: name, said: 'convicted' });
    });
  });
};

const bankLiars = [...coreBankingLiars, ...payeeLiars];
const brokerLiars = [...otherBrokerLiars, ...readingLiars];

suite('broker', brokerConformance, brokerLiars);
suite('core banking', coreBankingConformance, bankLiars);

describe('every scenario', () => {
  it('has a liar that it convicts', () => {
    const convicting = [...brokerLiars, ...bankLiars].flatMap(({ convictedBy }) => convictedBy.map(checkOf));
    const all = [...brokerConformance, ...coreBankingConformance].map(({ name }) => checkOf(name));
    const idle = [...new Set(all)].filter((name) => !convicting.includes(name) && !NEVER_RUN.includes(name));
    expect(idle).toEqual([]);
  });
});
