/** What the command line asks the operators' API, and how the API may say no. */
import type { Json, Printable } from '../../../../shared/kernel/json.js';

/** The service cannot be reached, or says itself that it is away. */
export class ServiceAway extends Error {
  override readonly name = 'ServiceAway';
}
/** The service has understood and says no. */
export class Refused extends Error {
  override readonly name = 'Refused';
}

/** @throws ServiceAway, Refused. */
export type Ask = (method: 'GET' | 'POST', path: string, content?: { readonly [key: string]: Printable }) => Promise<Json>;

/** Where the service is, and who asks. `name`: who says to ask; null where they do not say. */
export type Reached = { readonly url: string; readonly token: string; readonly name: string | null };
export type Connect = (reached: Reached) => Ask;
