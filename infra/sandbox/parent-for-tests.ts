import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { projectRoot } from './project-root.js';
import { waitUntil } from './wait-until.js';

export interface ParentForTests {
  /** What the script printed on its first line, as JSON; undefined when it ended without one. */
  readonly report: unknown;
  readonly exitCode: number | null;
  /** Everything it printed on stderr so far. */
  readonly stderr: () => string;
  readonly kill: (signal: NodeJS.Signals) => void;
}

/**
 * Runs a script in a Node process of its own, which may require the TypeScript sources by `source('kafka/launcher')`, and waits until it has
 * printed a line or ended.
 */
export const startParent = async (script: string, env: Readonly<Record<string, string>> = {}): Promise<ParentForTests> => {
  const prelude = `require(${JSON.stringify(join(projectRoot, 'infra/tooling/source-require.cjs'))});
    const source = (name) => require(${JSON.stringify(join(projectRoot, 'infra/sandbox'))} + '/' + name + '.ts');\n`;
  const parent = spawn(process.execPath, ['-e', prelude + script], {
    cwd: projectRoot,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [output, trouble] = ['', ''];
  parent.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  parent.stderr.on('data', (chunk: Buffer) => (trouble += chunk.toString()));
  let ended = false;
  parent.once('close', () => (ended = true));
  await waitUntil('a report', () => ended || output.includes('\n'), { timeoutMs: 55_000 }).catch((error: unknown) => {
    parent.kill('SIGKILL');
    throw new Error(`the process reported nothing; stderr: ${trouble}`, { cause: error });
  });
  const line = output.split('\n')[0] ?? '';
  return {
    report: line === '' ? undefined : (JSON.parse(line) as unknown),
    exitCode: parent.exitCode,
    stderr: () => trouble,
    kill: (signal) => parent.kill(signal),
  };
};
