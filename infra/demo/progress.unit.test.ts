import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { PassThrough } from 'node:stream';
import { createProgress } from './progress.js';

/** A terminal that was just opened: what is written begins at its top, and nothing scrolls. */
class FreshTerminal extends PassThrough {
  readonly isTTY = true;
  readonly columns = 80;
  readonly rows: string[] = [''];
  #at = { row: 0, column: 0 };
  #saved = { row: 0, column: 0 };

  override write(chunk: unknown): boolean {
    for (const [part] of String(chunk).matchAll(/\u001b\[\??[0-9;]*[A-Za-z]|\u001b[78]|[^]/g)) this.#take(part);
    return true;
  }

  #take(part: string): void {
    const line = this.rows[this.#at.row] ?? '';
    if (part === '\n') this.#at = { row: this.#at.row + 1, column: 0 };
    else if (part === '\r') this.#at.column = 0;
    else if (part === '\u001b7') this.#saved = { ...this.#at };
    else if (part === '\u001b8') this.#at = { ...this.#saved };
    else if (part === '\u001b[2K') this.rows[this.#at.row] = '';
    else if (part === '\u001b[0K' || part === '\u001b[K') this.rows[this.#at.row] = line.slice(0, this.#at.column);
    else if (/^\u001b\[\d+G$/.test(part)) this.#at.column = Number(part.slice(2, -1)) - 1;
    else if (part.startsWith('\u001b[?')) return;
    else if (part.startsWith('\u001b')) throw new Error(`this terminal does not know ${JSON.stringify(part)}`);
    else {
      this.rows[this.#at.row] = `${line.padEnd(this.#at.column).slice(0, this.#at.column)}${part}${line.slice(this.#at.column + 1)}`;
      this.#at.column += 1;
    }
  }
}

describe('the progress of the demo', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('leaves every line in its place, and what follows below the bar', () => {
    const terminal = new FreshTerminal();
    const progress = createProgress(terminal as unknown as NodeJS.WriteStream);
    progress.say('2 customers open their accounts ...');
    progress.start(2);
    for (const done of [1, 2]) {
      progress.say(`#00${String(done)} paid`);
      progress.update(done);
      jest.advanceTimersByTime(500);
    }
    progress.stop();
    terminal.write('The books agree\n');
    expect(terminal.rows.map((row) => row.trimEnd())).toEqual([
      '2 customers open their accounts ...',
      '#001 paid',
      '#002 paid',
      expect.stringContaining('2 of 2 customers'),
      'The books agree',
    ]);
  });
});
