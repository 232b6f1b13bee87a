// Nothing is dropped, not even a mark at its beginning.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Bytes that others wrote where we expect text. What is not UTF-8 keeps its bytes, as `base64:...`: two such texts never become one. */
export const textOf = (bytes: Buffer): string => {
  try {
    return utf8.decode(bytes);
  } catch {
    return `base64:${bytes.toString('base64')}`;
  }
};
