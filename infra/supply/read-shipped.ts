import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { shippedOf, type Lock, type Manifest, type Shipped } from './shipped.js';

/** Of the project in this folder. */
export const readShipped = (root: string): Shipped => {
  const read = (name: string): unknown => JSON.parse(readFileSync(join(root, name), 'utf8'));
  return shippedOf(read('package.json') as Manifest, read('package-lock.json') as Lock);
};
