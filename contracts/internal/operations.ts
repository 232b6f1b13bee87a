/**
 * What each service on the engine changes outside, by the names of its effects: the scopes `operation:NAME` that people can stop. A name
 * that is not here would stop nothing. test/tidy/operations.unit.test.ts compares the list with the services.
 */
import type { EngineServiceName } from './services.js';

export const operations: Readonly<Record<EngineServiceName, readonly string[]>> = {
  withdrawal: ['RecordTransaction', 'AnnounceWithdrawal'],
  payout: ['CreateCashOut', 'ApproveCashOut', 'PayCounterAccount'],
  rebalancing: ['RecordPlaced', 'PlaceOrder', 'RecordNotExecuted', 'RecordExecution', 'RecordSettlement'],
  portfolio: ['WritePortfolio', 'RestoreDivestAmount'],
};

/** The outside systems, by the names that effects and scopes use. */
export const systemNames = ['investsuite', 'broker', 'core-banking'] as const;
