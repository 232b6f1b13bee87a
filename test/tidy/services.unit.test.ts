/**
 * contracts/internal/services.ts says what each service runs, takes, emits and calls. Here it is compared with the services themselves:
 * their folders, what their wire.ts hands to the engine, and what their source says.
 */
import { describe, expect, it } from '@jest/globals';
import * as ts from 'typescript';
import {
  engineSchemaNames,
  engineService,
  engineServiceNames,
  mayCallOf,
  outsideSystems,
  serviceNames,
  services,
  takersOf,
  topicsTakenBy,
  type OutsideSystem,
} from '../../contracts/internal/services.js';
import { outsideTopics, topics } from '../../contracts/internal/topics.js';
import { wiresOf } from '../../infra/tooling/contracts/discover.js';
import { tenantSettings } from '../builders/tenant.js';
import { ourFiles, ourPaths, repositoryRoot } from './repository.js';

const sorted = (words: Iterable<string>): string[] => [...new Set(words)].sort();

/** String literals below a node: of a value, or of a type that is a union of them. */
const literalsIn = (node: ts.Node): string[] => {
  const found = ts.isStringLiteral(node) ? [node.text] : [];
  ts.forEachChild(node, (child) => {
    found.push(...literalsIn(child));
  });
  return found;
};

/** What stands behind `name:` anywhere in a source, in values and in types. */
const saidUnder = (name: string, text: string): string[] => {
  const found: string[] = [];
  const look = (node: ts.Node): void => {
    if ((ts.isPropertyAssignment(node) || ts.isPropertySignature(node)) && node.name.getText(source) === name) {
      const said = ts.isPropertyAssignment(node) ? node.initializer : node.type;
      if (said !== undefined) found.push(...literalsIn(said));
    }
    ts.forEachChild(node, look);
  };
  const source = ts.createSourceFile('said.ts', text, ts.ScriptTarget.ES2023, true);
  look(source);
  return found;
};

/** `{ event: 'topic' }` in a flow's words and rules, `{ topic: 'topic' }` in a job: both lie below decide/ and effect/. */
const emittedBySource = (service: string): string[] =>
  ourFiles(new RegExp(`^services/${service}/src/(decide|effect)/.*(?<!\\.test)\\.ts$`)).flatMap(({ text }) => [
    ...saidUnder('event', text),
    ...saidUnder('topic', text),
  ]);

/** Ports to our own database. */
const OWN_PORTS: readonly string[] = ['limits', 'knownCashOuts'];
const SYSTEM_OF_PORT: Readonly<Record<string, OutsideSystem>> = { investSuite: 'InvestSuite', broker: 'broker', coreBanking: 'bank' };

/** A port that answers anything, and never to the point: nothing is called while a service is wired. */
const anything: unknown = new Proxy(() => anything, {
  get: (_target, name) => (name === Symbol.toPrimitive ? () => 'anything' : anything),
});

/** Wires a flow, and notes which ports it has taken. */
const boundWith = (bind: (...words: readonly unknown[]) => { readonly flow: { readonly name: string } }) => {
  const taken: string[] = [];
  const ports = new Proxy(
    {},
    {
      get: (_target, name) => {
        taken.push(String(name));
        return anything;
      },
    },
  );
  const tenant = tenantSettings.parse({ brokerMode: 'client', houseAccountIban: 'NL91ABNA0417164300' });
  const { flow } = bind(ports, tenant, () => 0);
  const outside = taken.filter((port) => !OWN_PORTS.includes(port));
  return { flow: flow.name, systems: outside.map((port) => SYSTEM_OF_PORT[port] ?? `the unknown port ${port}`) };
};

const wires = wiresOf(repositoryRoot);

describe('the list of services', () => {
  it('names the folders of services/, each once', () => {
    const folders = ourPaths().flatMap((path) => /^services\/([^/]+)\/src\/main\.ts$/.exec(path)?.[1] ?? []);
    expect(folders.length).toBeGreaterThan(5);
    expect([...serviceNames].sort()).toEqual(folders);
  });

  it('names schemas that Postgres takes as they are', () => {
    expect(engineSchemaNames.filter((name) => !/^[a-z][a-z0-9_]*$/.test(name))).toEqual([]);
    expect(new Set(engineSchemaNames).size).toBe(engineServiceNames.length);
  });

  it('has a service on the engine for each wire.ts that hands a flow to it, and for no other', () => {
    expect(wires.map(({ service }) => service)).toEqual([...engineServiceNames].sort());
  });

  it.each(wires.map((wire) => [wire.service, wire] as const))('%s runs its flows and calls what its ports are for', (service, wire) => {
    const bound = wire.bindings.map(boundWith);
    const { flows, calls } = engineService(service as (typeof engineServiceNames)[number]);
    expect(sorted(bound.map(({ flow }) => flow))).toEqual(sorted(flows));
    expect(sorted(bound.flatMap(({ systems }) => systems))).toEqual(sorted(calls));
  });

  it.each(wires.map((wire) => [wire.service, wire] as const))('%s takes its topics, each for one of its flows', (service, wire) => {
    const { takes, flows } = engineService(service as (typeof engineServiceNames)[number]);
    expect(sorted(wire.consumes.map(({ topic }) => topic))).toEqual(sorted(Object.keys(takes)));
    expect(Object.values(takes).filter(({ flow }) => !flows.includes(flow))).toEqual([]);
  });

  it.each([...engineServiceNames])('%s emits what its flows and jobs say', (service) => {
    expect(sorted(emittedBySource(service))).toEqual(sorted(engineService(service).emits));
  });

  it('has the gateway emit what comes from outside, and the operator what people decide', () => {
    expect(sorted(services.gateway.emits)).toEqual(sorted(outsideTopics));
    const decisions = ourFiles(/^services\/operator\/src\/effect\/.*(?<!\.test)\.ts$/).flatMap(({ text }) => saidUnder('topic', text));
    expect(sorted(decisions)).toEqual(sorted(services.operator.emits));
  });

  it('has somebody who emits each topic that is taken', () => {
    const emitted = new Set<string>(serviceNames.flatMap((name) => services[name].emits));
    expect(topics.filter((topic) => takersOf(topic).length > 0 && !emitted.has(topic))).toEqual([]);
  });

  it('gives the decisions of people to every service on the engine, and to no other', () => {
    expect(takersOf('operator.decision')).toEqual(engineServiceNames);
    expect(topicsTakenBy('gateway')).toEqual([]);
  });

  it('counts whom a flow moves among what a step of it may call', () => {
    expect(mayCallOf('withdrawal')).toEqual(outsideSystems);
    expect(mayCallOf('order')).toEqual(['InvestSuite', 'broker']);
    expect(mayCallOf('portfolio')).toEqual(['InvestSuite', 'broker']);
    expect(mayCallOf('a flow of tomorrow')).toBeNull();
  });
});

describe('what a source says', () => {
  it('is read in values and in types', () => {
    expect(
      saidUnder('event', "type Said = Extract<Own, { event: 'a' | 'b' }>; const one = { event: 'c', data: { event: other } };"),
    ).toEqual(['a', 'b', 'c']);
  });
});
