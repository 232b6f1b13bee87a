/** Looks up what a service has defined: flows, effects, consumers, and the rules of an effect's life. */
import { Bug } from '../../kernel/bug.js';
import type { EffectRules, AnyFlow, RulesOf, StepContext } from '../../kernel/step.js';
import type { Stated, Tagged } from '../../kernel/flow.js';
import type { OperationAbility } from '../../kernel/outcome.js';
import type { StoredVersion } from '../../kernel/upgrade.js';
import type { Binding, Consume, ReadEffect, ServiceDefinition, WriteEffect } from './definition.js';
import { derivedId } from './identity.js';
import type { LoadedJourney, StateVersions, StoredJourney } from './store/store.js';

export type AnyEffect = ReadEffect<Stated, unknown, unknown, string> | WriteEffect<Stated, unknown, unknown, string, 'by-key' | 'once'>;

/** A timer may be this late. */
const LEAVING_GRACE_MS = 250;

const ASKS_ONLY: OperationAbility = {
  repeatable: 'by-key',
  keyMemoryMs: null,
  longestLifeMs: 0,
  afterAbsence: 'same-key',
  source: 'a question changes nothing',
};

type RowShown = {
  readonly waits: boolean;
  readonly waitsFor: string | null;
  readonly overdueAfterMs: number | null;
  readonly looksAgainAfterMs: number | null;
  readonly ownedBy: string;
};
const HOUR_MS = 3_600_000;

const rowShown = (binding: Binding, status: string): RowShown => {
  const flow: AnyFlow = binding.flow;
  const { ownedBy } = flow;
  const row = flow.rows[status];
  if (row === undefined) throw new Bug(`flow ${flow.name} has no row ${status}`);
  if ('ends' in row) return { ownedBy, waits: false, waitsFor: null, overdueAfterMs: null, looksAgainAfterMs: null };
  if ('does' in row) {
    const overdueAfterMs = (row.overdueAfterHours ?? 1) * HOUR_MS;
    return { ownedBy, waits: false, waitsFor: `the outcome of ${row.does}`, overdueAfterMs, looksAgainAfterMs: null };
  }
  const { looksAgain } = row;
  const interval = looksAgain === undefined ? null : binding.intervalsMs[looksAgain.after];
  if (interval === undefined)
    throw new Bug(`flow ${flow.name} looks again after ${looksAgain?.after ?? ''}, an interval that is not configured`);
  return { ownedBy, waits: true, waitsFor: row.waitsFor, overdueAfterMs: row.overdueAfterHours * HOUR_MS, looksAgainAfterMs: interval };
};

/** What people stop it by. */
export const operationOf = (effect: AnyEffect, name: string): string => (effect.kind === 'read' ? name : (effect.operation ?? name));

export class Catalogue {
  readonly definition: ServiceDefinition;
  readonly #bindings: ReadonlyMap<string, Binding>;
  readonly #consumes: ReadonlyMap<string, readonly Consume[]>;
  readonly #rules = new Map<string, RulesOf>();
  readonly #shown = new Map<string, RowShown>();

  constructor(definition: ServiceDefinition) {
    this.definition = definition;
    this.#bindings = new Map(definition.bindings.map((binding) => [binding.flow.name, binding]));
    const consumes = new Map<string, Consume[]>();
    for (const consume of definition.consumes) consumes.set(consume.topic, [...(consumes.get(consume.topic) ?? []), consume]);
    this.#consumes = consumes;
  }

  binding(flow: string): Binding {
    const binding = this.#bindings.get(flow);
    if (binding === undefined) throw new Bug(`service ${this.definition.name} has no flow ${flow}`);
    return binding;
  }

  flow(name: string): AnyFlow {
    return this.binding(name).flow;
  }

  /** What a step of this flow is judged by. */
  contextOf(flow: string, nowMs: number): StepContext {
    return { rulesOf: this.rulesOf(flow), policy: this.binding(flow).policy.now, nowMs };
  }

