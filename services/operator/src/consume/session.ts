/** One run of the operators' command line: where the service is, who asks, with which key, and what is printed. */
import { randomUUID, type KeyObject } from 'node:crypto';
import { actOf, type ActFacts } from '../../../../contracts/internal/acts.js';
import { printJson, type Json } from '../../../../shared/kernel/json.js';
import type { Environment } from '../../../../shared/runtime/process/config.js';
import { readStateFile, stateFilePath } from '../../../../shared/runtime/process/state-file.js';
import { privateKeyOf } from '../../../../shared/runtime/signing/ed25519.js';
import { signAct, textHash, type Part } from '../../../../shared/runtime/signing/signed-act.js';
import { actsScreen, memberOf, rowsIn } from '../decide/screens.js';
import { ServiceAway, type Ask, type Connect } from '../decide/asked.js';

/** 0 done, 1 refused or failed, 2 wrong usage, 69 the service is away (EX_UNAVAILABLE). */
export const EXIT = { done: 0, refused: 1, usage: 2, away: 69 } as const;

export type CliTools = {
  readonly argv: readonly string[];
  readonly environment: Environment;
  readonly fetch: typeof fetch;
  readonly write: (text: string) => void;
  readonly warn: (text: string) => void;
  readonly readFile: (path: string) => string;
  /** Writes a file that nobody else may read. @throws when it exists. */
  readonly writeSecret: (path: string, text: string) => void;
  /** What a person types; null where nobody is there to type. */
  readonly prompt: ((question: string) => Promise<string>) | null;
  /** Names the state file of a running demo. */
  readonly projectRoot: string;
  readonly nowMs: () => number;
  /** Between two looks at a job. */
  readonly pause: (waitMs: number) => Promise<void>;
};

export class Usage extends Error {
  override readonly name = 'Usage';
}

const LOOK_EVERY_MS = 250;
export const DEFAULT_WAIT_SECONDS = 15;

const secretOf = (tools: CliTools, name: string): string | undefined => {
  const file = tools.environment[`${name}_FILE`];
  const value = tools.environment[name];
  if (value !== undefined && value !== '') return value;
  return file === undefined || file === '' ? undefined : tools.readFile(file).trim();
};

/** Where the service is, and who asks. `keyFile`: the person's private key; null where none is named. */
export type Address = { readonly url: string; readonly token: string; readonly keyFile: string | null; readonly name: string | null };

const given = (tools: CliTools, name: string): string | null => {
  const value = tools.environment[name];
  return value === undefined || value === '' ? null : value;
};

const isThisMachine = ({ hostname }: URL): boolean => /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);

/** A token does not travel in clear to another machine. */
const checked = (tools: CliTools, address: string): string => {
  if (!URL.canParse(address)) throw new Usage('OPERATOR_URL is no address');
  const url = new URL(address);
  if (url.protocol === 'https:' || isThisMachine(url) || given(tools, 'ALLOW_PLAINTEXT') === 'true') return address;
  throw new Usage(
    'OPERATOR_URL is http:// and leads to another machine: your token would travel in clear. ALLOW_PLAINTEXT=true is for a sandbox',
  );
};

/** A token or a key from the state file is never used with another address, or for another person, than the file's own. */
export const addressOf = (tools: CliTools): Address => {
  const url = given(tools, 'OPERATOR_URL');
  const token = secretOf(tools, 'OPERATOR_TOKEN');
  const own = { keyFile: given(tools, 'OPERATOR_KEY_FILE'), name: given(tools, 'OPERATOR_NAME') };
  if (url !== null) {
    if (token === undefined) throw new Usage('OPERATOR_URL is set, but OPERATOR_TOKEN (or OPERATOR_TOKEN_FILE) is not');
    return { url: checked(tools, url), token, ...own };
  }
  const running = readStateFile(stateFilePath(tools.environment, tools.projectRoot));
  if (running === null) throw new ServiceAway('nothing is running here: start `npm run demo`, or set OPERATOR_URL and OPERATOR_TOKEN');
  if (token !== undefined) return { url: running.operatorUrl, token, ...own };
  return { url: running.operatorUrl, token: running.operatorToken, ...own, keyFile: own.keyFile ?? running.operatorKeyFile ?? null };
};

