/**
 * Every service, once. Whoever has to know them all reads this list: the launcher, the operator, AsyncAPI, torture, bench and tests.
 * test/tidy/services.unit.test.ts compares it with what each service really runs, takes, emits and calls.
 */
import { outsideTopics, type Topic } from './topics.js';

/** As people call them. */
export const outsideSystems = ['InvestSuite', 'broker', 'bank'] as const;
export type OutsideSystem = (typeof outsideSystems)[number];

/**
 * What a message may move by itself.
 * `reads-again`: it only points at something; the truth is read at its source.
 * `believes-its-sender`: the outside sent it, so it counts as it came; a correction was written by a person, and would count too.
 * `believes`: what it says counts.
 */
export type Belief = 'reads-again' | 'believes-its-sender' | 'believes';

/** A topic that a service takes: the flow that it reaches, and what it becomes there, in the words that operators read. */
export type Taken = { readonly flow: string; readonly becomes: string; readonly belief: Belief };

export type EngineService = {
  /** Journeys on the engine, in a schema of its own with the engine's tables. */
  readonly runs: 'engine';
  readonly flows: readonly string[];
  /** Besides `operator.decision`, which every service on the engine takes. */
  readonly takes: Readonly<Partial<Record<Topic, Taken>>>;
  /** By its flows and by its jobs; dead letters go to the twin of the topic. */
  readonly emits: readonly Topic[];
  /** Itself; whom it moves to call something is not counted. */
  readonly calls: readonly OutsideSystem[];
  /** What it changes outside, by the names of its effects: the scopes `operation:NAME` that people can stop. */
  readonly changes: readonly string[];
};
export type HttpService = {
  readonly runs: 'http';
  readonly emits: readonly Topic[];
  /** Read from the beginning to the end, each time that somebody asks; each time in a group of its own. */
  readonly readsWhole?: readonly Topic[];
};

/** In the order in which they are started. */
export const services = {
  gateway: { runs: 'http', emits: outsideTopics },
  withdrawal: {
    runs: 'engine',
    flows: ['withdrawal'],
    takes: {
      'portfolio.withdrawal-request': { flow: 'withdrawal', becomes: 'DivestAmountUpdated', belief: 'reads-again' },
      'portfolio.cash-settled': { flow: 'withdrawal', becomes: 'CashSettled', belief: 'believes' },
      'payout.finished': { flow: 'withdrawal', becomes: 'PayoutFinished', belief: 'believes' },
      'portfolio.changed': { flow: 'withdrawal', becomes: 'PortfolioChanged', belief: 'believes' },
    },
    emits: ['payout.requested', 'portfolio.change-requested', 'portfolio.withdrawal-request'],
    calls: ['InvestSuite', 'broker'],
    changes: ['RecordTransaction', 'AnnounceWithdrawal'],
  },
  payout: {
    runs: 'engine',
    flows: ['payout'],
    takes: {
      'payout.requested': { flow: 'payout', becomes: 'PayoutRequested', belief: 'believes' },
      'broker.cash-status': { flow: 'payout', becomes: 'the broker is asked about the cash-out', belief: 'reads-again' },
      'core-banking.transfer-status': {
        flow: 'payout',
        becomes: 'the bank is asked about the payment, or TransferReturned',
        belief: 'believes-its-sender',
      },
    },
    emits: ['payout.finished'],
    calls: ['InvestSuite', 'broker', 'bank'],
    changes: ['CreateCashOut', 'ApproveCashOut', 'PayCounterAccount'],
  },
  rebalancing: {
    runs: 'engine',
    flows: ['optimisation', 'order', 'correction'],
    takes: {
      'optimisations.status-update': { flow: 'optimisation', becomes: 'OptimizationReady', belief: 'reads-again' },
      'optimisations.owner-choice-update': { flow: 'optimisation', becomes: 'OwnerChose', belief: 'reads-again' },
      'broker.order-status': {
        flow: 'order',
        becomes: 'the broker is asked about the order, or CorrectionAnnounced: about the orders of an account',
        belief: 'reads-again',
      },
    },
    emits: ['portfolio.change-requested'],
    calls: ['InvestSuite', 'broker'],
    changes: ['RecordPlaced', 'PlaceOrder', 'RecordNotExecuted', 'RecordExecution', 'RecordSettlement'],
  },
  portfolio: {
    runs: 'engine',
    flows: ['portfolio', 'lost-request'],
    takes: {
      // The level in it is evidence of a divest request; a lost one is written back.
      'portfolio.withdrawal-request': { flow: 'portfolio', becomes: 'LevelAnnounced', belief: 'believes-its-sender' },
      'portfolio.change-requested': { flow: 'portfolio', becomes: 'ChangeRequested', belief: 'believes' },
    },
    emits: ['portfolio.changed', 'portfolio.cash-settled'],
    calls: ['InvestSuite'],
    changes: ['WritePortfolio', 'RestoreDivestAmount'],
  },
  operator: { runs: 'http', emits: ['operator.decision', 'audit.head'], readsWhole: ['audit.head'] },
} as const satisfies Readonly<Record<string, EngineService | HttpService>>;

