import { pino, type Logger } from 'pino';

export type Log = Logger;

/**
 * JSON lines on standard output, written at once: a line survives kill -9. Names that could hold secrets or personal data
 * are never printed, whoever passes them.
 */
export const createLog = (service: string, level: string): Log =>
  pino({
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: {
      paths: [
        'iban',
        '*.iban',
        'token',
        '*.token',
        'authorization',
        '*.authorization',
        'password',
        '*.password',
        'secret',
        '*.secret',
        'ownerName',
        '*.ownerName',
        'body',
        '*.body',
        // Postgres repeats there what was to be written.
        'err.detail',
        'err.where',
      ],
      censor: '[hidden]',
    },
  });
