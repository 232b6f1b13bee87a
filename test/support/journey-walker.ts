import type { Emitted, Tagged } from '../../shared/kernel/flow.js';
import { factsOf, openJourney, step, type JourneyRecord, type Trigger, type StepResult } from '../../shared/kernel/step.js';
import { Catalogue } from '../../shared/runtime/engine/catalogue.js';
import type { Binding } from '../../shared/runtime/engine/definition.js';

/** Walks one journey through the kernel's own step, with every effect carried out once by its definition. */
export const walkJourney = (
  binding: Binding,
  identity: { readonly id: string; readonly subject: string; readonly portfolioId: string },
  nowMs: number,
) => {
  const catalogue = new Catalogue({ name: 'test', bindings: [binding], consumes: [] });
  const flow = catalogue.flow(binding.flow.name);
  const context = catalogue.contextOf(binding.flow.name, nowMs);
  const facts = factsOf({ ...identity, openedAtMs: nowMs, policy: context.policy }, context.policy);
  const path: string[] = [];
  const said: Emitted[] = [];
  let journey: JourneyRecord | null = null;
  const take = (stepResult: StepResult): void => {
    if (stepResult.kind === 'ignored' || stepResult.kind === 'impossible') throw new Error(`${stepResult.kind} in ${path.join(' > ')}`);
    if (stepResult.kind === 'postponed') {
      journey = journey === null ? null : { ...journey, effect: stepResult.effect };
      return;
    }
    journey = stepResult.journey;
    // What is stored is JSON and is checked when it comes back.
    binding.state.parse(JSON.parse(JSON.stringify(journey.state)));
    if (path.at(-1) !== journey.state.status) path.push(journey.state.status);
    if (stepResult.journey.held !== null) path.push(`held: ${stepResult.journey.held}`);
    said.push(...stepResult.emits);
  };
  const trigger = (at: JourneyRecord, what: Trigger): void => take(step(flow, at, what, context));
  const carryOut = async (): Promise<void> => {
    for (let round = 0; round < 20; round++) {
      const at: JourneyRecord | null = journey;
      if (at?.effect === undefined || at.effect === null || at.effect.status !== 'sending') return;
      const definition = catalogue.effect(binding.flow.name, at.effect.name);
      const request: unknown = JSON.parse(JSON.stringify(definition.request(at.state, facts, at.effect.id)));
      const { portfolioId } = identity;
      const sending = { key: at.effect.id, signal: new AbortController().signal, portfolioId, firstSentAtMs: nowMs };
      const outcome =
        definition.kind === 'read'
          ? await definition.read(request, sending)
          : ((await definition.restsOn?.(request, sending)) ?? (await definition.send(request, sending)));
      trigger(at, { kind: 'effect', effectId: at.effect.id, event: { type: 'Answered', outcome, of: at.effect } });
    }
    throw new Error(`does not come to rest: ${path.join(' > ')}`);
  };
  return {
    path,
    said,
    give: async (input: Tagged): Promise<void> => {
      if (journey === null) take(openJourney(flow, identity, input, context));
      else trigger(journey, { kind: 'input', input });
      await carryOut();
    },
    lookAgain: async (): Promise<void> => {
      if (journey !== null) trigger(journey, { kind: 'look-again' });
      await carryOut();
    },
    answer: async (words: 'applied' | 'rejected' | 'send-again', evidence: string): Promise<void> => {
      const at: JourneyRecord | null = journey;
      if (at === null || at.effect === null) throw new Error('nothing to answer');
      const definition = catalogue.effect(binding.flow.name, at.effect.name);
      const request: unknown = JSON.parse(JSON.stringify(definition.request(at.state, facts, at.effect.id)));
      const result = definition.kind === 'read' ? null : definition.resultFromPerson(request, evidence);
      const check = definition.kind === 'read' ? undefined : definition.checkWord;
      const { portfolioId } = identity;
      const sending = { key: at.effect.id, signal: new AbortController().signal, portfolioId, firstSentAtMs: nowMs };
      const checked = await check?.(request, { said: words, evidence }, sending);
      const asked =
        words === 'send-again' && definition.kind !== 'read'
          ? { inquiry: await definition.inquire(request, sending), askedAtMs: nowMs }
          : undefined;
      trigger(at, {
        kind: 'effect',
        effectId: at.effect.id,
        event: {
          type: 'PersonSaid',
          said: words,
          generation: at.effect.generation,
          result,
          evidence,
          ...(checked === undefined ? {} : { checked }),
          ...(asked === undefined ? {} : { asked }),
        },
      });
      const after: JourneyRecord = journey ?? at;
      const { effect } = after;
      if (words === 'send-again' && effect?.status === 'planned')
        trigger(after, { kind: 'effect', effectId: effect.id, event: { type: 'Sending' } });
      await carryOut();
    },
  };
};
