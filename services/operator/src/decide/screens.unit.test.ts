import { describe, expect, it } from '@jest/globals';
import { parseJson } from '../../../../shared/kernel/json.js';
import {
  actsScreen,
  auditScreen,
  effectsScreen,
  journeysScreen,
  lettersScreen,
  memberOf,
  previewScreen,
  rowsIn,
  refusedScreen,
  sheetScreen,
  stopsScreen,
  table,
  timelineScreen,
  verdictScreen,
} from './screens.js';

const items = (...rows: string[]) => parseJson(`{"items":[${rows.join(',')}]}`);

describe('a screen', () => {
  it('is a table with a head, without trailing blanks', () => {
    expect(
      table(
        ['A', 'LONG'],
        [
          ['first', 'x'],
          ['2', ''],
        ],
      ),
    ).toBe('A      LONG\nfirst  x\n2\n');
    expect(table(['A', 'B'], [['only']])).toBe('A     B\nonly\n');
  });

  it.each([
    ['journeys', journeysScreen, 'no journey fits\n'],
    ['dead letters', lettersScreen, 'no dead letter\n'],
    ['acts', actsScreen, 'no act\n'],
    ['effects', effectsScreen, 'no effect\n'],
    ['the log', auditScreen, 'nothing yet\n'],
  ])('of no %s says so', (_what, screen, none) => {
    expect(screen(items())).toBe(none);
  });

  it('takes nothing from an answer of another shape', () => {
    expect(rowsIn(null, 'items')).toEqual([]);
    expect(rowsIn(parseJson('{"items":7}'), 'items')).toEqual([]);
    expect(rowsIn(items('1', '{"a":1}'), 'items')).toHaveLength(1);
    expect(memberOf(parseJson('[]'), 'a')).toBeNull();
  });

  it('does not let text from outside steer the terminal', () => {
    const shown = journeysScreen(
      items('{"id":"wd1","reason":"red \\u001b[31m and\\nmore","amount":"1.50","currency":"EUR","since":"2026-01-01T00:00:00.000Z"}'),
    );
    expect(shown).toContain('red  [31m and more');
    expect(shown).toContain('1.50 EUR');
    expect(shown).toContain('2026-01-01T00:00:00Z');
  });

  it('shows a timeline line by line', () => {
    const answer = parseJson(`{"portfolioId":"P1","cut":true,"journeys":[{"id":"wd1","ended":true}],"timeline":[
      {"step":"event","source":"t/0/1","eventId":"e1","note":"news"},{"step":"event","source":null,"eventId":"e2","note":null},
      {"step":"quarantined","source":null,"eventId":"e3","reason":"bad","resolution":"dropped"},{"step":"quarantined","source":"t/0/2","eventId":"e4","reason":"bad","resolution":null},
      {"step":"decision","occasion":"Asked","status":"Paying","note":null},{"step":"said","topic":"t","eventId":"e5","sentAt":null},{"step":"said","topic":"t","eventId":"e6","sentAt":"x"},
      {"step":"request","effect":"Pay","kind":"once","status":"applied","sent":1,"asked":3,"request":{"amount":2.50}},{"step":"answer","effect":"Pay","occasion":"Answered: applied","result":{"ok":true},"note":null},
      {"step":"reference","effect":"Pay","references":{"paymentId":"p"}},{"step":"posting","effect":"Pay","references":{"paymentId":"p"},"bookedAt":"b"},{"step":"posting","effect":"Pay","references":null,"bookedAt":null},
      {"step":"of tomorrow"}]}`);
    const shown = timelineScreen(answer);
    for (const line of [
      't/0/1  event e1  (news)',
      'from within  event e2\n',
      'from within  event e3: bad  (dropped)',
      't/0/2  event e4: bad\n',
      'Asked -> Paying\n',
      't  event e5  (not sent yet)',
      't  event e6\n',
      'Pay (once, applied, sent 1x, asked 3x) {"amount":2.50}',
      'Pay Answered: applied {"ok":true}',
      'Pay: paymentId p\n',
      'Pay: paymentId p, booked b',
      '{"step":"of tomorrow"}',
      'portfolio P1',
      'yes',
      'there is more than is shown',
    ])
      expect(shown).toContain(line);
    expect(timelineScreen(parseJson('{"portfolioId":"P1","cut":false,"journeys":[],"timeline":[]}'))).not.toContain('more');
  });

  it('shows dead letters, one whole, and a preview', () => {
    expect(
      lettersScreen(items('{"eventId":"e","reason":"bad","resolution":"dropped"}', '{"eventId":"f","reason":"bad","resolution":null}')),
    ).toMatch(/bad {2}\(dropped\)\n.*bad\n/);
    expect(sheetScreen(items('{"eventId":"e","attempts":2}', '{"ok":false}'))).toBe(
      'eventId       e\nattempts      2\n\nok            no\n',
    );
    const preview = previewScreen(
      parseJson(`{"items":[
      {"eventId":"a","canRun":true,"needsSecond":true,"step":{"journey":"payout","input":"Asked"},"journeys":[{"id":"po1","status":"Paying"}],"mayCall":["bank","broker"],"atStake":{"amount":"5","currency":"EUR"}},
      {"eventId":"b","canRun":true,"needsSecond":false,"step":null,"journeys":[],"mayCall":null,"atStake":null},{"eventId":"c","canRun":false}],"atStake":[{"amount":"5","currency":"EUR"}],"needSecond":1}`),
    );
    expect(preview).toMatch(/a .*payout +Asked +po1 Paying .*bank, broker +5 EUR +two people/);
    expect(preview).toMatch(/b .*one person/);
    expect(preview).toMatch(/c .*cannot run/);
    expect(preview).toContain('3 selected, 1 need a second person, at stake: 5 EUR. Nothing was changed.');
    expect(previewScreen(parseJson('{"items":[],"atStake":[],"needSecond":0}'))).toContain('nothing known');
  });

  it.each([
    ['null', ''],
    ['{"id":"7","withdrawnBy":"anna"}', 'act 7 withdrawn'],
    ['{"id":"7","madeBy":"anna","details":{"answer":"applied"}}', 'act 7: applied says anna, waits for a second person'],
    ['{"id":"7","madeBy":"anna","approvedBy":"ben","details":{"answer":"applied"}}', 'approved, on its way'],
    ['{"id":"7","madeBy":"anna","approvedBy":"ben","carriedOutAt":"x","details":{}}', 'approved by ben'],
  ])('shows what people said of an effect: %s', (act, text) => {
    expect(effectsScreen(items(`{"effectId":"f","act":${act}}`))).toContain(text);
  });

  it('shows what is stopped, who waits for whom, and what does not count', () => {
    expect(stopsScreen(parseJson('{"standing":[],"waiting":[],"refused":[]}'))).toBe('nothing is stopped\n');
    const row = '"scope":"system:broker","by":"anna","why":"late prices","actId":"act-7"';
    const shown = stopsScreen(
      parseJson(
        `{"standing":[{${row},"since":"2026-01-01T00:00:00.123Z"}],"waiting":[{${row},"at":"2026-01-01T01:00:00Z"}],"refused":[{"does":"stop","scope":"all","problem":"not signed"}]}`,
      ),
    );
    for (const text of [
      'system:broker',
      'late prices',
      'act-7',
      'RESUME WAITS FOR A SECOND PERSON',
      'NOT SIGNED, DOES NOT COUNT',
      'not signed',
    ])
      expect(shown).toContain(text);
  });
  it('shows decisions that no service has carried out', () => {
    expect(refusedScreen(items())).toContain('every decision was carried out');
    expect(refusedScreen(items('{"service":"payout","eventId":"e7","actId":"act-7","why":"eve is not known"}'))).toContain(
      'eve is not known',
    );
  });

  it('shows acts, the log and its verdict', () => {
    expect(actsScreen(items('{"id":"7","result":"ran"}'))).toContain('ran');
    expect(actsScreen(items('{"id":"7","kind":"answer-effect","details":{"answer":"applied"}}'))).toContain('answer-effect: applied\n');
    expect(actsScreen(items('{"id":"7","kind":"discard-dead-letter","details":{}}'))).toContain('discard-dead-letter\n');
    expect(auditScreen(items('{"seq":1,"details":{"act":"7"}}'))).toContain('{"act":"7"}');
    expect(verdictScreen(parseJson('{"whole":true,"lines":3,"lastHash":"h","heads":2,"notCompared":null}'))).toBe(
      'whole: 3 lines, the last hash is h\ncompared with 2 heads on Kafka, and with every act\n',
    );
    expect(verdictScreen(parseJson('{"whole":true,"lines":3,"lastHash":"h","heads":0,"notCompared":"Kafka keeps no head"}'))).toContain(
      'NOT with Kafka: Kafka keeps no head.',
    );
    expect(verdictScreen(parseJson('{"whole":false,"lines":3,"brokenAt":0,"problem":"act 7 has no line of its asking"}'))).toBe(
      'BROKEN: act 7 has no line of its asking. The chain itself is whole, 3 lines\n',
    );
    expect(verdictScreen(parseJson('{"whole":false,"lines":1,"brokenAt":2,"problem":"changed"}'))).toBe(
      'BROKEN at line 2: changed. The 1 lines before it are whole\n',
    );
  });
});
