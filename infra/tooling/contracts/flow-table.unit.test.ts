import { describe, expect, it } from '@jest/globals';
import { go, hold, ignored, impossible, type Flow } from '../../../shared/kernel/flow.js';
import { printFlow, type PrintableFlow } from './flow-table.js';
import { ruleSources } from './rule-sources.js';

type State = { readonly status: 'Asking' | 'Waiting' | 'Done' };
type Input = { readonly type: 'Came' } | { readonly type: 'Went' };
type Effects = { Ask: { kind: 'read'; result: null; reason: string } };

const answered = () => ({ to: 'Done' }) as const;
const refused = (why: string) => () => ({ hold: why });
const open = (_input: Input) => ({ open: { status: 'Asking' } }) as const;

const flow: Flow<State, Input, Effects> = {
  name: 'small',
  ownedBy: 'somebody',
  opens: { Came: open, Went: () => ignored('nobody is here') },
  rows: {
    Asking: {
      does: 'Ask',
      whenUnknown: 'send-again',
      applied: answered,
      rejected: refused('a | b'),
      on: { Came: ignored('known'), Went: go<State>('Waiting') },
    },
    Waiting: {
      waitsFor: 'news',
      overdueAfterHours: 5,
      looksAgain: { after: 'news', then: go<State>('Asking') },
      on: { Came: hold('look at it'), Went: impossible('it is gone') },
    },
    Done: { ends: 'all is said', on: { Came: ignored('over'), Went: ignored('over') } },
  },
};
const source = ruleSources("const flow = { rows: { Asking: { rejected: refused('a | b') }, Waiting: { rejected: other() } } };");
const changed = (row: object): PrintableFlow => ({ ...flow, rows: { ...flow.rows, Asking: row } }) as unknown as PrintableFlow;

describe('a flow as a table', () => {
  const lines = printFlow(flow, source).split('\n');
  const line = (status: string): string => lines.find((one) => one.startsWith(`| **${status}**`)) ?? '';

  it('says who answers and what opens', () => {
    expect(lines[2]).toBe(
      'Stuck journeys are answered for by: somebody. When no journey is open: `Came` `open` · `Went` ignored: nobody is here.',
    );
  });
  it('has one column per input', () => {
    expect(lines[4]).toBe('| status | what it does | applied | rejected | Came | Went |');
  });
  it('shows a row that acts, and a rule without a name as it is written', () => {
    expect(line('Asking')).toBe(
      "| **Asking** | does **Ask**; when unknown: send again; overdue after 1 h | `answered` | `refused('a \\| b')` | ignored: known | to Waiting |",
    );
  });
  it('shows a row that waits and one that ends', () => {
    expect(line('Waiting')).toBe(
      '| **Waiting** | waits for news; overdue after 5 h; looks again after `news`: to Asking | - | - | hold: look at it | impossible: it is gone |',
    );
    expect(line('Done')).toBe('| **Done** | ends: all is said | - | - | ignored: over | ignored: over |');
  });
  it('shows what rests for ever as never overdue', () => {
    expect(printFlow(changed({ waitsFor: 'work', overdueAfterHours: 876_000, on: flow.rows.Done.on }), source)).toContain(
      'waits for work; never overdue |',
    );
  });
  it('refuses a rule that nobody can name, and a row that leaves an input out', () => {
    expect(() => printFlow(flow, () => null)).toThrow('Asking, rejected: the rule has no name');
    expect(() => printFlow(changed({ ends: 'x', on: { Came: ignored('over') } }), source)).toThrow('no cell for Went');
  });
});

describe('the words of a rule', () => {
  const words = ruleSources(`
    const shared = { Went: made('for all') };
    const flow = { rows: { A: { on: { Came: made('a',
      2) } }, B: { on: { ...shared, Came: made('b') } } } };`);
  it('are those of its own row, on one line', () => {
    expect(words('A', 'Came')).toBe("made('a', 2)");
    expect(words('B', 'Came')).toBe("made('b')");
  });
  it('are looked for outside of the rows when several share them', () => {
    expect(words('B', 'Went')).toBe("made('for all')");
  });
  it('are not guessed', () => {
    expect(words(null, 'Came')).toBeNull();
    expect(words('A', 'Left')).toBeNull();
  });
});
