/** Every consumer of every service, as `readMessage` sees it. */
import { wiresOf } from '../../infra/tooling/contracts/discover.js';
import { projectRoot } from '../../infra/sandbox/project-root.js';
import type { Topic } from '../../contracts/internal/topics.js';
import { Catalogue } from '../../shared/runtime/engine/catalogue.js';

const wires = wiresOf(projectRoot);

export const catalogues: Readonly<Record<string, Catalogue>> = Object.fromEntries(
  wires.map(({ service, consumes }) => [service, new Catalogue({ name: service, bindings: [], consumes })]),
);

/** Service and topic, one pair per consumer. */
export const consumers: readonly (readonly [string, Topic])[] = wires.flatMap(({ service, consumes }) =>
  consumes.map(({ topic }) => [service, topic] as const),
);
