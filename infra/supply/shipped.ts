/**
 * What runs where the services run: the packages that they need, and nothing of what builds, tests or plays a sandbox. The optional packages of
 * our own package.json are the sandbox's Postgres. Optional packages of others are not left out: the codecs of Kafka have their binaries there.
 */
type Names = Readonly<Record<string, string>>;
export type Manifest = Readonly<Record<string, unknown>> & { readonly dependencies?: Names };
export type LockedPackage = Readonly<Record<string, unknown>> & {
  readonly version?: string;
  readonly license?: string;
  readonly dependencies?: Names;
  readonly optionalDependencies?: Names;
  readonly peerDependencies?: Names;
};
export type Lock = Readonly<Record<string, unknown>> & { readonly packages: Readonly<Record<string, LockedPackage>> };
export type Part = { readonly name: string; readonly version: string; readonly licence: string };
export type Shipped = { readonly manifest: Manifest; readonly lock: Lock; readonly parts: readonly Part[] };

const MODULES = 'node_modules/';

/** Where Node finds `name` for the package at `from`: beside it, or above. Null when nobody has it. */
const placeOf = (name: string, from: string, packages: Lock['packages']): string | null => {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf(`/${MODULES}`)))) {
    const place = folder === '' ? `${MODULES}${name}` : `${folder}/${MODULES}${name}`;
    if (packages[place] !== undefined) return place;
    if (folder === '') return null;
  }
};

const nameOf = (place: string): string => place.slice(place.lastIndexOf(MODULES) + MODULES.length);

/** Every package that is needed from here on. @throws Error when a package that must be there is not locked. */
const reached = (packages: Lock['packages'], dependencies: Names): ReadonlySet<string> => {
  const found = new Set<string>();
  const visit = (names: Names, from: string, isNeeded: boolean): void => {
    for (const name of Object.keys(names)) {
      const place = placeOf(name, from, packages);
      if (place === null && isNeeded)
        throw new Error(`package-lock.json does not hold ${name}, which ${from === '' ? 'package.json' : from} needs`);
      if (place === null || found.has(place)) continue;
      found.add(place);
      const { dependencies: needed = {}, optionalDependencies: optional = {}, peerDependencies: peers = {} } = packages[place] ?? {};
      visit(needed, place, true);
      visit(optional, place, false);
      visit(peers, place, false);
    }
  };
  visit(dependencies, '', true);
  return found;
};

const KEPT = ['name', 'version', 'private', 'description', 'license', 'type', 'engines'] as const;
const kept = (from: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(KEPT.flatMap((name) => (from[name] === undefined ? [] : [[name, from[name]] as const])));

export const shippedOf = (manifest: Manifest, lock: Lock): Shipped => {
  const dependencies = manifest.dependencies ?? {};
  const places = [...reached(lock.packages, dependencies)].sort();
  const packages = Object.fromEntries(places.map((place) => [place, lock.packages[place] ?? {}]));
  return {
    manifest: { ...kept(manifest), dependencies },
    lock: { ...lock, packages: { '': { ...kept(lock.packages[''] ?? {}), dependencies }, ...packages } },
    parts: places.map((place) => {
      const { version = '', license: licence = '' } = lock.packages[place] ?? {};
      return { name: nameOf(place), version, licence };
    }),
  };
};
