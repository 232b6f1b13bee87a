/** A decision that cannot be carried out stops nobody else; only a database that is away is waited for. */
import { describe, expect, it } from '@jest/globals';
import { parseEnvelope, printEnvelope } from '../../../../contracts/internal/envelope.js';
import { anna, letterFacts, personNamed, signedDecision } from '../../../../test/support/signing-people.js';
import { createLog } from '../../process/log.js';
import { Catalogue } from '../catalogue.js';
import { decisionsOf, type DecisionOptions } from './operator-decisions.js';
import { DatabaseAway } from '../store/store.js';

const decision = signedDecision({ kind: 'discard-dead-letter', service: 'payout', ...letterFacts('e1', 'bad'), why: 'w' }, anna, null);
const event = parseEnvelope(
  printEnvelope({ id: 'd1', type: 'operator.decision', version: '1', occurredAt: 'T', portfolioId: 'P1', data: decision }),
);
const failing = (error: Error): DecisionOptions => ({
  catalogue: new Catalogue({ name: 'payout', bindings: [], consumes: [] }),
  personNamed,
  store: {
    quarantined: () => Promise.resolve({ topic: 'payout.requested', value: 'bad', attempts: 1 }),
    takeAct: (_actId: string, eventId: string) => Promise.resolve(eventId),
    discard: () => Promise.reject(error),
    write: () => Promise.resolve(),
  } as unknown as DecisionOptions['store'],
  engine: {} as DecisionOptions['engine'],
  inboxWriter: () => ({ again: () => Promise.resolve(null) }),
  log: createLog('test', 'silent'),
});

describe('carrying out a decision', () => {
  it('that fails is told and left behind', async () => {
    await expect(decisionsOf(failing(new Error('permission denied'))).carryOut(event)).resolves.toBeUndefined();
  });
  it('waits while the database is away', async () => {
    await expect(decisionsOf(failing(new DatabaseAway('starting up'))).carryOut(event)).rejects.toThrow('starting up');
  });
});
