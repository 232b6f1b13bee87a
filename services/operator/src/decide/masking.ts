/** Hides what identifies a person or an account, and leaves enough to recognise it. Numbers stay as they were written. */
import { JsonNumber, type Json } from '../../../../shared/kernel/json.js';

/** In one piece, or in groups of four as on paper. */
const LIKE_AN_IBAN = /\b[A-Z]{2}\d{2}(?:[A-Z0-9]{11,30}|(?: [A-Z0-9]{4}){2,7}(?: [A-Z0-9]{1,3})?)\b/g;
const ACCOUNT_KEY = /iban|account_?(no|number)$|brokerage_account/i;
const NAME_KEY =
  /(^|_)name$|(owner|creditor|debtor|first|last|full|family|given|holder|beneficiary)_?name$|^(e_?mail|phone|address|street|birth)/i;
const SECRET_KEY = /token|secret|password|authorization|signature/i;

/** `BE68 5390 0754 7034` -> `BE68***7034`. */
const maskAccount = (text: string): string => {
  const plain = text.replaceAll(' ', '');
  return plain.length <= 8 ? '***' : `${plain.slice(0, 4)}***${plain.slice(-4)}`;
};
/** `Jan Peeters` -> `J*** P***`. */
const maskName = (text: string): string =>
  text
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word) => `${String.fromCodePoint(word.codePointAt(0) ?? 0)}***`)
    .join(' ');

/** ISO 7064, 97-10: what only looks like an account, such as a reference of ours, is left as it is. */
const isIban = (text: string): boolean => {
  const digits = `${text.slice(4)}${text.slice(0, 4)}`.replace(/[A-Z]/g, (letter) => parseInt(letter, 36).toString());
  return BigInt(digits) % 97n === 1n;
};

/** A word in capitals may follow the last group. */
const maskFound = (found: string): string => {
  const groups = found.split(' ');
  for (let count = groups.length; count > 0; count--) {
    const text = groups.slice(0, count).join('');
    if (isIban(text)) return [maskAccount(text), ...groups.slice(count)].join(' ');
  }
  return found;
};

export const maskText = (text: string): string => text.replace(LIKE_AN_IBAN, maskFound);

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
