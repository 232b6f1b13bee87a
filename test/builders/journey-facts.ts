/** What a rule or a request knows of its journey, for tests of one rule. */
import type { JourneyFacts, Policies } from '../../shared/kernel/flow.js';

type Identity = Partial<Omit<JourneyFacts, 'policy'>>;

const identity = {
  id: 'j1',
  subject: 's1',
  portfolioId: 'P1',
  openedAtMs: Date.parse('2026-03-04T10:00:00.000Z'),
};

/** A journey whose tenant has changed its choices since the journey was opened. */
export const factsUnder = <P>(policy: Policies<P>, over: Identity = {}): JourneyFacts<P> => ({ ...identity, ...over, policy });

/** A journey whose tenant has the same choices now as when the journey was opened. */
export const factsWith = <P>(policy: P, over: Identity = {}): JourneyFacts<P> => factsUnder({ frozen: policy, now: policy }, over);

/** A journey of a flow that no choice of the tenant shapes. */
export const journeyFacts = (over: Identity = {}): JourneyFacts<null> => factsWith(null, over);
