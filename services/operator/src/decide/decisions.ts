/** From what people asked for to what the services are told. */
import type { ActFacts } from '../../../../contracts/internal/acts.js';
import { operatorDecision, type OperatorDecision } from '../../../../contracts/internal/events.js';
import type { Act, AnswerFate, Fate } from './operator.js';

const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

/** Said of an act that is older than signatures. */
export const BEFORE_SIGNATURES = 'it was asked for before people signed their acts: ask again';

const parsedOf = (act: Act): OperatorDecision | null => {
  const { details, madeBy, approvedBy, actId, kind, why, signature, approval } = act;
  const common = { kind, service: details['service'], actId, by: madeBy, signature, approvedBy, approval };
  const letter = { eventId: details['eventId'], attempts: details['attempts'], text: details['text'], why };
  const parsed = operatorDecision.safeParse(
    kind === 'answer-effect'
      ? {
          ...common,
          effectId: details['effectId'],
          generation: details['generation'],
          answer: details['answer'],
          evidence: details['evidence'],
        }
      : { ...common, ...letter, ...(kind === 'replay-dead-letter' ? { correctedValue: text(details['correctedValue']) } : {}) },
  );
  return parsed.success ? parsed.data : null;
};

/** Null when the stored act is not one that a service can be told: it cannot be read, or somebody has yet to sign it. */
export const decisionOf = (act: Act): { readonly decision: OperatorDecision; readonly portfolioId: string | null } | null => {
  const decision = act.needsSecond && act.approval === null ? null : parsedOf(act);
  return decision === null ? null : { decision, portfolioId: text(act.details['portfolioId']) };
};

/** What people sign of a stored act; null of one that is older than signatures, or cannot be read. */
export const factsOf = (act: Act): ActFacts | null => parsedOf({ ...act, approvedBy: null, approval: null });

/** What became of an answer. Never `settled: false`: a service that is away takes it up when it is back, and nobody waits for that. */
const answerProgress = (fate: AnswerFate | undefined): string => {
  if (fate === undefined || !fate.handled) return 'sent to the service, which has not taken it up yet';
  if (fate.overtaken !== null) return `changed nothing: ${fate.overtaken}`;
  return `taken up; the request is now ${fate.status}${fate.note === null ? '' : `: ${fate.note}`}`;
};

/** What is known of an act besides the act. `letter`: of a message, `answer`: of an answer, `refused`: why a service has not carried it out. */
export type ActNews = {
  readonly letter?: Fate | undefined;
  readonly answer?: AnswerFate | undefined;
  readonly refused?: string | undefined;
};

/** How far an act has come, for people. `settled`: there is nothing to wait for. */
export const progressOf = (act: Act, news: ActNews): { readonly result: string; readonly settled: boolean } => {
  const { letter: fate, refused } = news;
  if (refused !== undefined) return { result: `failed: the service has not carried it out: ${refused}`, settled: true };
  if (act.failed !== null) return { result: `failed: ${act.failed}`, settled: true };
  if (act.withdrawnBy !== null) return { result: `withdrawn by ${act.withdrawnBy}`, settled: true };
  if (act.needsSecond && act.approvedBy === null) return { result: `waits for a second person to approve act ${act.id}`, settled: true };
  if (act.carriedOutAt === null) return { result: 'queued', settled: false };
  if (act.kind === 'answer-effect') return { result: answerProgress(news.answer), settled: true };
  if (fate === undefined)
    return { result: act.target.startsWith('gateway/') ? 'discarded' : 'sent to the service', settled: act.target.startsWith('gateway/') };
  const before = text(act.details['attempts']) ?? '0';
  if (fate.lies)
    return BigInt(fate.attempts) > BigInt(before)
      ? { result: `quarantined again: ${fate.reason}`, settled: true }
      : { result: 'sent to the service', settled: false };
  if (act.kind === 'discard-dead-letter') return { result: 'discarded', settled: true };
  if (!fate.handled) return { result: 'runs', settled: false };
  return { result: fate.note === null ? 'ran' : `ran: ${fate.note}`, settled: true };
};
