import type { Envelope } from '../../../../contracts/internal/envelope.js';

/** Whose lane the event belongs to. Old bodies of InvestSuite name no portfolio: a person may have filed the message. @throws TypeError */
export const laneOf = ({ portfolioId }: Envelope): string => {
  if (portfolioId === null) throw new TypeError('the event names no portfolio');
  return portfolioId;
};
