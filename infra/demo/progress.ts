/** What the person sees while customers are paid: a bar on a terminal, plain lines elsewhere. */
import { Presets, SingleBar } from 'cli-progress';

export interface Progress {
  /** A line above the bar. */
  readonly say: (line: string) => void;
  readonly start: (total: number) => void;
  readonly update: (done: number) => void;
  readonly stop: () => void;
}

const SAVE_CURSOR = '\u001b7';

const plain = (out: NodeJS.WriteStream): Progress => ({
  say: (line) => void out.write(`${line}\n`),
  start: () => undefined,
  update: () => undefined,
  stop: () => undefined,
});

export const createProgress = (out: NodeJS.WriteStream): Progress => {
  if (!out.isTTY) return plain(out);
  let bar: SingleBar | null = null;
  const stop = (): void => {
    bar?.stop();
    bar = null;
  };
  return {
    say: (line) => {
      if (bar === null) out.write(`${line}\n`);
      else {
        // The bar is on the line where the cursor stands: the text takes its place and the bar is drawn anew below.
        // The bar saves the cursor when it starts and goes back there when it stops, onto the first of these lines. So save it again.
        out.write(`\r\u001b[2K${line}\n${SAVE_CURSOR}`);
        bar.updateETA();
        bar.render();
      }
    },
    start: (total) => {
      bar = new SingleBar(
        { format: '  {bar} {value} of {total} customers, {duration_formatted}', stream: out, hideCursor: true, forceRedraw: true },
        Presets.shades_classic,
      );
      bar.start(total, 0);
    },
    update: (done) => bar?.update(done),
    stop,
  };
};
