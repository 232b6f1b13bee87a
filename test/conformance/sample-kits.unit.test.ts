/** An adapter that `npm run new` has written keeps nothing yet, and the suite says of each scenario what is missing. */
import { describe, expect, it } from '@jest/globals';
import { saysNotBuilt } from '../../infra/new/sample-adapter/unbuilt.js';
import { brokerConformance } from './broker.conformance.js';
import { coreBankingConformance } from './core-banking.conformance.js';
import { sampleBrokerKit } from './sample-broker.kit.js';
import { sampleCoreBankingKit } from './sample-core-banking.kit.js';
import { judge, judgeAll, printed, type AnyKit, type Scenario } from './suite.js';
import { onlyWhatIsBuilt } from './under-construction.js';

describe('the sample of an adapter', () => {
  it.each([
    ['broker', brokerConformance.length, () => judgeAll(brokerConformance, () => sampleBrokerKit())],
    ['core banking', coreBankingConformance.length, () => judgeAll(coreBankingConformance, () => sampleCoreBankingKit())],
  ] as const)('keeps nothing of what a %s adapter has to keep, and says why', async (_port, count, judged) => {
    const findings = await judged();
    expect(findings).toHaveLength(count);
    expect(findings.filter(({ said, why }) => said !== 'not built' || why.length < 10)).toEqual([]);
    expect(printed('sample', findings)).toContain(`0 kept, 0 convicted, 0 not applicable, ${String(count)} not built, 0 broken`);
  });
});

describe('a kit that is not finished', () => {
  type Lever = 'fill' | 'cut' | 'pay: cut' | 'unheard of';
  const kit = (built?: readonly Lever[]): AnyKit<Lever> => ({
    cannot: { 'unheard of': 'nobody has heard of it' },
    ...(built === undefined ? {} : { built }),
    close: async () => undefined,
  });
  const verdict = async (needs: readonly Lever[], built?: readonly Lever[]): Promise<string> => {
    const scenario: Scenario<AnyKit<Lever>, Lever> = { name: 'one', needs, run: async () => undefined };
    const { said, why } = await judge(scenario, async () => kit(built));
    return `${said}: ${why}`;
  };

  it('is not asked for a lever that it cannot pull yet', async () => {
    expect(await verdict(['fill', 'cut'], ['fill'])).toBe('not built: the kit cannot make this happen yet: cut');
    expect(await verdict(['fill', 'cut'], ['fill', 'cut'])).toBe('kept: ');
    expect(await verdict(['fill', 'cut'])).toBe('kept: ');
  });
  it('may have a lever for one operation first', async () => {
    expect(await verdict(['cut', 'pay: cut'], ['pay: cut'])).toBe('kept: ');
    expect(await verdict(['cut', 'pay: cut'], ['cut'])).toBe('kept: ');
    expect(await verdict(['cut'], ['pay: cut'])).toBe('not built: the kit cannot make this happen yet: cut');
  });
  it('is not asked for what the system does not know', async () => {
    expect(await verdict(['unheard of'], [])).toBe('not applicable: nobody has heard of it');
  });

  it('does not count as kept what an operation that is not built would keep', async () => {
    const { broker, close, account } = await sampleBrokerKit();
    const scenario: Scenario<AnyKit<Lever>, Lever> = {
      name: 'one',
      needs: [],
      run: async () => {
        await broker.readCash(account, AbortSignal.timeout(1_000));
      },
    };
    const { said, why } = await judge(scenario, async () => ({ cannot: {}, close }));
    expect(`${said}: ${why}`).toBe('not built: readCash is not built yet: nothing was sent');
  });
  it('gets every answer of an operation that is built', async () => {
    const retryable = { kind: 'retryable', evidence: 'they are busy' } as const;
    const port = onlyWhatIsBuilt({ name: 'one', ask: async () => retryable }, saysNotBuilt);
    expect([port.name, await port.ask()]).toEqual(['one', retryable]);
  });
});
