/** What the tenant chooses for this flow. A journey keeps the choices of its opening. */
import { z } from 'zod';
import { brokerMode } from '../../../../../contracts/internal/tenant.js';
import type { JourneyFacts } from '../../../../../shared/kernel/flow.js';

export const samplePolicy = z.object({
  brokerMode,
});
export type SamplePolicy = Readonly<z.output<typeof samplePolicy>>;
export type SampleFacts = JourneyFacts<SamplePolicy>;

/** A guard: of what was chosen when the journey was opened and what is chosen now, the stricter counts. */
export const choices = ({ policy: { frozen, now } }: SampleFacts): SamplePolicy => ({
  brokerMode: frozen.brokerMode === 'client' ? now.brokerMode : frozen.brokerMode,
});
