/** TLS with one outside system: whom we believe, and how we prove who we are. Texts in PEM. */
export type TlsMaterial = {
  /** Believed instead of the public authorities. */
  readonly ca?: string;
  /** Our own certificate, with what stands between it and its authority. */
  readonly cert?: string;
  /** The private key of `cert`. Never logged. */
  readonly key?: string;
};

/** What holds now. The same object comes back until something has changed. */
export type TlsNow = () => TlsMaterial;
