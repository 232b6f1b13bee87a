/**
 * Lists that are paged by time, from the vendor's page "Pagination" (October 2026): `offset` is an ISO 8601 date, any `direction` but `prev`
 * and `previous` is `next`, and `limit` has neither a default nor a maximum. Which end comes first, whether the offset's own row is in the
 * page, and what becomes of the hours of an offset are not said: the configuration chooses.
 */
import { instantMs } from '../../../shared/kernel/instant.js';
import type { Call } from '../shared/http.js';
import type { BrokerConfig } from './config.js';

export type Page = {
  readonly fromMs: number;
  readonly toMs: number;
  readonly limit: number | null;
  readonly offsetMs: number | null;
  readonly isBack: boolean;
};

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const DAY_MS = 86_400_000;

/** An ISO 8601 date or instant; a bare date is its beginning, or its end. Null when it is neither. */
const timeOf = (text: string, endOfDay = false): number | null =>
  instantMs(DAY.test(text) ? `${text}T${endOfDay ? '23:59:59.999' : '00:00:00.000'}Z` : text);

/** Null when `from` or `to` is missing, or something is not readable: `offset=100` is no date. */
export const pageOf = (call: Call, listOffset: BrokerConfig['listOffset']): Page | null => {
  const fromMs = timeOf(call.query.get('from') ?? '');
  const toMs = timeOf(call.query.get('to') ?? '', true);
  const limitText = call.query.get('limit');
  const limit = limitText === null ? null : Number.parseInt(limitText, 10);
  const offsetText = call.query.get('offset');
  const offset = offsetText === null ? null : timeOf(offsetText);
  if (fromMs === null || toMs === null || (offsetText !== null && offset === null) || (limit !== null && !(limit > 0))) return null;
  const offsetMs = offset !== null && listOffset === 'day' ? Math.floor(offset / DAY_MS) * DAY_MS : offset;
  return { fromMs, toMs, limit, offsetMs, isBack: ['prev', 'previous'].includes(call.query.get('direction') ?? '') };
};

type Rules = Pick<BrokerConfig, 'listOrder' | 'listShowsOffset'>;

/** One page of the items, which are in the order of time. */
export const cut = <Item>(items: readonly Item[], page: Page, atMsOf: (item: Item) => number, rules: Rules): readonly Item[] => {
  const { fromMs, toMs, limit, offsetMs, isBack } = page;
  const inRange = items.filter((item) => atMsOf(item) >= fromMs && atMsOf(item) <= toMs);
  const isForward = (rules.listOrder === 'oldest-first') !== isBack;
  const ordered = isForward ? inRange : [...inRange].reverse();
  const beyond = ordered.filter((item) => {
    if (offsetMs === null) return true;
    const distance = (atMsOf(item) - offsetMs) * (isForward ? 1 : -1);
    return distance > 0 || (distance === 0 && rules.listShowsOffset);
  });
  return limit === null ? beyond : beyond.slice(0, limit);
};
