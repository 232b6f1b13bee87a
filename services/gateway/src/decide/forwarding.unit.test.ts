import { describe, expect, it } from '@jest/globals';
import type { SortedEvent } from '../../../../contracts/internal/event-reader.js';
import { parseJson } from '../../../../shared/kernel/json.js';
import { inClear } from '../../../../test/support/forwarded.js';
import { eventsOf, messageOf, type Message } from './forwarding.js';

describe('a body', () => {
  it('is one event or an array of them', () => {
    expect(eventsOf({ id: 'a' })).toEqual([{ id: 'a' }]);
    expect(eventsOf([{ id: 'a' }, { id: 'b' }])).toEqual([{ id: 'a' }, { id: 'b' }]);
    expect(eventsOf([])).toEqual([]);
  });
});

describe('a message', () => {
  const event: SortedEvent = {
    topic: 'broker.order-status',
    words: { orderId: 'O1' },
    key: 'A1',
    id: 'e1',
    type: 'orders.updated',
    occurredAt: '2026-01-01T00:00:00.123456789Z',
    portfolioId: null,
  };
  const body = parseJson('{"id":"e1","payload":{"id":"O1","averagePrice":3.4900}}');
  const arrived = { eventId: 'drivewealth:e1', body, nowIso: '2026-02-02T00:00:00.000Z', traceparent: undefined };
  const made = (change: Partial<SortedEvent>, more: Partial<typeof arrived> | { traceparent: string } = {}) =>
    messageOf({ ...event, ...change } as SortedEvent, { ...arrived, ...more }, inClear);

  it('says in our words what the event is about, and keeps the body for people, numbers as they were written', () => {
    expect(made({})).toEqual({
      topic: 'broker.order-status',
      key: 'A1',
      headers: {
        'event-id': 'drivewealth:e1',
        'event-type': 'orders.updated',
        'schema-version': '2',
        'occurred-at': '2026-01-01T00:00:00.123456789Z',
      },
      value:
        '{"id":"drivewealth:e1","type":"orders.updated","version":"2","occurredAt":"2026-01-01T00:00:00.123456789Z","portfolioId":null,' +
        '"data":{"orderId":"O1","original":{"id":"e1","payload":{"id":"O1","averagePrice":3.4900}}}}',
    });
  });
  it('gives the time of arrival where the sender gives none that we take', () => {
    for (const occurredAt of [null, 'x'.repeat(65), '05/06/2026 10:00', '2026-01-01T00:00:00', '-1000000000-01-01T00:00:00Z'])
      expect((made({ occurredAt }) as Message).headers['occurred-at']).toBe('2026-02-02T00:00:00.000Z');
  });
  it('carries a trace, and nothing that is none', () => {
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    expect((made({}, { traceparent }) as Message).headers['traceparent']).toBe(traceparent);
    expect((made({}, { traceparent: 'x' }) as Message).headers).not.toHaveProperty('traceparent');
  });
  it('is none when our consumers would not take it, and says why without repeating it', () => {
    expect(made({ words: { orderId: 'x'.repeat(201) } })).toEqual({
      problems: [expect.stringMatching(/^orderId: /)],
    });
    expect(made({ portfolioId: 'p'.repeat(129) })).toEqual({ problems: [expect.stringMatching(/^portfolioId: /)] });
    expect(JSON.stringify(made({ portfolioId: 'p'.repeat(129) }))).not.toContain('ppp');
  });
});
