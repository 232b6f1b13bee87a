/** Ends the run: what still holds the process after some seconds is named, before infra/tooling/test.mjs kills it. */
import { Socket } from 'node:net';

const AFTER_MS = 10_000;

const described = (handle: unknown): string =>
  handle instanceof Socket
    ? `socket ${handle.localAddress ?? '?'}:${String(handle.localPort ?? '?')} to ${handle.remoteAddress ?? '?'}:${String(handle.remotePort ?? '?')}`
    : ((handle as { readonly constructor?: { readonly name?: string } } | null)?.constructor?.name ?? typeof handle);

const sayWhatStaysOpen = (): void => {
  setTimeout(() => {
    // Not in its types: what has no name of its own here (timers) is in the list of kinds.
    const { _getActiveHandles: handles } = process as unknown as { readonly _getActiveHandles?: () => readonly unknown[] };
    const named = (handles?.call(process) ?? []).map(described);
    process.stderr.write(`still open: ${[...process.getActiveResourcesInfo(), ...named].join(', ')}\n`);
  }, AFTER_MS).unref();
};

// Jest takes one function, and this is the way to give it one without a default export.
module.exports = sayWhatStaysOpen;
