/** The rows of a database in memory, by table; memory-tables.ts keeps them. */
import type { EffectStatus } from '../../shared/kernel/effect-life.js';
import type { EffectKind } from '../../shared/kernel/flow.js';
import type { OutboxRow } from '../../shared/runtime/engine/store/store.js';

export type InboxEntry = {
  readonly eventId: string;
  readonly seq: number;
  contentHash: string;
  readonly topic: string | null;
  readonly partition: number | null;
  readonly offset: string | null;
  readonly portfolioId: string;
  value: string;
  readonly receivedAtMs: number;
  handledAtMs: number | null;
  note: string | null;
};
export type JourneyEntry = {
  readonly id: string;
  readonly flow: string;
  readonly subject: string;
  readonly portfolioId: string;
  version: number;
  status: string;
  state: string;
  stateVersion: number;
  policy: string | null;
  readonly openedMs: number;
  effectId: string | null;
  held: string | null;
  waitsFor: string | null;
  readonly ownedBy: string;
  ended: boolean;
  dueMs: number | null;
  overdueMs: number | null;
  alarmedMs: number | null;
  waitStatus: string | null;
  waitOverdueMs: number | null;
};
export type EffectEntry = {
  readonly id: string;
  readonly journeyId: string;
  readonly name: string;
  readonly kind: EffectKind;
  generation: number;
  status: EffectStatus;
  owner: number | null;
  attempt: number;
  request: string;
  reference: string | null;
  readonly plannedMs: number;
  firstMs: number | null;
  lastMs: number | null;
  dueMs: number | null;
  note: string | null;
  proof: string | null;
};
export type QuarantineEntry = {
  readonly eventId: string;
  readonly portfolioId: string;
  readonly topic: string;
  readonly partition: number | null;
  readonly offset: string | number | null;
  readonly key: string | null;
  readonly headers: string;
  value: string;
  errorClass: string;
  reason: string;
  attempts: number;
  readonly firstSeenMs: number;
  resolvedMs: number | null;
};
export type EarlierEntry = Pick<EffectEntry, 'generation' | 'reference' | 'request' | 'firstMs' | 'lastMs'> & { readonly effectId: string };
export type OutboxEntry = OutboxRow & { readonly createdMs: number; sentMs: number | null };
export type BlockedLane = { eventId: string | null; reason: string; readonly sinceMs: number };

export const text = (value: string | number | null): string => String(value);
export const ms = (value: string | number | null): number | null => (value === null ? null : Number(value));
