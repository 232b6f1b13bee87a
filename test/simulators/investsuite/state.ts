import { divestAmountToken } from '../../../contracts/investsuite/divest-amount.js';
import { holdings as holdingsMap } from '../../../contracts/investsuite/http.js';
import { isJsonObject, type JsonObject } from '../../../contracts/tokens.js';
import type { Decimal } from '../../../shared/kernel/decimal.js';
import { JsonNumber, type Json } from '../../../shared/kernel/json.js';
import type { DivestAmount } from '../../../shared/kernel/money.js';
import type { LevelText } from './books.js';

/** A portfolio as the wire shows it. Never changed in place: every write makes a new one. */
export type StoredPortfolio = { readonly id: string; readonly version: number; readonly wire: JsonObject };

export type StoredTransaction = {
  readonly id: string;
  readonly portfolioId: string;
  readonly version: number;
  readonly externalId: string | null;
  readonly optimizationId: string | null;
  /** Fields given beside the movements: `order_type`, `description`. */
  readonly more: JsonObject;
  readonly movements: readonly JsonObject[];
};

export type StoredOptimization = {
  readonly id: string;
  readonly portfolioId: string;
  /** SUCCESS, or an end that is never told: FAILURE, INFEASIBLE. */
  readonly status: string;
  readonly isRecommended: boolean;
  readonly ownerChoice: string | null;
  readonly instruments: readonly string[];
  readonly wire: JsonObject;
};

export const textField = (wire: JsonObject, field: string): string | null => {
  const value = wire[field];
  return typeof value === 'string' ? value : null;
};

export const objectField = (wire: JsonObject, field: string): JsonObject => {
  const value = wire[field];
  return value !== undefined && isJsonObject(value) ? value : {};
};

export const settingsOf = (wire: JsonObject): JsonObject => objectField(objectField(wire, 'config'), 'manager_settings');
export const isRobo = (wire: JsonObject): boolean => (textField(objectField(wire, 'config'), 'manager') ?? '').startsWith('ROBO_ADVISOR');
export const levelOf = (wire: JsonObject): DivestAmount => divestAmountToken.parse(settingsOf(wire)['divest_amount']);
export const holdingsOf = (wire: JsonObject): Record<string, Decimal> => holdingsMap.parse(wire['portfolio'] ?? {});
export const cashOf = (wire: JsonObject): string => `$${textField(wire, 'base_currency') ?? 'EUR'}`;

export const levelText = (level: DivestAmount): LevelText => {
  switch (level.kind) {
    case 'nothing':
      return '0';
    case 'amount':
      return level.amount;
    case 'everything':
      return 'everything';
  }
};

export const number = (value: Decimal | number): JsonNumber => new JsonNumber(String(value));
export const holdingsWire = (holdings: Readonly<Record<string, Decimal>>): JsonObject =>
  Object.fromEntries(Object.entries(holdings).map(([instrument, quantity]) => [instrument, number(quantity)]));

/** The wire of a portfolio whose settings have some fields replaced, as the app does it. */
export const withSettings = (wire: JsonObject, settings: Readonly<Record<string, Json>>): JsonObject => {
  const config = objectField(wire, 'config');
  return { config: { ...config, manager_settings: { ...objectField(config, 'manager_settings'), ...settings } } };
};
