import { connect as connectPlain, isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ISocketFactory } from 'kafkajs';
import type { TlsNow } from '../../kernel/tls.js';

/** As kafkajs has it. */
const KEEP_ALIVE_DELAY_MS = 60_000;

/**
 * kafkajs reads certificates once, when it is made, and a client lives as long as its process. This one asks for them at each connection,
 * so that a certificate that has changed is used by the next one. Without `ssl` in its settings kafkajs asks for a plain connection.
 */
export const socketFactory =
  (tls: TlsNow): ISocketFactory =>
  ({ host, port, ssl, onConnect }) => {
    // The type of kafkajs says that there always is one.
    const isSecure = Boolean(ssl);
    const socket = isSecure
      ? // SNI takes no address; what the certificate must name is `host` then.
        connectTls({ host, port, ...(isIP(host) === 0 ? { servername: host } : {}), ...tls() }, onConnect)
      : connectPlain({ host, port }, onConnect);
    socket.setKeepAlive(true, KEEP_ALIVE_DELAY_MS);
    return socket;
  };
