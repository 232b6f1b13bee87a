/**
 * The head of the audit log goes to Kafka, where it stays for ever: before each act that moves money leaves, and hourly. Whoever cuts the end
 * of the log in the database, or writes it anew, is then contradicted.
 */
import { isoOf } from '../../../../shared/kernel/instant.js';
import { headersOf, parseEnvelope, printEnvelope } from '../../../../contracts/internal/envelope.js';
import { auditHead } from '../../../../contracts/internal/events.js';
import type { AuditHead, KeptHeads } from '../decide/operator.js';
import type { CarryOutOptions } from './carry-out.js';

const HOUR_MS = 3_600_000;
/** All heads stand in one partition, in order. */
const KEY = 'audit';

export type AuditHeadsOptions = {
  /** The last line of the log; null while there is none. */
  readonly head: () => Promise<AuditHead | null>;
  /** Resolves when Kafka has it. */
  readonly publish: CarryOutOptions['publish'];
  /** The values of all messages on the topic. @throws while Kafka is away. */
  readonly readAll: () => Promise<readonly Buffer[]>;
  /** Writes into the log that the database is older than these heads; true when it was. */
  readonly noteRestored: (heads: readonly AuditHead[]) => Promise<boolean>;
  readonly restored: () => void;
  readonly failed: (error: unknown) => void;
  readonly nowMs: () => number;
};

const headIn = (value: Buffer): AuditHead | null => {
  try {
    const parsed = auditHead.safeParse(parseEnvelope(value.toString('utf8')).data);
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
};

export class AuditHeads {
  readonly #o: AuditHeadsOptions;
  #timer: NodeJS.Timeout | null = null;
  #published = '';
  #compared = false;
  #reading: Promise<unknown> = Promise.resolve();

  constructor(options: AuditHeadsOptions) {
    this.#o = options;
  }

  /** Now, and hourly. */
  start(): void {
    const publish = (): void => {
      this.publish().catch((error: unknown) => {
        this.#o.failed(error);
      });
    };
    publish();
    this.#timer = setInterval(publish, HOUR_MS);
    this.#timer.unref();
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  /** Resolves when Kafka has the present head. @throws while Kafka or the database is away. */
  async publish(): Promise<void> {
    await this.#compareOnce();
    const head = await this.#o.head();
    if (head === null || head.hash === this.#published) return;
    const event = {
      id: `operator:audit-head-${String(head.seq)}-${head.hash.slice(0, 16)}`,
      type: 'audit.head',
      version: '1',
      occurredAt: isoOf(this.#o.nowMs()),
      portfolioId: null,
    };
    await this.#o.publish({ topic: 'audit.head', key: KEY, headers: headersOf(event), value: printEnvelope({ ...event, data: head }) });
    this.#published = head.hash;
  }

  /** Once in the life of a process, before it adds anything: afterwards the log would not tell any more that it is an older one. */
  async #compareOnce(): Promise<void> {
    if (this.#compared) return;
    const heads = await this.kept();
    if ('unread' in heads) throw new Error(`the heads of the audit log cannot be read now: ${heads.unread}`);
    if (heads.length > 0 && (await this.#o.noteRestored(heads))) this.#o.restored();
    this.#compared = true;
  }

  /** What was kept, or why it cannot be read: then the log is compared with nothing. One reading at a time. */
  kept(): Promise<KeptHeads> {
    const reading = this.#reading.then(async () => {
      try {
        return (await this.#o.readAll()).flatMap((value) => headIn(value) ?? []);
      } catch (error) {
        this.#o.failed(error);
        return { unread: error instanceof Error ? error.message : 'unknown' };
      }
    });
    this.#reading = reading;
    return reading;
  }
}