type Services = typeof services;
export type ServiceName = keyof Services;
export type EngineServiceName = { [Name in ServiceName]: Services[Name]['runs'] extends 'engine' ? Name : never }[ServiceName];
export type HttpServiceName = Exclude<ServiceName, EngineServiceName>;

export const serviceNames = Object.keys(services) as readonly ServiceName[];
export const isServiceName = (name: string): name is ServiceName => Object.hasOwn(services, name);
const isOnEngine = (name: ServiceName): name is EngineServiceName => services[name].runs === 'engine';
export const isEngineService = (name: string): name is EngineServiceName => isServiceName(name) && isOnEngine(name);
export const engineServiceNames: readonly EngineServiceName[] = serviceNames.filter(isOnEngine);
export const engineService = (name: EngineServiceName): EngineService => services[name];

/** The schema that a service keeps its tables in. */
export const schemaOf = (service: string): string => service.replaceAll('-', '_');
export const engineSchemaNames: readonly string[] = engineServiceNames.map(schemaOf);

/** Of the schemas that a database lists, those whose journeys no service of this release runs. */
export const unservedSchemas = (listed: readonly string[]): readonly string[] => listed.filter((name) => !engineSchemaNames.includes(name));
export const UNSERVED = 'no service of this release runs the journeys in this schema: they stand still, and nobody is shown them';

/** What people decide is for every service on the engine. */
const DECISIONS: Topic = 'operator.decision';

export const topicsTakenBy = (name: ServiceName): readonly Topic[] =>
  isOnEngine(name) ? [...(Object.keys(engineService(name).takes) as Topic[]), DECISIONS] : [];
export const topicsReadWholeBy = (name: ServiceName): readonly Topic[] => {
  const service: EngineService | HttpService = services[name];
  return service.runs === 'http' ? (service.readsWhole ?? []) : [];
};
export const takersOf = (topic: Topic): readonly ServiceName[] => serviceNames.filter((name) => topicsTakenBy(name).includes(topic));
export const emittersOf = (topic: Topic): readonly ServiceName[] =>
  serviceNames.filter((name) => (services[name].emits as readonly Topic[]).includes(topic));
export const takenFrom = (name: EngineServiceName, topic: string): Taken | null =>
  (engineService(name).takes as Readonly<Record<string, Taken | undefined>>)[topic] ?? null;

/** How everyone who takes this topic believes it. What people decide counts. */
export const beliefsIn = (topic: Topic): readonly Belief[] =>
  takersOf(topic).map((name) => (isOnEngine(name) ? takenFrom(name, topic) : null)?.belief ?? 'believes');

/** Outside systems that a step of this flow may have called: by its own service, or by one that takes what this one emits. Null: no such flow. */
export const mayCallOf = (flow: string): readonly OutsideSystem[] | null => {
  const own = engineServiceNames.find((name) => engineService(name).flows.includes(flow));
  if (own === undefined) return null;
  const moved = engineService(own).emits.flatMap(takersOf).filter(isOnEngine);
  const called = new Set([own, ...moved].flatMap((name) => engineService(name).calls));
  return outsideSystems.filter((system) => called.has(system));
};
