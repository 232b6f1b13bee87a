/** The loops of a copy, put together in the one way in which they fit. Nothing runs yet: the sweep is started by whoever asked for it. */
import type { Catalogue } from './catalogue.js';
import type { Clock } from './clock.js';
import { decisionsOf } from './inbox/operator-decisions.js';
import { Engine, type EngineOptions } from './steps/step-loop.js';
import { Sayer, type Publish } from './outbox/outbox-publisher.js';
import { Sender, type SenderOptions } from './effects/effect-runner.js';
import type { EngineStore } from './store/store.js';
import { Sweep, type SweepOptions } from './recovery/sweep.js';
import { TakeIn } from './inbox/inbox-writer.js';

export type AssemblyOptions = Pick<EngineOptions, 'log' | 'ownerId' | 'passes'> & {
  readonly catalogue: Catalogue;
  readonly store: EngineStore;
  readonly clock: Clock;
  readonly publish: Publish;
  readonly onNotSaid: (error: unknown) => void;
  /** The owner's lock decides whether anything may be sent, unless this says otherwise. */
  readonly sender: Omit<SenderOptions, keyof Clock | 'maySend'> & Partial<Pick<SenderOptions, 'maySend'>>;
  readonly sweep: Pick<SweepOptions, 'everyMs' | 'graceMs' | 'random'>;
  readonly bounds?: Pick<EngineOptions, 'tryEveryMs' | 'mostRemembered'>;
};
export type Assembly = { readonly engine: Engine; readonly takeIn: TakeIn; readonly sweep: Sweep; readonly sayer: Sayer };

export const assemble = (options: AssemblyOptions): Assembly => {
  const { catalogue, store, clock, log, ownerId, passes, bounds } = options;
  const sender = new Sender({ maySend: () => ownerId() !== 0, ...clock, ...options.sender });
  const sayer = new Sayer(store, options.publish, options.onNotSaid, clock.after);
  const engine = new Engine({ catalogue, store, sender, sayer, clock, log, ownerId, passes, ...bounds });
  const takeIn: TakeIn = new TakeIn({
    decisions: decisionsOf({ catalogue, store, engine, takeIn: () => takeIn, log }),
    ...{ catalogue, store, engine, sayer, clock, log, passes, ...bounds },
  });
  const sweep = new Sweep({ store, engine, sayer, takeIn, readable: catalogue.stateVersions, clock, log, ownerId, ...options.sweep });
  return { engine, takeIn, sweep, sayer };
};
