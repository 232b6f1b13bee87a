import { PATHS, portfolio, type PortfolioRead } from '../../../contracts/investsuite/http.js';
import type { JsonObject } from '../../../contracts/tokens.js';
import type { PortfolioId } from '../../kernel/ids.js';
import type { Printable } from '../../kernel/json.js';
import type { DivestAmount } from '../../kernel/money.js';
import type { Inquiry, Outcome } from '../../kernel/outcome.js';
import type { InvestSuitePort, InvestSuiteRefusal, PortfolioWrite, PortfolioWritten } from '../../ports/investsuite.js';
import { noAnswer, unknown } from '../http/outcome.js';
import type { InvestSuiteClient } from './client.js';
import { changedSettings, configOf, configWith, holdingsBody, levelIn, sameHoldings, sameLevel, type Holdings } from './mapping.js';
import { judgeWrite } from './outcome.js';
import { getPortfolio } from './reads.js';

export type PortfolioWrites = Pick<InvestSuitePort, 'writePortfolio' | 'findPortfolioWrite' | 'writeDivestAmount'>;
type Written = Outcome<PortfolioWritten, InvestSuiteRefusal>;

/** What must come back from a PATCH. */
type Expected = {
  readonly before: PortfolioRead;
  readonly holdings: Holdings | null;
  readonly config: JsonObject;
  readonly level: DivestAmount | null;
};

const meanwhile = (note: string): Written => ({ kind: 'rejected', reason: 'changed-meanwhile', note });

const differenceOf = (back: PortfolioRead, expected: Expected, aside: readonly string[]): string | null => {
  if (back.id !== expected.before.id) return 'the answer is about another portfolio';
  if (back.version <= expected.before.version) return 'the answer has no newer version';
  if (expected.holdings !== null && !sameHoldings(back.portfolio, expected.holdings))
    return 'the answer holds other holdings than were sent';
  if (expected.level !== null && !sameLevel(back.config.divestAmount, expected.level))
    return 'the answer holds another divest amount than was sent';
  const changed = changedSettings(expected.config, back.config.raw, aside);
  return changed.length === 0 ? null : `settings came back changed: ${changed.join(', ')}`.slice(0, 400);
};

const patch = async (
  client: InvestSuiteClient,
  body: Printable,
  expected: Expected,
  aside: readonly string[],
  signal: AbortSignal,
): Promise<Written> => {
  const path = PATHS.portfolio(expected.before.id);
  const judged = judgeWrite(await client.send({ operation: 'write-portfolio', method: 'PATCH', path, body, signal }));
  if (judged.ended !== null) return judged.ended;
  const read = portfolio.safeParse(judged.json);
  if (!read.success) return unknown('the answer holds no portfolio');
  const difference = differenceOf(read.data, expected, aside);
  return difference === null ? { kind: 'applied', result: { versionAfter: read.data.version } } : unknown(difference);
};

/** Null: the write may go out against this fresh read. */
const movedOn = (read: PortfolioRead, write: PortfolioWrite, config: JsonObject, aside: readonly string[]): string | null => {
  if (read.version !== write.baseVersion) return `version ${String(read.version)} instead of ${String(write.baseVersion)}`;
  if (!sameHoldings(read.portfolio, write.holdingsBefore)) return 'other holdings than the write was computed from';
  const changed = changedSettings(config, read.config.raw, aside);
  return changed.length === 0 ? null : `other settings than the write was computed from: ${changed.join(', ')}`.slice(0, 400);
};

/** Our write changed no holdings, so only the level can tell. */
const findByLevel = (read: PortfolioRead, write: PortfolioWrite): Inquiry<PortfolioWritten, InvestSuiteRefusal> => {
  if (read.version === write.baseVersion) return { found: 'absent' };
  if (write.divestAmount === null || sameLevel(read.config.divestAmount, write.divestAmount))
    return { found: 'applied', result: { versionAfter: read.version } };
  return {
    found: 'ambiguous',
    evidence: 'the portfolio was written since, and its divest amount is not the one we wrote: ours may have come before or not at all',
  };
};

