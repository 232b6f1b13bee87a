/**
 * A request that got no answer. `beforeFirstByte` is the whole point: true is proof that nothing of the request left this
 * machine (name not found, refused, connect timeout, given up while waiting for a socket, TLS not agreed); false means that
 * bytes may have left, so the other side may have acted. The message holds no address, body or secret.
 */
export class HttpFailure extends Error {
  override readonly name = 'HttpFailure';
  readonly beforeFirstByte: boolean;
  /** What happened, for people and for evidence: `connect ECONNREFUSED`, `no answer before the deadline`. */
  readonly evidence: string;

  constructor(beforeFirstByte: boolean, evidence: string) {
    super(`${evidence} (${beforeFirstByte ? 'nothing was sent' : 'bytes may have left'})`);
    this.beforeFirstByte = beforeFirstByte;
    this.evidence = evidence;
  }
}
