/** Says before it happens that a certificate ends: as a figure at each scrape, and as an alarm once a day. */
import { isoOf } from '../../kernel/instant.js';
import { Gauge, type Registry } from 'prom-client';
import type { Log } from '../process/log.js';
import { TlsFiles, type HeldCertificate } from './tls-files.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** The one of each system and kind that ends first: the others hold longer. */
const firstToEnd = (certificates: readonly HeldCertificate[]): readonly HeldCertificate[] => {
  const first = new Map<string, HeldCertificate>();
  for (const one of certificates) {
    const place = `${one.system} ${one.which}`;
    const known = first.get(place);
    if (known === undefined || one.endsAtMs < known.endsAtMs) first.set(place, one);
  }
  return [...first.values()];
};

export type CertificateWatch = {
  readonly tls: Pick<TlsFiles, 'certificates'>;
  readonly log: Pick<Log, 'error'>;
  readonly registry: Registry;
  /** From so many days before its end on, a certificate is an alarm. */
  readonly alarmDays: number;
  readonly nowMs: () => number;
};

/** Returns what looks once: called at the start and every hour, it repeats an alarm after a day. */
export const watchCertificates = ({ tls, log, registry, alarmDays, nowMs }: CertificateWatch): (() => void) => {
  new Gauge({
    name: 'cmw_certificate_ends_at_seconds',
    help: 'when the first certificate of this system and kind ends, in seconds since 1970; then no connection is made any more',
    labelNames: ['system', 'which'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { system, which, endsAtMs } of firstToEnd(tls.certificates)) this.set({ system, which }, endsAtMs / 1_000);
    },
  });
  const toldAtMs = new Map<string, number>();
  return () => {
    for (const { system, which, endsAtMs } of firstToEnd(tls.certificates)) {
      const place = `${system} ${which}`;
      const leftMs = endsAtMs - nowMs();
      if (leftMs > alarmDays * DAY_MS) {
        toldAtMs.delete(place);
        continue;
      }
      const told = toldAtMs.get(place);
      if (told !== undefined && nowMs() - told < DAY_MS) continue;
      toldAtMs.set(place, nowMs());
      log.error(
        { alarm: 'certificate-ends', system, which, endsAt: isoOf(endsAtMs), daysLeft: Math.floor(leftMs / DAY_MS) },
        leftMs > 0 ? 'a certificate ends soon: put a new one into its file' : 'a certificate has ended: connections to this system fail',
      );
    }
  };
};

type Settings = Readonly<Record<string, unknown>> & { readonly CERTIFICATE_ALARM_DAYS: number };

/**
 * The certificates of a process, watched from now on.
 * @throws ConfigurationError with every file that cannot be used.
 */
export const startTls = (settings: Settings, log: Log, registry: Registry): TlsFiles => {
  const tls = new TlsFiles(settings, {
    nowMs: Date.now,
    onProblem: (system, problem) => {
      log.error({ alarm: 'certificate-files', system, problem }, 'a changed certificate cannot be used: the one of before still holds');
    },
    onChange: (system) => {
      log.info({ system }, 'certificates were read again: connections made from now on use them');
    },
  });
  const look = watchCertificates({ tls, log, registry, alarmDays: settings.CERTIFICATE_ALARM_DAYS, nowMs: Date.now });
  look();
  setInterval(look, HOUR_MS).unref();
  return tls;
};
