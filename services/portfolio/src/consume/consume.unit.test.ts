import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parseEnvelope } from '../../../../contracts/internal/envelope.js';
import { changeRequested } from './change-requested.js';
import { levelAnnounced } from './level-announced.js';

const message = (type: string, body: string, portfolioId: string | null = 'P1') =>
  parseEnvelope(
    `{"id":"e1","type":"${type}","version":"1.0.0","occurredAt":"x","portfolioId":${JSON.stringify(portfolioId)},"data":${body}}`,
  );
const sample = (name: string): string => readFileSync(join(__dirname, '../../../../contracts/investsuite/samples', `${name}.json`), 'utf8');

describe('messages to the portfolio', () => {
  it('are changes', () => {
    const body = {
      changeId: 'c1',
      portfolioId: 'P1',
      because: 'withdrawal-paid',
      deltas: [{ instrument: '$EUR', quantity: '-250.00' }],
      lowerDivestBy: { kind: 'amount', amount: '250.00' },
      cashSettled: false,
    };
    expect(changeRequested.read(message('portfolio.change-requested', JSON.stringify(body)))).toEqual({
      portfolioId: 'P1',
      deliver: {
        flow: 'portfolio',
        subject: 'P1',
        input: {
          type: 'ChangeRequested',
          change: {
            changeId: 'c1',
            because: 'withdrawal-paid',
            deltas: [{ instrument: '$EUR', quantity: '-250' }],
            lowerDivestBy: { kind: 'amount', amount: '250' },
            cashSettled: false,
          },
        },
      },
    });
    expect(() => changeRequested.read(message('portfolio.change-requested', '{"changeId":"c1"}'))).toThrow();
    expect(() => changeRequested.read(message('portfolio.change-requested', JSON.stringify(body), 'P2'))).toThrow('filed under another');
    expect(() =>
      changeRequested.read(
        message('portfolio.change-requested', JSON.stringify({ ...body, deltas: [{ instrument: '$EUR', quantity: 'a lot' }] })),
      ),
    ).toThrow();
  });
  it('or levels that were announced, everything among them', () => {
    const own = 'P01HQZX3V9K2M4N6P8R0S2T4V6W';
    expect(levelAnnounced.read(message('portfolio.withdrawal-request', sample('event-withdrawal-everything'), own))).toMatchObject({
      deliver: { flow: 'portfolio', subject: own, input: { type: 'LevelAnnounced', level: { kind: 'everything' } } },
    });
    const unnamed = levelAnnounced.read(message('portfolio.withdrawal-request', sample('event-withdrawal'), null));
    expect('portfolioId' in unnamed && unnamed.portfolioId).toBe(own);
    // The level of one portfolio is not taken for another's.
    expect(() => levelAnnounced.read(message('portfolio.withdrawal-request', sample('event-withdrawal')))).toThrow('filed under another');
  });
  it('or nothing of ours', () => {
    expect(() => levelAnnounced.read(message('portfolio.withdrawal-request', sample('event-optimization-status')))).toThrow(
      'not a withdrawal request',
    );
    expect(() => levelAnnounced.read(message('portfolio.withdrawal-request', '{"id":"x"}'))).toThrow('not an event');
  });
});
