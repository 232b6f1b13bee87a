import { divestAmountToken } from '../../../contracts/investsuite/divest-amount.js';
import { decimalToken, isJsonObject, type JsonObject } from '../../../contracts/tokens.js';
import { instantMs } from '../../../shared/kernel/instant.js';
import { printJson, type Json } from '../../../shared/kernel/json.js';
import { EXTRA, MISSING, READ_ONLY, type Problem } from './answers.js';

const WRITABLE = new Set([
  'external_id',
  'name',
  'config',
  'brokerage_account',
  'portfolio',
  'funded_since',
  'archived',
  'snapshot_datetime',
  'start_datetime',
]);
const FIXED = new Set([
  'id',
  'creation_datetime',
  'version',
  'version_datetime',
  'version_authored_by_user_id',
  'deleted',
  'readable_by',
  'modifiable_by',
  '_embedded',
  'owned_by_user_id',
  'owned_by_user_ids',
  'base_currency',
  'money_type',
  'status',
]);
const CONFIG_FIELDS = new Set(['manager', 'manager_version', 'manager_settings']);
export const SETTINGS = [
  'policy_id',
  'goal_id',
  'horizon_id',
  'risk_profile_id',
  'divest_amount',
  'start_amount',
  'recurring_deposit_amount',
  'active',
  'broker_provider',
  'commission_profile',
  'suitability_profile_id',
  'proposed_risk_profile_id',
  'risk_profile_score',
  'end_datetime',
  'optimization_cooldown_end',
  'tags',
  'background_image',
  'background_color',
] as const;
export const BROKERAGE_FIELDS = [
  'brokerage_portfolio_id',
  'brokerage_user_id',
  'bank_account_type',
  'bank_account_number',
  'bank_id',
  'payment_reference',
] as const;
const INSTRUMENT = /^(?:\$[A-Z]{3}|[A-Z]{2}[A-Z0-9]{9}[0-9])$/;

const extras = (object: JsonObject, allowed: ReadonlySet<string>, loc: readonly string[]): readonly Problem[] =>
  Object.keys(object)
    .filter((key) => !allowed.has(key))
    .map((key) => ({ loc: [...loc, key], ...EXTRA }));

export const same = (a: Json | undefined, b: Json | undefined): boolean => printJson(a) === printJson(b);

const configProblems = (current: JsonObject, given: Json): readonly Problem[] => {
  const loc = ['body', 'config'];
  if (!isJsonObject(given)) return [{ loc, msg: 'value is not a valid dict', type: 'type_error.dict' }];
  const problems = [...extras(given, CONFIG_FIELDS, loc)];
  const before = isJsonObject(current['config']) ? current['config'] : {};
  if (given['manager'] === undefined) problems.push({ loc: [...loc, 'manager'], ...MISSING });
  else if (!same(given['manager'], before['manager'])) problems.push({ loc: [...loc, 'manager'], ...READ_ONLY });
  const settings = given['manager_settings'];
  if (settings === undefined || settings === null) return problems;
  if (!isJsonObject(settings))
    return [...problems, { loc: [...loc, 'manager_settings'], msg: 'value is not a valid dict', type: 'type_error.dict' }];
  problems.push(...extras(settings, new Set(SETTINGS), [...loc, 'manager_settings']));
  if (!divestAmountToken.safeParse(settings['divest_amount']).success) {
    problems.push({ loc: [...loc, 'manager_settings', 'divest_amount'], msg: 'value is not a valid amount', type: 'type_error.decimal' });
  }
  return problems;
};

const holdingsProblems = (given: Json): readonly Problem[] => {
  const loc = ['body', 'portfolio'];
  if (!isJsonObject(given)) return [{ loc, msg: 'value is not a valid dict', type: 'type_error.dict' }];
  return Object.entries(given).flatMap(([instrument, quantity]) => {
    if (!INSTRUMENT.test(instrument)) return [{ loc: [...loc, instrument], msg: 'not an instrument id', type: 'value_error.str.regex' }];
    return decimalToken.safeParse(quantity).success
      ? []
      : [{ loc: [...loc, instrument], msg: 'value is not a valid decimal', type: 'type_error.decimal' }];
  });
};

const brokerageProblems = (given: Json): readonly Problem[] => {
  const loc = ['body', 'brokerage_account'];
  if (given === null) return [];
  return isJsonObject(given)
    ? extras(given, new Set(BROKERAGE_FIELDS), loc)
    : [{ loc, msg: 'value is not a valid dict', type: 'type_error.dict' }];
};

const fundedProblems = (given: Json): readonly Problem[] =>
  given === null || (typeof given === 'string' && instantMs(given) !== null)
    ? []
    : [{ loc: ['body', 'funded_since'], msg: 'invalid datetime format', type: 'value_error.datetime' }];

const fieldProblems = (current: JsonObject, field: string, value: Json): readonly Problem[] => {
  if (FIXED.has(field)) return [{ loc: ['body', field], ...READ_ONLY }];
  if (!WRITABLE.has(field)) return [{ loc: ['body', field], ...EXTRA }];
  if (field === 'config') return configProblems(current, value);
  if (field === 'portfolio') return holdingsProblems(value);
  if (field === 'brokerage_account') return brokerageProblems(value);
  return field === 'funded_since' ? fundedProblems(value) : [];
};

/** What makes a PATCH of a portfolio a 400. An empty object is fine: it is the documented way to start the optimiser. */
export const patchProblems = (current: JsonObject, body: Json | undefined): readonly Problem[] => {
  if (body === undefined || !isJsonObject(body)) return [{ loc: ['body'], msg: 'value is not a valid dict', type: 'type_error.dict' }];
  return Object.entries(body).flatMap(([field, value]) => fieldProblems(current, field, value));
};
