/**
 * The two journeys of one portfolio, stepped by the kernel as the engine steps them. Messages between them wait here until they are
 * delivered, in any order: after a broken connection the engine may handle one after a later one.
 */
import { lostRequestBinding, portfolioBinding, type Ports } from '../../services/portfolio/src/wire.js';
import type { LostRequest } from '../../services/portfolio/src/decide/lost-request.js';
import type { PortfolioInput, PortfolioState } from '../../services/portfolio/src/decide/portfolio.js';
import type { ToLostRequest, ToPortfolio } from '../../services/portfolio/src/decide/messages.js';
import type { Stated } from '../../shared/kernel/flow.js';
import type { Outcome } from '../../shared/kernel/outcome.js';
import type { EffectRecord } from '../../shared/kernel/effect-life.js';
import { openJourney, step, type JourneyRecord, type Trigger, type StepResult } from '../../shared/kernel/step.js';
import { Catalogue } from '../../shared/runtime/engine/catalogue.js';
import { tenant as portfolioTenant } from '../../services/portfolio/src/config.js';

type FlowName = 'portfolio' | 'lost-request';
type Waiting = { readonly to: 'lost-request'; readonly input: ToLostRequest } | { readonly to: 'portfolio'; readonly input: ToPortfolio };
export type StoredState = { readonly state: Stated; readonly effect: Pick<EffectRecord, 'name' | 'kind'> | null };
/** The tenant's choices about a gap. */
export type Choices = { readonly onVersionGap: 'restore' | 'hold'; readonly onUnexplainedVersionGap: 'review' | 'go-on' };

const NOW_MS = 5_000;
const CAREFUL: Choices = { onVersionGap: 'restore', onUnexplainedVersionGap: 'review' };
const ABILITY = { repeatable: 'after-inquiry', keyMemoryMs: null, longestLifeMs: 0, afterAbsence: 'new-key', source: 'test' };
const PORTS = { investSuite: { abilities: { writePortfolio: ABILITY } } } as unknown as Ports;

const catalogues = new Map<string, Catalogue>();
const catalogueOf = (choices: Choices): Catalogue => {
  const key = JSON.stringify(choices);
  const known = catalogues.get(key);
  if (known !== undefined) return known;
  const tenant = { ...portfolioTenant.parse({ brokerMode: 'client' }), ...choices };
  const bindings = [portfolioBinding(PORTS, tenant), lostRequestBinding(PORTS, tenant)];
  const catalogue = new Catalogue({ name: 'portfolio', bindings, consumes: [] });
  catalogues.set(key, catalogue);
  return catalogue;
};

export class PortfolioPair {
  readonly messages: Waiting[] = [];
  readonly events: string[] = [];
  /** What was opened, ended or moved: `flow status`. */
  readonly path: string[] = [];
  readonly #catalogue: Catalogue;
  #portfolio: JourneyRecord | null = null;
  #lostRequest: JourneyRecord | null = null;

  constructor(choices: Choices = CAREFUL) {
    this.#catalogue = catalogueOf(choices);
  }

  /** A journey of the first release, as it lies in the database. */
  static ofFirstRelease({ state, effect }: StoredState, choices: Choices = CAREFUL): PortfolioPair {
    const pair = new PortfolioPair(choices);
    const stored = pair.#catalogue.current({
      ...{ id: 'pf-1', flow: 'portfolio', subject: 'P1', portfolioId: 'P1', openedAtMs: 0, version: 3, ended: false, held: null },
      stateVersion: 1,
      policy: null,
      state,
      effect: null,
    });
    const record = { generation: 1, attempt: 1, reference: null, plannedAtMs: 0, firstSentAtMs: 0, lastSentAtMs: 0, dueAtMs: null };
    pair.#portfolio = {
      ...stored,
      effect:
        effect === null
          ? null
          : { id: `pf-1:${effect.name}:2`, name: effect.name, kind: effect.kind, status: 'sending', note: null, ...record },
    };
    return pair;
  }

  get portfolio(): PortfolioState {
    if (this.#portfolio === null) throw new Error('no journey of the portfolio is open');
    return this.#portfolio.state as PortfolioState;
  }
  /** The newest one, open or over. */
  get lostRequest(): LostRequest | null {
    return this.#lostRequest === null ? null : (this.#lostRequest.state as LostRequest);
  }
  get isLostRequestOpen(): boolean {
    return this.#lostRequest !== null && !this.#lostRequest.ended;
  }
  get held(): string | null {
    return this.#portfolio?.held ?? this.#lostRequest?.held ?? null;
  }
  effectOf(flow: FlowName): EffectRecord | null {
    return (flow === 'portfolio' ? this.#portfolio : this.#lostRequest)?.effect ?? null;
  }

  give(input: PortfolioInput): void {
    this.#input('portfolio', input);
  }
  deliver(index = 0): void {
    const [message] = this.messages.splice(index, 1);
    if (message !== undefined) this.#input(message.to, message.input);
  }
  deliverAll(): void {
    while (this.messages.length > 0) this.deliver();
  }
  answer(flow: FlowName, outcome: Outcome<unknown, string>): void {
    const effect = this.effectOf(flow);
    if (effect === null) throw new Error(`${flow} has nothing under way`);
    this.#step(flow, { kind: 'effect', effectId: effect.id, event: { type: 'Answered', outcome, of: effect } });
  }
  lookAgain(flow: FlowName): void {
    this.#step(flow, { kind: 'look-again' });
  }

  #input(flow: FlowName, input: PortfolioInput | ToLostRequest): void {
    const journey = flow === 'portfolio' ? this.#portfolio : this.#lostRequest;
    if (journey !== null && !journey.ended) {
      this.#step(flow, { kind: 'input', input });
      return;
    }
    const id = flow === 'portfolio' ? 'pf-1' : `lr-${String(this.path.length)}`;
    const context = this.#catalogue.contextOf(flow, NOW_MS);
    this.#take(flow, openJourney(this.#catalogue.flow(flow), { id, subject: 'P1', portfolioId: 'P1' }, input, context));
  }

  #step(flow: FlowName, trigger: Trigger): void {
    const journey = flow === 'portfolio' ? this.#portfolio : this.#lostRequest;
    if (journey === null) throw new Error(`no journey of ${flow} is open`);
    this.#take(flow, step(this.#catalogue.flow(flow), journey, trigger, this.#catalogue.contextOf(flow, NOW_MS)));
  }

  #take(flow: FlowName, stepResult: StepResult): void {
    if (stepResult.kind === 'impossible') throw new Error(`impossible: ${stepResult.why}, after ${this.path.join(', ')}`);
    if (stepResult.kind !== 'moved') return;
    const { journey, emits } = stepResult;
    this.#catalogue.binding(flow).state.parse(JSON.parse(JSON.stringify(journey.state)));
    this.path.push(`${flow} ${journey.state.status}`);
    if (flow === 'portfolio') this.#portfolio = journey;
    else this.#lostRequest = journey;
    for (const said of emits)
      if ('event' in said) this.events.push(said.event);
      else this.messages.push({ to: said.sends, input: JSON.parse(JSON.stringify(said.input)) as never } as Waiting);
  }
}
