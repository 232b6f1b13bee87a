import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { refusalOfName } from '../../../../test/simulators/core-banking/rail.js';
import { canPay } from './payee.js';

const ADA = 'BE68539007547034';
const named = (creditorName: string): string | null => canPay({ creditorName, creditorIban: ADA });

describe('which payee can be paid', () => {
  it.each([
    'Ada Example',
    'A',
    '4 Seasons B.V.',
    'Zoë Müller-Ødegård',
    'François Çelik, Ægir & Søn',
    'O\u2019Brien',
    'Łukasz Żółć',
    'Ștefan Țepeș',
    'Nguyễn Thị Hương',
    'Γιώργος Παπαδόπουλος',
    'Йордан Щерев',
    "Jean d'Arc (Mme) + Cie: 1/2?",
    'E\u0301lodie',
    'x'.repeat(140),
  ])('takes %j, and so does the bank', (name) => {
    expect([named(name), refusalOfName(name)]).toEqual([null, null]);
  });
  it.each([
    ['nothing', '', 'is empty'],
    ['a blank', ' ', 'is empty'],
    ['an accent without a letter', '   \u0301', 'is empty'],
    ['marks alone', '- / .', 'is empty'],
    ['a character too many', 'x'.repeat(141), 'has 141 characters, more than the 140'],
    ['NUL', 'Ada\u0000Example', 'U+0000'],
    ['a line break', 'Ada\nExample', 'U+000A'],
    ['a tabulator', 'Ada\tExample', 'U+0009'],
    ['a control character of ASCII', 'Ada\u007f', 'U+007F'],
    ['a control character of Latin-1', 'Ada\u0085', 'U+0085'],
    ['a blank that does not break', 'Ada\u00a0Example', 'U+00A0'],
    ['a blank of no width', 'Ada\u200bExample', 'U+200B'],
    ['a change of direction', '\u202eelpmaxE adA', 'U+202E'],
    ['a byte order mark', '\ufeffAda', 'U+FEFF'],
    ['Chinese', '王小明', 'U+738B'],
    ['Arabic', 'علي', 'U+0639'],
    ['an emoji', 'Ada 😀', 'U+1F600'],
    ['a letter of full width', 'Ａda', 'U+FF21'],
    ['half a character', 'Ada \ud800', 'U+D800'],
  ])('refuses a name of %s as ours, without repeating it [C5]', (_what, name, why) => {
    const refusal = named(name);
    expect(refusal).toMatch(/^not sent: /);
    expect(refusal).toContain(why);
    if (/[a-z]/i.test(name)) expect(refusal).not.toContain(name);
  });
  it.each(['', '12345', 'be68539007547034', 'BE68 5390 0754 7034', 'BE68539007547034\n'])('refuses the account %j', (creditorIban) => {
    expect(canPay({ creditorName: 'Ada Example', creditorIban })).toMatch(/^not sent: .*IBAN/);
  });
  it('takes no character that the bank refuses after the cash-out [C5]', () => {
    const characters = Array.from({ length: 0x3000 }, (_, code) => String.fromCodePoint(code));
    expect(characters.filter((one) => named(`Ada ${one}`) === null && refusalOfName(`Ada ${one}`) !== null)).toEqual([]);
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 160 }), (name) => {
        if (named(name) === null) expect(refusalOfName(name)).toBeNull();
      }),
    );
  });
});
