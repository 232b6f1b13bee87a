/** Hides accounts in free text, and leaves enough to recognise them. */

/** In one piece, or in groups of four as on paper. */
const LIKE_AN_IBAN = /\b[A-Z]{2}\d{2}(?:[A-Z0-9]{11,30}|(?: [A-Z0-9]{4}){2,7}(?: [A-Z0-9]{1,3})?)\b/g;

/** `BE68 5390 0754 7034` -> `BE68***7034`. */
export const maskAccount = (text: string): string => {
  const plain = text.replaceAll(' ', '');
  return plain.length <= 8 ? '***' : `${plain.slice(0, 4)}***${plain.slice(-4)}`;
};

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

/** The text with every IBAN in it masked. */
export const maskText = (text: string): string => text.replace(LIKE_AN_IBAN, maskFound);
