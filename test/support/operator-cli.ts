/** The operators' command line, run inside the test; nothing is printed. */
import { readFileSync, writeFileSync } from 'node:fs';
import { runCli } from '../../services/operator/src/cli.js';

export type Ran = { readonly exit: number; readonly out: string; readonly warned: string };
export type CliRun = {
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly projectRoot: string;
  /** What a person types when asked; null: nobody is there to type. */
  readonly typed: string | null;
};

export const runOperatorCli = async ({ argv, environment, projectRoot, typed }: CliRun): Promise<Ran> => {
  let [out, warned] = ['', ''];
  const exit = await runCli({
    ...{ argv, environment, fetch, projectRoot, nowMs: Date.now },
    write: (text) => {
      out += text;
    },
    warn: (text) => {
      warned += text;
    },
    readFile: (path) => readFileSync(path, 'utf8'),
    writeSecret: (path, text) => {
      writeFileSync(path, text, { mode: 0o600, flag: 'wx' });
    },
    prompt: typed === null ? null : () => Promise.resolve(typed),
    pause: () =>
      new Promise((resolve) => {
        setImmediate(resolve);
      }),
  });
  return { exit, out, warned };
};
