/**
 * Dependencies and compiled code, brought up to date when they are missing or stale, and left alone otherwise.
 * Plain Node without a dependency: it runs on a bare clone. All it says goes to stderr, for stdout belongs to the command.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  openSync,
  closeSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { constants } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const SOURCE_FOLDERS = ['services', 'shared', 'contracts', 'migrations', 'infra', 'test'];
const LOCK = join(root, 'infra/sandbox/.cache/build.lock');
const INSTALL_STAMP = join(root, 'node_modules/.installed-lock-hash');
const BUILD_STAMP = join(root, 'dist/.built-from');
const STALE_AFTER_MS = 10_000;
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

export const say = (line) => process.stderr.write(`${line}\n`);
const sha256 = (text) => createHash('sha256').update(text).digest('hex');
const readOr = (path, otherwise) => (existsSync(path) ? readFileSync(path, 'utf8') : otherwise);

/** Ends the command: a message for the person, and this exit code. */
export class Refusal extends Error {
  constructor(message, exitCode) {
    super(message);
    this.exitCode = exitCode;
  }
}

const run = (command, args) =>
  new Promise((done, fail) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    // An install that nobody waits for any more would still write while the next one clears the folder.
    const stop = (signal) => {
      child.kill(signal);
      process.exit(128 + constants.signals[signal]);
    };
    for (const signal of STOP_SIGNALS) process.once(signal, stop);
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.once('error', fail);
    child.once('exit', (code) => {
      for (const signal of STOP_SIGNALS) process.off(signal, stop);
      done({ code: code ?? 1, output: output.trimEnd() });
    });
  });

const isPidAlive = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
};

const tryLock = () => {
  try {
    const file = openSync(LOCK, 'wx');
    writeFileSync(file, String(process.pid));
    closeSync(file);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
};

const breakStaleLock = () => {
  try {
    const pid = Number(readFileSync(LOCK, 'utf8'));
    const isOld = Date.now() - statSync(LOCK).mtimeMs > STALE_AFTER_MS;
    if (isOld || (pid > 0 && !isPidAlive(pid))) rmSync(LOCK, { force: true });
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
};

/** One install or build at a time. The lock of a dead process, or one not touched for 10 s, is broken. */
const withLock = async (work) => {
  mkdirSync(dirname(LOCK), { recursive: true });
  while (!tryLock()) {
    breakStaleLock();
    await pause(50);
  }
  const touch = setInterval(() => {
    if (existsSync(LOCK)) utimesSync(LOCK, new Date(), new Date());
  }, 1_000);
  try {
    return await work();
  } finally {
    clearInterval(touch);
    if (readOr(LOCK, '') === String(process.pid)) rmSync(LOCK, { force: true });
  }
};

/** npm writes node_modules/.package-lock.json at the end of an install: compare it with what is wanted. Optional packages may be missing. */
const isTreeAsLocked = (wantedText) => {
  const installedText = readOr(join(root, 'node_modules/.package-lock.json'), '');
  if (installedText === '') return false;
  const wanted = JSON.parse(wantedText).packages;
  const installed = JSON.parse(installedText).packages;
  const isSame = (path) => installed[path]?.version === wanted[path]?.version && installed[path]?.integrity === wanted[path]?.integrity;
  const missing = Object.keys(wanted).filter(
    (path) => path !== '' && !isSame(path) && !(wanted[path].optional === true && installed[path] === undefined),
  );
  const surplus = Object.keys(installed).filter((path) => wanted[path] === undefined);
  return missing.length === 0 && surplus.length === 0;
};

const isInstalled = () => {
  const wantedText = readFileSync(join(root, 'package-lock.json'), 'utf8');
  const hash = sha256(wantedText);
  if (readOr(INSTALL_STAMP, '') === hash) return true;
  if (!isTreeAsLocked(wantedText)) return false;
  writeFileSync(INSTALL_STAMP, hash);
  return true;
};

/** Runs `npm ci` when node_modules is missing or is not what package-lock.json says. */
export const ensureDependencies = async () => {
  if (isInstalled()) return;
  await withLock(async () => {
    if (isInstalled()) return;
    say('Installing the dependencies (npm ci) ...');
    const npm = process.env.npm_execpath;
    const [command, args] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []];
    const { code, output } = await run(command, [...args, 'ci', '--no-audit', '--no-fund', '--loglevel=error']);
    if (code !== 0) throw new Refusal(`npm ci failed:\n${output}`, 69);
    writeFileSync(INSTALL_STAMP, sha256(readFileSync(join(root, 'package-lock.json'), 'utf8')));
  });
};

const sourcesBelow = (folder) =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === 'node_modules' || entry.name.startsWith('.')) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sourcesBelow(path);
    return entry.name.endsWith('.ts') ? [path] : [];
  });

/** Changes with every source's name, size and time, the compiler's settings and the installed packages. */
const fingerprint = () => {
  const sources = SOURCE_FOLDERS.map((name) => join(root, name))
    .filter(existsSync)
    .flatMap(sourcesBelow);
  const files = [...sources, join(root, 'tsconfig.json'), join(root, 'tsconfig.base.json'), join(root, 'package-lock.json')];
  const lines = files.map((path) => {
    const { mtimeMs, size } = statSync(path);
    return `${relative(root, path)} ${mtimeMs} ${size}`;
  });
  return { hash: sha256(lines.sort().join('\n')), sources };
};

const isBuilt = () => readOr(BUILD_STAMP, '') === fingerprint().hash;

/** A renamed source leaves its old output behind, and a test or a migration would still find that. */
const removeOrphans = (folder, sources) => {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) removeOrphans(path, sources);
    else if (/\.js(\.map)?$/.test(entry.name) && !sources.has(relative(join(root, 'dist'), path).replace(/\.js(\.map)?$/, '.ts')))
      rmSync(path, { force: true });
  }
};

/** Compiles into dist/ when a source is newer than the last good build. A compile error ends the command with exit 1. */
export const ensureBuilt = async () => {
  if (isBuilt()) return;
  await withLock(async () => {
    // Taken before the compiler reads: what is written meanwhile makes the next build.
    const { hash, sources } = fingerprint();
    if (readOr(BUILD_STAMP, '') === hash) return;
    say('Building (tsc) ...');
    const { code, output } = await run(process.execPath, [join(root, 'node_modules/@typescript/native/bin/tsc'), '-p', 'tsconfig.json']);
    if (code !== 0) throw new Refusal(`${output}\nThe build failed.`, 1);
    removeOrphans(join(root, 'dist'), new Set(sources.map((path) => relative(root, path))));
    writeFileSync(BUILD_STAMP, hash);
  });
};