export type Shown = { readonly json: (answer: Json) => Json; readonly screen: (answer: Json) => string };
export type Flags = Readonly<Record<string, string | boolean | undefined>>;

export const itemsOf = (answer: Json): Json => memberOf(answer, 'items') ?? [];
export const whole = (answer: Json): Json => answer;

/** One run of the command line: what was asked for, and how it ended. */
export class Session {
  readonly #tools: CliTools;
  readonly #connect: Connect;
  #ask: Ask | null = null;
  #address: Address | null = null;
  #signer: { readonly key: KeyObject; readonly name: string } | null = null;
  exitCode: number = EXIT.done;

  constructor(tools: CliTools, connect: Connect) {
    this.#tools = tools;
    this.#connect = connect;
  }

  ask(...request: Parameters<Ask>): Promise<Json> {
    this.#ask ??= this.#connect(this.#where());
    return this.#ask(...request);
  }

  #where(): Address {
    this.#address ??= addressOf(this.#tools);
    return this.#address;
  }

  #key(): KeyObject {
    const { keyFile } = this.#where();
    if (keyFile === null) throw new Usage('an act is signed with your own key: set OPERATOR_KEY_FILE (see `keys new`)');
    let pem: string;
    try {
      pem = this.#tools.readFile(keyFile);
    } catch {
      throw new Usage(`OPERATOR_KEY_FILE: ${keyFile} cannot be read`);
    }
    try {
      return privateKeyOf(pem);
    } catch {
      throw new Usage(`OPERATOR_KEY_FILE: ${keyFile} is not an Ed25519 private key in PEM`);
    }
  }

  /** The name that the token stands for: it is part of what is signed. */
  async #name(): Promise<string> {
    const name = memberOf(await this.ask('GET', '/me'), 'name');
    if (typeof name !== 'string') throw new Usage('the service does not say who you are');
    return name;
  }

  /** Signs with the person's own key, which never leaves this process. */
  async sign(facts: ActFacts, part: Part): Promise<string> {
    this.#signer ??= { key: this.#key(), name: await this.#name() };
    const { key, name } = this.#signer;
    return signAct(key, actOf(facts, textHash), part, name);
  }

  /** What a stop is signed with. */
  get signing(): { readonly ask: Ask; readonly privateKey: () => KeyObject } {
    return { ask: (...request) => this.ask(...request), privateKey: () => this.#key() };
  }

  newActId(): string {
    return randomUUID();
  }

  get tools(): CliTools {
    return this.#tools;
  }

  show(answer: Json, flags: Flags, { json, screen }: Shown): void {
    this.#tools.write(flags['json'] === true ? `${printJson(json(answer))}\n` : screen(answer));
    if (memberOf(answer, 'more') === true) this.#tools.warn('there is more: raise --limit, or choose more narrowly\n');
  }

  /** Shows a job when nothing more happens by itself, or when waiting has been long enough. */
  async follow(answer: Json, flags: Flags): Promise<void> {
    const job = memberOf(answer, 'job');
    let seen = answer;
    const looks = (Number(flags['wait'] ?? DEFAULT_WAIT_SECONDS) * 1_000) / LOOK_EVERY_MS;
    for (let look = 0; typeof job === 'string' && look < looks && rowsIn(seen, 'items').some((item) => item['settled'] !== true); look++) {
      await this.#tools.pause(LOOK_EVERY_MS);
      seen = await this.ask('GET', `/jobs/${encodeURIComponent(job)}`);
    }
    this.show(seen, flags, { json: whole, screen: actsScreen });
    if (rowsIn(seen, 'items').some((item) => typeof item['result'] === 'string' && /^(failed|quarantined again)/.test(item['result'])))
      this.exitCode = EXIT.refused;
  }

  readBody(path: string | boolean | undefined): string | undefined {
    if (typeof path !== 'string') return undefined;
    try {
      return this.#tools.readFile(path);
    } catch {
      throw new Usage(`${path} cannot be read`);
    }
  }
}
