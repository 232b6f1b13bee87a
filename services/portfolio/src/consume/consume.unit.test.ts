import { describe, expect, it } from '@jest/globals';
import { parseEnvelope } from '../../../../contracts/internal/envelope.js';
import { versionOf } from '../../../../contracts/internal/topics.js';
import { changeRequested } from './change-requested.js';
import { levelAnnounced } from './level-announced.js';

const message = (type: string, body: string, portfolioId: string | null = 'P1') =>
  parseEnvelope(
    `{"id":"e1","type":"${type}","version":"${versionOf(type)}","occurredAt":"x","portfolioId":${JSON.stringify(portfolioId)},"data":${body}}`,
  );

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
    const announced = (level: string, portfolioId: string | null = 'P1') =>
      levelAnnounced.read(message('portfolio.withdrawal-request', `{"portfolioId":"P1","level":${level},"currency":"EUR"}`, portfolioId));
    expect(announced('{"kind":"everything"}')).toEqual({
      deliver: { flow: 'portfolio', subject: 'P1', input: { type: 'LevelAnnounced', level: { kind: 'everything' } } },
      portfolioId: 'P1',
    });
    expect(announced('{"kind":"amount","amount":"3.4900"}')).toMatchObject({ deliver: { input: { level: { amount: '3.49' } } } });
    expect(announced('null')).toHaveProperty('ignored');
    // The level of one portfolio is not taken for another's, nor for nobody's.
    expect(() => announced('{"kind":"nothing"}', 'P2')).toThrow('filed under another');
    expect(() => announced('{"kind":"nothing"}', null)).toThrow('filed under another');
  });
  it('or nothing of ours', () => {
    expect(() => levelAnnounced.read(message('portfolio.withdrawal-request', '{"portfolioId":"P1"}'))).toThrow();
  });
});
