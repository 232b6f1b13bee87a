/**
 * What the first release's own gateway and job wrote on every outside topic, recorded by running them over the samples of
 * `contracts` and over bodies that are less usual: the message, the mark of its content (`bodyHash`), and what each
 * service of that release took it for. Never to be written anew: no later release writes this form.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OutsideTopic } from '../../contracts/internal/topics.js';
import type { Arrival } from '../../shared/runtime/engine/definition.js';

export type Recorded = {
  readonly what: string;
  readonly topic: OutsideTopic;
  readonly key: string;
  readonly value: string;
  readonly mark: string;
  /** By service; `bad` with the reason it was put into quarantine for. */
  readonly arrivals: Readonly<Record<string, readonly Arrival[] | { readonly bad: string }>>;
};

export const recorded = JSON.parse(readFileSync(join(__dirname, 'first-release-messages.json'), 'utf8')) as readonly Recorded[];
