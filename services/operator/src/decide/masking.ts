/** Hides what identifies a person or an account, and leaves enough to recognise it. Numbers stay as they were written. */
import { maskAccount, maskText } from '../../../../shared/kernel/account-mask.js';
import { JsonNumber, type Json } from '../../../../shared/kernel/json.js';

export { maskText };

const ACCOUNT_KEY = /iban|account_?(no|number)$|brokerage_account/i;
const NAME_KEY =
  /(^|_)name$|(owner|creditor|debtor|first|last|full|family|given|holder|beneficiary)_?name$|^(e_?mail|phone|address|street|birth)/i;
const SECRET_KEY = /token|secret|password|authorization|signature/i;

/** `Jan Peeters` -> `J*** P***`. */
const maskName = (text: string): string =>
  text
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word) => `${String.fromCodePoint(word.codePointAt(0) ?? 0)}***`)
    .join(' ');

const maskMember = (key: string, value: Json): Json => {
  if (typeof value !== 'string') return masked(value);
  if (SECRET_KEY.test(key)) return '***';
  if (ACCOUNT_KEY.test(key)) return maskAccount(value);
  if (NAME_KEY.test(key)) return maskName(value);
  return maskText(value);
};

export const masked = (value: Json): Json => {
  if (value === null || typeof value === 'boolean' || value instanceof JsonNumber) return value;
  if (typeof value === 'string') return maskText(value);
  if (Array.isArray(value)) return (value as readonly Json[]).map(masked);
  return Object.fromEntries(
    Object.entries(value as { readonly [key: string]: Json }).map(([key, member]) => [key, maskMember(key, member)]),
  );
};
