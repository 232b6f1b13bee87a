import { describe, expect, it } from '@jest/globals';
import { fallingProblems, lowered } from './falling.js';
import { RULE_NAMES, readExceptions } from './falling-rules.js';

describe('a rule that may only fall', () => {
  const rule = { unit: 'lines', limit: 300 };
  const problems = (found: Record<string, number>, exceptions: Record<string, number> = {}): string[] =>
    fallingProblems(rule, found, exceptions);

  it('takes what is within the limit, and an exception that is as high as it must be', () => {
    expect(problems({ small: 300, large: 301 }, { large: 301 })).toEqual([]);
  });
  it.each([
    ['something new', { large: 301 }, {}, 'large: 301 lines, and 300 are allowed'],
    ['what has grown', { large: 400 }, { large: 399 }, 'large: has grown from 399 to 400 lines'],
    ['what has fallen', { large: 398 }, { large: 399 }, 'large: has fallen to 398 lines; lower its exception from 399'],
    ['what is small now', { large: 300 }, { large: 399 }, 'large: needs its exception of 399 lines no more; remove it'],
    ['what is gone', {}, { large: 399 }, 'large: needs its exception of 399 lines no more; remove it'],
  ])('finds %s', (_what, found, exceptions, problem) => {
    expect(problems(found, exceptions)).toEqual([problem]);
  });
  it('lowers exceptions and removes them, and never adds or raises one', () => {
    const found = { grown: 500, fallen: 350, small: 200, fresh: 900 };
    expect(lowered(rule, found, { grown: 400, fallen: 400, small: 400, gone: 400 })).toEqual({ grown: 400, fallen: 350 });
  });
});

describe('the exceptions here', () => {
  it('belong to rules that there are', () => {
    expect(Object.keys(readExceptions()).filter((name) => !(RULE_NAMES as readonly string[]).includes(name))).toEqual([]);
  });
});