const findWrite = (read: PortfolioRead, write: PortfolioWrite, aside: readonly string[]): Inquiry<PortfolioWritten, InvestSuiteRefusal> => {
  const now = read.portfolio as Holdings;
  if (read.version < write.baseVersion) return { found: 'no-answer', evidence: 'the read is older than the write', retryAfterMs: 5_000 };
  if (sameHoldings(write.holdingsBefore, write.holdings)) return findByLevel(read, write);
  if (sameHoldings(now, write.holdingsBefore)) return { found: 'absent' };
  if (!sameHoldings(now, write.holdings))
    return { found: 'ambiguous', evidence: 'the holdings are neither those before our write nor those it wrote' };
  const { divestAmount, baseVersion } = write;
  const levelStands = divestAmount === null || sameLevel(read.config.divestAmount, divestAmount);
  if (read.version > baseVersion + 1)
    // Where another level stands, the newest version is another's and came after ours: it can have lost nothing through us.
    return { found: 'applied', result: { versionAfter: levelStands ? read.version : read.version - 1 } };
  // Nobody else wrote since: what differs was lost by our own write, and a person has to look.
  const lost = changedSettings(configOf(write.configJson), read.config.raw, aside);
  if (levelStands && lost.length === 0) return { found: 'applied', result: { versionAfter: read.version } };
  const what = [...(levelStands ? [] : ['the divest amount']), ...lost].join(', ');
  return { found: 'ambiguous', evidence: `written, but settings are changed: ${what}`.slice(0, 400) };
};

/** `aside`: settings InvestSuite may change by itself, as `manager_settings.<name>`. */
export const createPortfolioWrites = (client: InvestSuiteClient, aside: readonly string[]): PortfolioWrites => {
  const writePortfolio = async (write: PortfolioWrite, signal: AbortSignal): Promise<Written> => {
    const base = configOf(write.configJson);
    const config = write.divestAmount === null ? null : configWith(base, write.divestAmount);
    if (write.divestAmount !== null && config === null)
      return { kind: 'rejected', reason: 'invalid', note: 'the portfolio has no manager settings, so no divest amount' };
    const fresh = await getPortfolio(client, write.portfolioId, signal);
    if (fresh.ended !== null) return fresh.ended;
    const moved = movedOn(fresh.value, write, base, aside);
    if (moved !== null) return meanwhile(moved);
    if (!sameLevel(levelIn(base), fresh.value.config.divestAmount))
      return meanwhile('another divest amount than the write was computed from');
    const body: Printable =
      config === null ? { portfolio: holdingsBody(write.holdings) } : { portfolio: holdingsBody(write.holdings), config };
    return patch(
      client,
      body,
      { before: fresh.value, holdings: write.holdings, config: config ?? base, level: write.divestAmount },
      aside,
      signal,
    );
  };

  const writeDivestAmount = async (
    portfolioId: PortfolioId,
    expected: DivestAmount,
    level: DivestAmount,
    signal: AbortSignal,
  ): Promise<Written> => {
    const fresh = await getPortfolio(client, portfolioId, signal);
    if (fresh.ended !== null) return fresh.ended;
    const { config, version } = fresh.value;
    if (sameLevel(config.divestAmount, level)) return { kind: 'applied', result: { versionAfter: version } };
    if (!sameLevel(config.divestAmount, expected)) return meanwhile('another divest amount is written there');
    const whole = configWith(config.raw, level);
    if (whole === null) return { kind: 'rejected', reason: 'invalid', note: 'the portfolio has no manager settings, so no divest amount' };
    return patch(client, { config: whole }, { before: fresh.value, holdings: null, config: whole, level }, aside, signal);
  };

  return {
    writePortfolio: (write, sending) => writePortfolio(write, sending.signal),
    findPortfolioWrite: async (write, sending) => {
      const fresh = await getPortfolio(client, write.portfolioId, sending.signal);
      if (fresh.ended === null) return findWrite(fresh.value, write, aside);
      return fresh.ended.kind === 'rejected'
        ? { found: 'no-answer', evidence: 'the portfolio was not found', retryAfterMs: 60_000 }
        : noAnswer(fresh.ended);
    },
    writeDivestAmount: (portfolioId, expected, level, sending) => writeDivestAmount(portfolioId, expected, level, sending.signal),
  };
};
