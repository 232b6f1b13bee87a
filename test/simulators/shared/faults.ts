import { createPrng, type Prng } from './prng.js';

/**
 * One named fault, switched on. It strikes when operation and subject match, `skip` matching calls have passed, and the
 * seeded draw is below `probability`. After `times` strikes it is used up.
 */
export type FaultRule<Name extends string> = {
  readonly fault: Name;
  /** Name of an operation of the simulator, or `*`. Default `*`. */
  readonly operation?: string;
  /** Portfolio, account or payment the call is about. Default: any. */
  readonly subject?: string;
  /** How often it strikes. Default: without end. */
  readonly times?: number;
  /** Matching calls to let pass first. Default 0. */
  readonly skip?: number;
  /** 0 to 1. Default 1. */
  readonly probability?: number;
  /** For faults about time. Milliseconds. */
  readonly delayMs?: number;
  /** For faults that take a word more, such as an amount or a variant. */
  readonly detail?: string;
};

export type SwitchedFault<Name extends string> = FaultRule<Name> & { readonly id: number; readonly strikes: number };

/** The switchboard. One per simulator; every strike is counted and told to `onStrike`. */
export type FaultBoard<Name extends string> = {
  readonly names: readonly Name[];
  readonly switchOn: (rule: FaultRule<Name>) => number;
  readonly switchOff: (id: number) => boolean;
  readonly clear: () => void;
  readonly list: () => readonly SwitchedFault<Name>[];
  /** The first fault among `candidates` that strikes this call, or null. Asking uses the strike up. */
  readonly strike: (operation: string, subjects: readonly string[], candidates: readonly Name[]) => FaultRule<Name> | null;
};

type Row<Name extends string> = {
  readonly id: number;
  readonly rule: FaultRule<Name>;
  readonly chance: Prng;
  passed: number;
  strikes: number;
};

export type FaultBoardOptions<Name extends string> = {
  readonly names: readonly Name[];
  readonly seed: number;
  readonly onStrike?: (rule: FaultRule<Name>, operation: string, subjects: readonly string[]) => void;
};

const concerns = <Name extends string>(rule: FaultRule<Name>, operation: string, subjects: readonly string[]): boolean =>
  ((rule.operation ?? '*') === '*' || rule.operation === operation) && (rule.subject === undefined || subjects.includes(rule.subject));

/** @throws RangeError from `switchOn` when the fault has no such name: a misspelt fault would test nothing. */
export const createFaultBoard = <Name extends string>(options: FaultBoardOptions<Name>): FaultBoard<Name> => {
  const root = createPrng(options.seed);
  let rows: Row<Name>[] = [];
  let lastId = 0;
  const strikes = (row: Row<Name>): boolean => {
    if (row.rule.times !== undefined && row.strikes >= row.rule.times) return false;
    if (row.chance.next() >= (row.rule.probability ?? 1)) return false;
    if (row.passed < (row.rule.skip ?? 0)) {
      row.passed += 1;
      return false;
    }
    row.strikes += 1;
    return true;
  };
  return {
    names: options.names,
    switchOn: (rule) => {
      if (!options.names.includes(rule.fault))
        throw new RangeError(`no fault is called ${rule.fault}; there are ${options.names.join(', ')}`);
      lastId += 1;
      rows.push({ id: lastId, rule, chance: root.fork(`${String(lastId)} ${rule.fault}`), passed: 0, strikes: 0 });
      return lastId;
    },
    switchOff: (id) => {
      const before = rows.length;
      rows = rows.filter((row) => row.id !== id);
      return rows.length < before;
    },
    clear: () => {
      rows = [];
    },
    list: () => rows.map((row) => ({ ...row.rule, id: row.id, strikes: row.strikes })),
    strike: (operation, subjects, candidates) => {
      const row = rows.find((one) => candidates.includes(one.rule.fault) && concerns(one.rule, operation, subjects) && strikes(one));
      if (row === undefined) return null;
      options.onStrike?.(row.rule, operation, subjects);
      return row.rule;
    },
  };
};
