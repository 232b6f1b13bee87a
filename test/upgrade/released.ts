/** What earlier releases have left behind, as it is kept beside this file. README.md says where it comes from. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { payoutBinding, payoutConsumes } from '../../services/payout/src/wire.js';
import { portfolioBinding, portfolioConsumes } from '../../services/portfolio/src/wire.js';
import { optimisationBinding, orderBinding, rebalancingConsumes } from '../../services/rebalancing/src/wire.js';
import { withdrawalBinding, withdrawalConsumes } from '../../services/withdrawal/src/wire.js';
import type { EffectRecord } from '../../shared/kernel/effect-life.js';
import type { Stated } from '../../shared/kernel/flow.js';
import type { OperationAbility } from '../../shared/kernel/outcome.js';
import type { BrokerPort } from '../../shared/ports/broker.js';
import type { CoreBankingPort } from '../../shared/ports/core-banking.js';
import type { InvestSuitePort } from '../../shared/ports/investsuite.js';
import type { Binding, ServiceDefinition } from '../../shared/runtime/engine/definition.js';
import { knownCashOuts } from '../builders/known-cash-outs.js';
import { noLimits } from '../builders/limits.js';
import { tenantSettings } from '../builders/tenant.js';

/** A journey as a release has stored it. */
export type ReleasedState = {
  readonly flow: string;
  readonly stateVersion: number;
  readonly status: string;
  readonly state: Stated & Readonly<Record<string, unknown>>;
  readonly effect: (Pick<EffectRecord, 'name' | 'kind' | 'status' | 'generation'> & { readonly request: unknown }) | null;
};
/** What an effect of a release has brought back. */
export type ReleasedResult = { readonly flow: string; readonly effect: string; readonly result: unknown };
/** A message that a release has written or taken in. Without a topic, one journey of a service told another one. `value` is the text. */
export type ReleasedMessage = { readonly topic: string | null; readonly value: string };

const kept = (file: string): unknown => JSON.parse(readFileSync(join(__dirname, file), 'utf8'));

export const releasedStates = (): readonly ReleasedState[] => kept('first-release.golden.json') as readonly ReleasedState[];
/** No process reads the stored result of another one, so a name in it may change: what an owner asks for was called a divest request. */
const inTodaysWords = ({ result, ...one }: ReleasedResult): ReleasedResult => {
  if (one.effect !== 'ReadOwner') return { ...one, result };
  const { wish, ...rest } = result as Readonly<Record<string, unknown>>;
  return { ...one, result: { ...rest, request: wish } };
};
export const releasedResults = (): readonly ReleasedResult[] =>
  (kept('first-release.results.json') as readonly ReleasedResult[]).map(inTodaysWords);
export const releasedMessages = (): readonly ReleasedMessage[] => kept('first-release.messages.json') as readonly ReleasedMessage[];

/** One call of a port. */
export type Called = { readonly method: string; readonly given: readonly unknown[] };

const ABILITY: OperationAbility = {
  repeatable: 'after-inquiry',
  keyMemoryMs: null,
  longestLifeMs: 1,
  afterAbsence: 'new-key',
  source: 'test',
};

/** A port that answers nothing of use, except where `answers` says so, and writes down what it is asked. */
const recorded = <P extends object>(calls: Called[], answers: Readonly<Record<string, unknown>>): P =>
  new Proxy({} as P, {
    get: (_port, name) => {
      if (name === 'abilities') return new Proxy({}, { get: () => ABILITY });
      if (name === 'provider') return 'drivewealth';
      return (...given: readonly unknown[]) => {
        calls.push({ method: String(name), given: given.filter((one) => !(one instanceof AbortSignal)) });
        const unanswered = String(name).startsWith('find') ? { found: 'absent' } : { kind: 'retryable', evidence: 'asked' };
        return Promise.resolve(answers[String(name)] ?? unanswered);
      };
    },
  });

const TENANT = tenantSettings.parse({ brokerMode: 'client', houseAccountIban: 'BE71096123456769' });

/** Every flow of ours, over ports that write into `calls`. */
export const everyFlow = (calls: Called[], answers: Readonly<Record<string, unknown>> = {}): readonly Binding[] => {
  const investSuite = recorded<InvestSuitePort>(calls, answers);
  const broker = recorded<BrokerPort>(calls, answers);
  const coreBanking = recorded<CoreBankingPort>(calls, answers);
  const limits = noLimits();
  return [
    withdrawalBinding({ investSuite, broker }, TENANT),
    payoutBinding({ investSuite, broker, coreBanking, limits, knownCashOuts: knownCashOuts() }, TENANT, Date.now),
    optimisationBinding({ investSuite, broker }, TENANT),
    orderBinding({ investSuite, broker }, TENANT),
    portfolioBinding({ investSuite }, TENANT),
  ];
};

/** Everything that a service hears. */
export const everyConsume: ServiceDefinition['consumes'] = [
  ...withdrawalConsumes,
  ...payoutConsumes,
  ...rebalancingConsumes,
  ...portfolioConsumes,
];
