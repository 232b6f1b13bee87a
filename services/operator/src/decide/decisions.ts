/** From what people asked for to what the services are told. */
import { operatorDecision, type OperatorDecision } from '../../../../contracts/internal/events.js';
import type { Act, Fate } from './operator.js';

const LONGEST_WHY = 1_000;

const whyOf = ({ why, approvedBy }: Act): string =>
  (approvedBy === null ? why : `${why} (approved by ${approvedBy})`).slice(0, LONGEST_WHY);

const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

/** Null when the stored act is not one that a service can be told. */
export const decisionOf = (act: Act): { readonly decision: OperatorDecision; readonly portfolioId: string | null } | null => {
  const { details, madeBy, approvedBy } = act;
  const common = { kind: act.kind, service: details['service'], by: madeBy, why: whyOf(act) };
  const parsed = operatorDecision.safeParse(
    act.kind === 'answer-effect'
      ? {
          ...common,
          effectId: details['effectId'],
          generation: details['generation'],
          answer: details['answer'],
          evidence: details['evidence'],
          approvedBy,
        }
      : { ...common, eventId: details['eventId'], correctedValue: text(details['correctedValue']) },
  );
  return parsed.success ? { decision: parsed.data, portfolioId: text(details['portfolioId']) } : null;
};

/** How far an act has come, for people. `settled`: nothing more will happen by itself. */
export const progressOf = (act: Act, fate: Fate | undefined): { readonly result: string; readonly settled: boolean } => {
  if (act.failed !== null) return { result: `failed: ${act.failed}`, settled: true };
  if (act.withdrawnBy !== null) return { result: `withdrawn by ${act.withdrawnBy}`, settled: true };
  if (act.needsSecond && act.approvedBy === null) return { result: `waits for a second person to approve act ${act.id}`, settled: true };
  if (act.carriedOutAt === null) return { result: 'queued', settled: false };
  if (act.kind === 'answer-effect') return { result: 'told to the service', settled: true };
  if (fate === undefined) return { result: 'told to the service', settled: false };
  const before = text(act.details['attempts']) ?? '0';
  if (fate.lies)
    return BigInt(fate.attempts) > BigInt(before)
      ? { result: `quarantined again: ${fate.reason}`, settled: true }
      : { result: 'told to the service', settled: false };
  if (act.kind === 'discard-dead-letter') return { result: 'discarded', settled: true };
  if (!fate.handled) return { result: 'runs', settled: false };
  return { result: fate.note === null ? 'ran' : `ran: ${fate.note}`, settled: true };
};
