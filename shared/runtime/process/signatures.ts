/** What a service signs with, and whose signatures count for it: read once at its start, so that nothing is sent that nobody would believe. */
import type { Pool } from 'pg';
import type { ServiceName } from '../../../contracts/internal/services.js';
import { admissionOf, type Admission } from '../engine/inbox/admission.js';
import { publicKeyText } from '../signing/ed25519.js';
import { messageSigner, type SignMessage } from '../signing/messages.js';
import { keyIdOf, TrustedKeys } from '../signing/trusted-keys-file.js';
import { ConfigurationError, type CommonConfig } from './config.js';
import type { Log } from './log.js';

export type Signatures = { readonly sign: SignMessage; readonly trusted: TrustedKeys };

/** @throws ConfigurationError when the others would not believe what this service signs. */
export const signaturesOf = (config: CommonConfig, service: ServiceName, log: Log): Signatures => {
  const ownId = keyIdOf(publicKeyText(config.SIGNING_KEY));
  const isOwn = (): boolean => trusted.withId(ownId)?.service === service;
  const open = (): TrustedKeys => {
    try {
      return new TrustedKeys({
        path: config.TRUSTED_KEYS_FILE,
        nowMs: Date.now,
        onProblem: (problem) => {
          log.error({ alarm: 'trusted-keys', problem }, 'TRUSTED_KEYS_FILE has changed and cannot be used: the keys of before still count');
        },
        onChange: () => {
          log.info('TRUSTED_KEYS_FILE was read again');
          if (!isOwn())
            log.error(
              { alarm: 'trusted-keys', keyId: ownId },
              'our own key is not in TRUSTED_KEYS_FILE any more: others refuse what we sign',
            );
        },
      });
    } catch (error) {
      throw new ConfigurationError([error instanceof Error ? error.message : 'TRUSTED_KEYS_FILE cannot be read']);
    }
  };
  const trusted = open();
  if (!isOwn())
    throw new ConfigurationError([
      `TRUSTED_KEYS_FILE does not name the public key of SIGNING_KEY (${ownId}) under "${service}": nobody would believe this service`,
    ]);
  return { sign: messageSigner(config.SIGNING_KEY, Date.now), trusted };
};

const DAY_MS = 86_400_000;
/** Twice what a service accepts between its clock and the database's. */
const CLOCK_SKEW_MS = 60_000;

/** Below which offsets messages were written before services signed: by `topic/partition`. Written by the owner of the database alone. */
const readUnsignedUntil = async (pool: Pool): Promise<ReadonlyMap<string, bigint>> => {
  const { rows } = await pool.query<{ place: string; until: string }>(
    `select topic || '/' || "partition" as place, "offset"::text as until from public.unsigned_until`,
  );
  return new Map(rows.map(({ place, until }) => [place, BigInt(until)]));
};

export const admissionFor = async (
  config: CommonConfig,
  unsignedTopics: readonly string[],
  { trusted }: Signatures,
  pool: Pool,
): Promise<Admission> =>
  admissionOf({
    keyWithId: (id) => trusted.withId(id),
    nowMs: Date.now,
    oldestMs: config.MESSAGE_MAX_AGE_DAYS * DAY_MS,
    skewMs: CLOCK_SKEW_MS,
    unsignedUntil: await readUnsignedUntil(pool),
    unsignedTopics: new Set(unsignedTopics),
  });
