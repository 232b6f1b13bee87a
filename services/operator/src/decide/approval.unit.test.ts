/** What the second person sees before they sign. */
import { describe, expect, it } from '@jest/globals';
import { effectApprovalScreen, messageApprovalScreen } from './approval-screen.js';
import { differenceOf, fieldsOf } from './difference.js';
import { previewOf, type Letter } from './money-at-stake.js';

const IBAN = 'BE68539007547034';
const OTHER = 'BE68111122227034';
const value = (amount: string, iban = IBAN): string =>
  `{"id":"e1","portfolioId":"P1","data":{"amount":"${amount}","currency":"EUR","iban":"${iban}","owner_name":"Jan Peeters","tags":["a"]}}`;

describe('the difference of two texts', () => {
  it('is said field by field, accounts and names masked [A5]', () => {
    expect(differenceOf(value('50.00'), value('9000.00'))).toEqual([
      { field: 'data.amount', was: '50.00', becomes: '9000.00', hidden: false },
    ]);
    const changed = differenceOf(value('1'), value('1').replace('Jan', 'Eve').replace('"a"', '"a","b"').replace('"id":"e1",', ''));
    expect(changed).toEqual([
      { field: 'id', was: 'e1', becomes: null, hidden: false },
      { field: 'data.owner_name', was: 'J*** P***', becomes: 'E*** P***', hidden: false },
      { field: 'data.tags.1', was: null, becomes: 'b', hidden: false },
    ]);
  });
  it('says so where two values look the same because they are masked [A5]', () => {
    expect(differenceOf(value('1'), value('1', OTHER))).toEqual([
      { field: 'data.iban', was: 'BE68***7034', becomes: 'BE68***7034', hidden: true },
    ]);
  });
  it('is nothing for the same text, and the whole message where one is no JSON', () => {
    expect(differenceOf(value('1'), value('1'))).toEqual([]);
    expect(differenceOf('{"half":', '{"half":')).toEqual([]);
    expect(differenceOf('"', '"x')).toMatchObject([{ field: 'message', hidden: false }]);
    const long = (end: string): string => `{"a":"${'blank '.repeat(60)}${end}"}`;
    expect(differenceOf(long('x'), long('y'))).toMatchObject([{ field: 'a', hidden: true, was: expect.stringMatching(/\.\.\.$/) }]);
    expect(differenceOf('{"half":', value('1'))).toMatchObject([{ field: 'message', was: '{"half":', hidden: false }]);
    expect(differenceOf('{"a":{}}', '{"a":[]}')).toEqual([{ field: 'a', was: '{}', becomes: '[]', hidden: false }]);
  });
});

describe('the screen of an approval', () => {
  const letter: Letter = {
    eventId: 'e1',
    service: 'payout',
    topic: 'payout.requested',
    portfolioId: 'P1',
    reason: `no account ${IBAN}`,
    value: value('50.00'),
  };
  const asked = { act: '7', kind: 'replay-dead-letter', by: 'anna', why: `typo in ${IBAN}` };
  const open = [{ id: 'po1', flow: 'payout', status: 'Transferring', amount: '50', currency: 'EUR' }];
  it('shows what changes, the stake of the corrected text, and the calls that follow [A5]', () => {
    const corrected = value('9000.00');
    const screen = messageApprovalScreen(asked, {
      preview: previewOf(letter, corrected, open),
      changes: differenceOf(letter.value, corrected),
      fields: fieldsOf(corrected),
      hash: 'f'.repeat(64),
    });
    expect(screen).toMatch(/data\.amount +50\.00 +9000\.00/);
    expect(screen).toContain('at stake:  9000 EUR (of the corrected text)');
    expect(screen).toContain('may call:  InvestSuite, broker, bank');
    expect(screen).toContain('open journeys: po1 Transferring');
    expect(screen).toContain(`you sign:  sha256 ${'f'.repeat(64)}`);
    expect(screen).not.toContain(IBAN);
    expect(screen).not.toContain('Peeters');
  });
  it('shows every field of a stored text, and says what it cannot know', () => {
    const screen = messageApprovalScreen(asked, {
      preview: { ...previewOf({ ...letter, value: '{"x":1}', portfolioId: null }, null, []), step: null, mayCall: [] },
      changes: null,
      fields: fieldsOf('{"x":1}'),
      hash: '0',
    });
    expect(screen).toMatch(/x +1/);
    expect(screen).toContain('runs:      nothing; open journeys: none');
    expect(screen).toContain('may call:  nothing');
    expect(screen).toContain('at stake:  nobody can say');
    expect(messageApprovalScreen(asked, { preview: previewOf(letter, value('50.00'), []), changes: [], fields: [], hash: '0' })).toContain(
      '(the two texts say the same)',
    );
    const hidden = differenceOf(value('1'), value('1', OTHER));
    expect(
      messageApprovalScreen(asked, { preview: previewOf(letter, value('1', OTHER), []), changes: hidden, fields: [], hash: '0' }),
    ).toContain('they differ where it is masked');
  });
  it('shows an answer with the request, the evidence and what follows [A5]', () => {
    const shown = {
      ...{ effectId: 'po1:Pay', effect: 'Pay', service: 'payout', portfolioId: 'P1', generation: '2', status: 'parked' },
      ...{ note: 'refused', request: '{"amount":"90"}', money: '90 EUR', evidence: `to ${IBAN}`, mayCall: ['bank'] },
    };
    const screen = effectApprovalScreen(asked, { ...shown, answer: 'applied' });
    expect(screen).toContain('act 7: replay-dead-letter: applied, asked by anna');
    expect(screen).toContain('generation 2, parked');
    expect(screen).toContain('at stake:  90 EUR');
    expect(screen).toContain('goes on as after a success');
    expect(screen).not.toContain(IBAN);
    expect(effectApprovalScreen(asked, { ...shown, answer: 'else', money: '' })).toContain('nothing known');
  });
});
