/** One rule of the product broken at a time, by replacing a piece of it here; the auditor has to convict each. */
import { sum } from '../../shared/kernel/decimal.js';
import type { AnyEffect } from '../../shared/runtime/engine/catalogue.js';
import type { EffectRules } from '../../shared/kernel/step.js';
import type { BrokerPort } from '../../shared/ports/broker.js';
import type { InvestSuitePort } from '../../shared/ports/investsuite.js';
import type { Binding } from '../../shared/runtime/engine/definition.js';
import type { MemoryStore } from './memory-store.js';

export type Broken = {
  readonly does: string;
  /** Another rule for the life of effects. */
  readonly rules?: (rules: EffectRules) => EffectRules;
  /** `fresh` gives another text each time. */
  readonly binding?: (binding: Binding, fresh: () => string) => Binding;
  readonly broker?: (port: BrokerPort) => BrokerPort;
  readonly investSuite?: (port: InvestSuitePort) => InvestSuitePort;
  /** Runs when a process starts. */
  readonly atStart?: (store: MemoryStore, nowMs: number) => void;
  readonly offsetFirst?: true;
  /** What was not published right away is not looked for. */
  readonly neverSaysAgain?: true;
};

type Write = Exclude<AnyEffect, { kind: 'read' }>;

/** The same effects, the writing ones sent in another way. */
const sentBy = (binding: Binding, wrap: (effect: Write) => Write['send']): Binding => {
  const effects = Object.entries<AnyEffect>(binding.effects).map(([name, effect]): [string, AnyEffect] =>
    effect.kind === 'read' ? [name, effect] : [name, { ...effect, send: wrap(effect) }],
  );
  return { ...binding, effects: Object.fromEntries(effects) as unknown as Binding['effects'] };
};

const unguarded = (effects: Binding['effects']): Binding['effects'] =>
  Object.fromEntries(
    Object.entries<AnyEffect>(effects).map(([name, effect]): [string, AnyEffect] => {
      if (effect.kind === 'read') return [name, effect];
      const { restsOn: _left, ...rest } = effect;
      return [name, rest];
    }),
  ) as unknown as Binding['effects'];

const freshKeys = (binding: Binding, fresh: () => string): Binding =>
  sentBy(binding, (effect) => (request: unknown, sending) => {
    const key = `${sending.key}:${fresh()}`;
    const { endToEndId } = request as { readonly endToEndId?: string };
    const again = endToEndId === undefined ? request : { ...(request as object), endToEndId: `${fresh()}${endToEndId}`.slice(0, 35) };
    return effect.send(again, { ...sending, key });
  });

const givesUp = (binding: Binding): Binding =>
  sentBy(binding, (effect) => async (request: unknown, sending) => {
    const outcome = await effect.send(request, sending);
    return outcome.kind === 'unknown' ? { kind: 'rejected', reason: 'failed' } : outcome;
  });

const changed = (rules: EffectRules, ability: Partial<EffectRules['life']['ability']>): EffectRules =>
  rules.kind === 'read' ? rules : { ...rules, life: { ...rules.life, ability: { ...rules.life.ability, ...ability } } };

const blindly =
  (port: InvestSuitePort): InvestSuitePort['writePortfolio'] =>
  async (write, sending) => {
    if (write.divestAmount === null) return port.writePortfolio(write, sending);
    const now = await port.readPortfolio(write.portfolioId, sending.signal);
    if (now.kind !== 'applied') return { kind: 'retryable', evidence: 'not read' };
    const { version: baseVersion, holdings: holdingsBefore } = now.result;
    const written = await port.writePortfolio({ ...write, baseVersion, holdingsBefore, divestAmount: { kind: 'nothing' } }, sending);
    return written.kind === 'applied' ? { kind: 'applied', result: { versionAfter: write.baseVersion + 1 } } : written;
  };

const withUnsettled =
  (port: BrokerPort): BrokerPort['readCash'] =>
  async (account, signal) => {
    const read = await port.readCash(account, signal);
    if (read.kind !== 'applied') return read;
    const all = [read.result.withdrawable, ...read.result.pendingSettlement.map(({ amount }) => amount)];
    return { kind: 'applied', result: { ...read.result, withdrawable: sum(all), pendingSettlement: [] } };
  };

const onlyKnown =
  (port: BrokerPort): BrokerPort['readCashOuts'] =>
  async (account, sinceMs, ours, signal) => {
    const read = await port.readCashOuts(account, sinceMs, ours, signal);
    if (read.kind !== 'applied') return read;
    return { kind: 'applied', result: read.result.filter(({ key, cashOutId }) => key !== null || ours.cashOutIds.includes(cashOutId)) };
  };

export const BREAKS = {
  'resend-unknown': {
    does: 'sends a request again when its outcome is not known',
    rules: (rules: EffectRules) => {
      const again = changed(rules, { repeatable: 'by-key' });
      return { ...again, life: { ...again.life, whenUnknown: 'send-again' } };
    },
  },
  'resend-sending-at-start': {
    does: 'at start, sends again what was being sent',
    atStart: (store: MemoryStore, nowMs: number) => {
      for (const effect of store.effects.values()) {
        if (effect.status !== 'sending') continue;
        effect.status = 'planned';
        effect.dueMs = nowMs;
      }
    },
  },
  'inquire-before-longest-life': {
    does: 'believes "absent" while a request may still be on its way',
    rules: (rules: EffectRules) => changed(rules, { longestLifeMs: 0 }),
  },
  'new-key-per-attempt': { does: 'draws a new key for every attempt', binding: freshKeys },
  'offset-before-database': { does: 'commits the offset before the inbox has the message', offsetFirst: true },
  'reset-divest-blindly': {
    does: 'sets the divest amount to nothing after a payment, whatever stands there by now',
    investSuite: (port: InvestSuitePort): InvestSuitePort => ({ ...port, writePortfolio: blindly(port) }),
  },
  'pay-unsettled-cash': {
    does: 'pays cash of sales that were executed and have not settled',
    broker: (port: BrokerPort): BrokerPort => ({ ...port, readCash: withUnsettled(port) }),
  },
  'timeout-means-failed': { does: 'takes a request without an answer for refused', binding: givesUp },
  'believe-stale-facts': {
    does: 'sends what was decided upon, without reading again what it rests on',
    binding: (binding: Binding) => ({ ...binding, effects: unguarded(binding.effects) }),
  },
  'no-look-for-unknown-cash-outs': {
    does: 'looks only at cash-outs that our books know',
    broker: (port: BrokerPort): BrokerPort => ({ ...port, readCashOuts: onlyKnown(port) }),
  },
  'publish-once': { does: 'does not look for messages that were not published', neverSaysAgain: true },
  'no-unique-payout': {
    does: 'opens another payout when the same one is asked for again',
    binding: (binding: Binding) => (binding.flow.name === 'payout' ? { ...binding, oneJourneyPer: 'event' } : binding),
  },
} as const satisfies Readonly<Record<string, Broken>>;
export type BreakName = keyof typeof BREAKS;
export const BREAK_NAMES = Object.keys(BREAKS) as readonly BreakName[];
