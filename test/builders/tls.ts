import type { TlsNow } from '../../shared/kernel/tls.js';

/** The public authorities, and no certificate of ours: for every system. */
export const publicTls = (): TlsNow => () => ({});
/** The same, as a process has it. */
export const tlsOfNobody = { of: publicTls };