  /** What is personal of a flow: see FlowBinding. */
  readonly personalOf = (flow: string): readonly string[] => this.#bindings.get(flow)?.personal ?? [];

  /** The version in which this process writes the states of a flow. */
  stateVersion(flow: string): number {
    return this.binding(flow).upgrades.length + 1;
  }

  knows(flow: string): boolean {
    return this.#bindings.has(flow);
  }

  /** What this process can read. */
  get stateVersions(): StateVersions {
    return Object.fromEntries([...this.#bindings.keys()].map((flow) => [flow, this.stateVersion(flow)]));
  }

  /** A newer instance has written it: this process does not know the flow, or not this version of its states. */
  isNewer({ flow, stateVersion }: Pick<LoadedJourney, 'flow' | 'stateVersion'>): boolean {
    return !this.#bindings.has(flow) || stateVersion > this.stateVersion(flow);
  }

  /** A stored journey in the present version, parsed: what the database gives back is trusted only after its schema said so. @throws when it is none. */
  current({ stateVersion, ...journey }: LoadedJourney): StoredJourney {
    const { upgrades, state, policy } = this.binding(journey.flow);
    let stored: StoredVersion = journey;
    for (const upgrade of upgrades.slice(stateVersion - 1)) stored = upgrade(stored);
    return {
      ...journey,
      state: state.parse(stored.state),
      policy: stored.policy === null ? null : policy.schema.parse(stored.policy),
    };
  }

  effect(flow: string, name: string): AnyEffect {
    const effect = (this.binding(flow).effects as Readonly<Record<string, AnyEffect>>)[name];
    if (effect === undefined) throw new Bug(`flow ${flow} names the effect ${name}, which the service does not carry out`);
    return effect;
  }

  /** The id of the journey that an input opens when none is open for its subject: the same for ever. */
  journeyId(to: { readonly flow: string; readonly subject: string }, by: { readonly eventId: string; readonly input: Tagged }): string {
    const { oneJourneyPer, idPrefix } = this.binding(to.flow);
    const one = oneJourneyPer === 'subject' ? to.subject : oneJourneyPer === 'event' ? by.eventId : oneJourneyPer(by.input, to.subject);
    return derivedId(`${idPrefix}-`, `${to.flow}|${one}`);
  }

  consumesOf(topic: string): readonly Consume[] {
    return this.#consumes.get(topic) ?? [];
  }

  rulesOf(flow: string): RulesOf {
    const known = this.#rules.get(flow);
    if (known !== undefined) return known;
    const rules: RulesOf = (name, row): EffectRules => {
      const effect = this.effect(flow, name);
      const { firstWaitMs, longestWaitMs, patienceMs } = effect.timing;
      return {
        kind: effect.kind,
        perJourney: effect.kind === 'read' ? 'many' : effect.perJourney,
        life: {
          whenUnknown: row.whenUnknown,
          ability:
            effect.kind === 'read'
              ? ASKS_ONLY
              : { ...effect.ability, longestLifeMs: effect.ability.longestLifeMs + effect.timing.timeoutMs + LEAVING_GRACE_MS },
          ...(effect.kind !== 'read' && effect.shownWhenDone === true ? { shownWhenDone: true } : {}),
          firstWaitMs,
          longestWaitMs,
          patienceMs,
        },
      };
    };
    this.#rules.set(flow, rules);
    return rules;
  }

  /** What an operator sees of the row a journey is in. */
  shows(flow: string, state: Stated): RowShown & { readonly amount: string | null; readonly currency: string | null } {
    const binding = this.binding(flow);
    const key = `${flow}|${state.status}`;
    let row = this.#shown.get(key);
    if (row === undefined) {
      row = rowShown(binding, state.status);
      this.#shown.set(key, row);
    }
    const money = binding.shows(state);
    return { amount: money?.amount ?? null, currency: money?.currency ?? null, ...row };
  }
}
