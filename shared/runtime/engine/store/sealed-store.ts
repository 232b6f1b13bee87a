/**
 * The store with everything personal sealed: the one place where the engine's rows are sealed and opened. Whoever is above it sees clear values,
 * whatever is below it sees none. A row that holds nothing personal goes through as it is; so does one that an earlier release has written.
 */
import { DataKeys, type Ask } from '../../sealing/portfolio-keys.js';
import { clearText, sealedHandedOver, sealedText } from '../../sealing/sealed-message.js';
import { dataKeyIdOf, openedJson, sealedJson } from '../../sealing/sealed-rows.js';
import { SealKeyMissing, type Sealing } from '../../sealing/sealer.js';
import { isAway } from '../../postgres/database.js';
import { OWN_TOPIC } from '../steps/batch.js';
import type { Parts } from './step-statement.js';
import { DatabaseAway, type EngineStore, type InboxRow, type LoadedJourney, type Referenced } from './store.js';

export type SealedStoreOptions = Sealing & {
  readonly ask: Ask;
  /** Top-level members of the state, of requests and of results of this flow that are personal. Of a flow that is not known: none. */
  readonly personalOf: (flow: string) => readonly string[];
  /** Ms since any moment. */
  readonly nowMs: () => number;
};

type Of = { readonly flow: string; readonly portfolio_id: string };

/** Without a key nothing is wrong with a row: everything waits, as for a database that is away, and readiness says which key is missing. */
const waiting = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    if (error instanceof SealKeyMissing || (isAway(error) && !(error instanceof DatabaseAway)))
      throw new DatabaseAway(error instanceof Error ? error.message : 'unknown', { cause: error });
    throw error;
  }
};

/** What holds nothing personal. */
const asItIs = (inner: EngineStore): Omit<EngineStore, 'ingest' | 'load' | 'write' | 'byReference' | 'quarantined' | 'replay'> => ({
  stillOpen: (eventIds) => inner.stillOpen(eventIds),
  openInbox: (olderThanMs, limit, except) => inner.openInbox(olderThanMs, limit, except),
  dueJourneys: (limit, readable) => inner.dueJourneys(limit, readable),
  dueEffects: (graceMs, limit, readable) => inner.dueEffects(graceMs, limit, readable),
  orphanedEffects: (ownId, limit, readable) => inner.orphanedEffects(ownId, limit, readable),
  openDecidedLanes: () => inner.openDecidedLanes(),
  blockedLanes: () => inner.blockedLanes(),
  unsentOutbox: (olderThanMs, limit) => inner.unsentOutbox(olderThanMs, limit),
  markSent: (eventIds) => inner.markSent(eventIds),
  setAside: (rows) => inner.setAside(rows),
  dropHandled: (days, limit) => inner.dropHandled(days, limit),
  putOffOverdue: (roomMs) => inner.putOffOverdue(roomMs),
  newlyOverdue: (limit) => inner.newlyOverdue(limit),
  figures: (readable) => inner.figures(readable),
  takeAct: (actId, eventId) => inner.takeAct(actId, eventId),
  refuseDecision: (eventId, actId, reason) => inner.refuseDecision(eventId, actId, reason),
  // It goes to Kafka as it is: a message of our own says nothing personal.
  sendAgain: (eventId, corrected, ...rest) => inner.sendAgain(eventId, corrected, ...rest),
  discard: (eventId, resolution, attempts) => inner.discard(eventId, resolution, attempts),
  releaseLane: (portfolioId) => inner.releaseLane(portfolioId),
});

export const sealedStore = (inner: EngineStore, options: SealedStoreOptions): EngineStore => {
  const { sealer, personalOf } = options;
  const dataKeys = new DataKeys({ ...options, ask: (text, values) => options.ask(text, values) });
  const isPersonal = ({ flow }: Of): boolean => personalOf(flow).length > 0;

  const sealed = (text: string | null, { flow, portfolio_id }: Of, about: string | null): string | null =>
    text === null ? text : sealedJson(text, personalOf(flow), dataKeys.toSeal(portfolio_id), about ?? '');

  const sealedParts = async (parts: Parts): Promise<Parts> => {
    const { created, moved, planned, closed } = parts;
    const whose = [...created, ...moved, ...planned, ...closed].filter(isPersonal).map((row) => row.portfolio_id);
    if (whose.length === 0) return parts;
    await waiting(() => dataKeys.prepare([...new Set(whose)]));
    return {
      ...parts,
      created: created.map((row) => (isPersonal(row) ? { ...row, state: sealed(row.state, row, row.id) } : row)),
      moved: moved.map((row) => (isPersonal(row) ? { ...row, state: sealed(row.state, row, row.id) } : row)),
      planned: planned.map((row) => (isPersonal(row) ? { ...row, request: sealed(row.request, row, row.id) } : row)),
      closed: closed.map((row) =>
        isPersonal(row) ? { ...row, request: sealed(row.request, row, row.id), result: sealed(row.result, row, row.id) } : row,
      ),
    };
  };

  const open = (value: unknown, about: string): unknown => openedJson(value, dataKeys.toOpen, about);
  const readKeysOf = (values: readonly unknown[]): Promise<void> =>
    waiting(() => dataKeys.read(values.map(dataKeyIdOf).filter((id) => id !== null)));

  const load: EngineStore['load'] = async (ids, subjects) => {
    const rows = await inner.load(ids, subjects);
    await readKeysOf(rows.flatMap(({ state, effect }) => [state, effect?.request]));
    return rows.map((row): LoadedJourney => ({
      ...row,
      state: open(row.state, row.id) as LoadedJourney['state'],
      effect: row.effect === null ? null : { ...row.effect, request: open(row.effect.request, row.effect.id) },
    }));
  };

  const byReference: EngineStore['byReference'] = async (references) => {
    const rows = await inner.byReference(references);
    await readKeysOf(rows.map(({ earlier }) => earlier?.request));
    return rows.map((row): Referenced =>
      row.earlier === null ? row : { ...row, earlier: { ...row.earlier, request: open(row.earlier.request, row.effectId) } },
    );
  };

  /** What others say is stored as it travels: the inbox writer has seen to it. What an instance hands over may hold whatever it was answered. */
  const atRest = (row: InboxRow): InboxRow => (row.topic === OWN_TOPIC ? { ...row, value: sealedHandedOver(sealer, row.value) } : row);

  return {
    ...asItIs(inner),
    ingest: (rows, bad) => inner.ingest(rows.map(atRest), bad),
    load,
    write: async (parts) => inner.write(await sealedParts(parts)),
    byReference,
    quarantined: async (eventId) => {
      const message = await inner.quarantined(eventId);
      return message === null ? null : waiting(() => Promise.resolve({ ...message, value: clearText(sealer, message.value) }));
    },
    replay: (eventId, corrected, ...rest) => inner.replay(eventId, corrected === null ? null : sealedText(sealer, corrected), ...rest),
  };
};
