/** Of a test build only: guards that are taken out, by name, as a file says at this moment. No product file imports this. */
import { readFileSync } from 'node:fs';

/** Set for the services of a test build; a JSON list of names. */
export const PEELED_FILE = 'PEELED_FILE';

export const peeled = (guard: string): boolean => {
  const path = process.env[PEELED_FILE];
  return path !== undefined && (JSON.parse(readFileSync(path, 'utf8')) as readonly string[]).includes(guard);
};
