import { describe, expect, it } from '@jest/globals';
import { picture } from './picture.js';
import { asJson, asMarkdown, asTable, shortNumber, type Report } from './report.js';

const report: Report = {
  date: '2026-01-02',
  commit: 'abc1234',
  quick: false,
  machine: { cores: 2, cpuModel: 'Some CPU', memoryGb: 4, system: 'linux 6', node: 'v20.1.0', postgres: '18', kafka: '4' },
  benches: [
    {
      name: 'ingest',
      seconds: 12.3,
      failed: null,
      notes: ['a note'],
      figures: [
        {
          name: 'taken in',
          value: 26_123.4,
          unit: 'events/s',
          goal: { atLeast: 25_000 },
          floor: { name: 'reads <and> nothing else', value: 60_000, unit: 'events/s' },
        },
        { name: 'p99', value: 301, unit: 'ms', goal: { atMost: 250 }, note: 'a busy machine' },
        { name: 'only told', value: 3, unit: 'rows' },
      ],
    },
    { name: 'replay', seconds: 1, failed: 'no server', notes: [], figures: [] },
  ],
};

describe('a report', () => {
  it.each([
    [26_123.4, '26,123'],
    [99.96, '100'],
    [4.256, '4.26'],
    [0.12345, '0.123'],
    [Number.NaN, '?'],
  ])('shows %d as %s', (value, expected) => {
    expect(shortNumber(value)).toBe(expected);
  });

  it('has a line per figure with goal, verdict and floor, and says what failed', () => {
    const lines = asTable(report).split('\n');
    expect(lines.find((line) => line.includes('taken in'))).toMatch(
      /26,123 events\/s +>= 25,000 events\/s +yes +60,000 events\/s: reads <and> nothing else$/,
    );
    expect(lines.find((line) => line.includes('p99'))).toMatch(/301 ms +<= 250 ms +NO$/);
    expect(lines.find((line) => line.includes('only told'))).toMatch(/3 rows$/);
    expect(lines).toContain('replay failed: no server');
  });

  it('is Markdown with one row per figure', () => {
    const rows = asMarkdown(report)
      .split('\n')
      .filter((line) => line.startsWith('| ingest'));
    expect(rows).toHaveLength(3);
    expect(rows[1]).toBe('| ingest | p99 | 301 ms | ≤ 250 ms | NO |  |');
  });

  it('is JSON that says what was reached', () => {
    const read = JSON.parse(asJson(report)) as { benches: { figures: { reached: boolean | null }[] }[] };
    expect(read.benches[0]?.figures.map(({ reached }) => reached)).toEqual([true, false, null]);
  });

  it('is a picture of what has a goal or a floor, with its text escaped', () => {
    const svg = picture(report);
    expect(svg).toContain('reads &lt;and&gt; nothing else');
    expect(svg).toContain('class="missed"');
    expect(svg).not.toContain('only told');
    expect(svg).toContain('prefers-color-scheme: dark');
  });
});
