/** contracts/internal/operations.ts says what people can stop by its name. Here it is compared with what the services do. */
import { describe, expect, it } from '@jest/globals';
import { systemNames } from '../../contracts/internal/operations.js';
import { engineService, engineServiceNames } from '../../contracts/internal/services.js';
import { OWN_SYSTEMS } from '../../shared/runtime/stopping/stop-rules.js';
import { operationOf, type AnyEffect } from '../../shared/runtime/engine/catalogue.js';
import { everyFlow } from '../upgrade/released.js';

const bindings = everyFlow([]);
const effectsOf = (service: (typeof engineServiceNames)[number]): readonly (readonly [string, AnyEffect])[] =>
  bindings
    .filter(({ flow }) => engineService(service).flows.includes(flow.name))
    .flatMap(({ effects }) => Object.entries<AnyEffect>(effects as Readonly<Record<string, AnyEffect>>));

describe('what people can stop by its name', () => {
  it.each([...engineServiceNames])('in %s is what it changes outside [A9]', (service) => {
    const changing = effectsOf(service).filter(([, { kind, system }]) => kind !== 'read' && !OWN_SYSTEMS.includes(system));
    expect([...new Set(changing.map(([name, effect]) => operationOf(effect, name)))].sort()).toEqual(
      [...engineService(service).changes].sort(),
    );
  });
  it('are the systems that effects speak to [A9]', () => {
    const systems = engineServiceNames.flatMap((service) => effectsOf(service).map(([, { system }]) => system));
    expect([...new Set(systems)].filter((system) => !OWN_SYSTEMS.includes(system)).sort()).toEqual([...systemNames].sort());
  });
});
