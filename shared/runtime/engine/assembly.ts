/** The loops of a copy, put together in the one way in which they fit. Nothing runs yet: the sweep is started by whoever asked for it. */
import type { Catalogue } from './catalogue.js';
import type { Clock } from './clock.js';
import { decisionsOf, type DecisionOptions } from './inbox/operator-decisions.js';
import { Engine, type EngineOptions } from './steps/step-loop.js';
import { OutboxPublisher, type Publish } from './outbox/outbox-publisher.js';
import { EffectRunner, type EffectRunnerOptions } from './effects/effect-runner.js';
import type { EngineStore } from './store/store.js';
import { Sweep, type SweepOptions } from './recovery/sweep.js';
import type { StopSource } from '../stopping/stop-source.js';

import { InboxWriter, type InboxWriterOptions } from './inbox/inbox-writer.js';

export type AssemblyOptions = Pick<EngineOptions, 'log' | 'ownerId' | 'failpoint'> &
  Pick<DecisionOptions, 'personNamed' | 'onDecisionRefused'> &
  Pick<InboxWriterOptions, 'admission' | 'onRefused' | 'sealing'> & {
    readonly catalogue: Catalogue;
    readonly store: EngineStore;
    readonly clock: Clock;
    readonly publish: Publish;
    readonly onNotPublished: (error: unknown) => void;
    /** What people have stopped. */
    readonly stops: StopSource;
    /** The owner's lock decides whether anything may be sent, unless this says otherwise. */
    readonly effectRunner: Omit<EffectRunnerOptions, keyof Clock | 'maySend' | 'stops'> & Partial<Pick<EffectRunnerOptions, 'maySend'>>;
    readonly sweep: Pick<SweepOptions, 'everyMs' | 'graceMs' | 'random'>;
    readonly bounds?: Pick<EngineOptions, 'tryEveryMs' | 'mostRemembered'>;
  };
export type Assembly = {
  readonly engine: Engine;
  readonly inboxWriter: InboxWriter;
  readonly sweep: Sweep;
  readonly outboxPublisher: OutboxPublisher;
};

export const assemble = (options: AssemblyOptions): Assembly => {
  const { catalogue, store, clock, log, ownerId, failpoint, stops, bounds, admission, onRefused, sealing } = options;
  const effectRunner = new EffectRunner({ maySend: () => ownerId() !== 0, stops, ...clock, ...options.effectRunner });
  const outboxPublisher = new OutboxPublisher(store, options.publish, options.onNotPublished, clock.after, ({ eventId, topic }, error) => {
    log.error(
      { alarm: 'not-sendable', eventId, topic, reason: error.message },
      'Kafka refuses a message of ours for its own sake: it is in quarantine, the others go on, somebody must look',
    );
  });
  const engine = new Engine({
    catalogue,
    store,
    effectRunner: effectRunner,
    stops,
    outboxPublisher: outboxPublisher,
    clock,
    log,
    ownerId,
    failpoint: failpoint,
    ...bounds,
  });
  const inboxWriter: InboxWriter = new InboxWriter({
    decisions: decisionsOf({
      ...{ catalogue, store, engine, inboxWriter: () => inboxWriter, log },
      ...{ personNamed: options.personNamed, onDecisionRefused: options.onDecisionRefused },
    }),
    ...{ catalogue, store, engine, outboxPublisher, clock, log, failpoint, admission, sealing, ...bounds },
    ...(onRefused === undefined ? {} : { onRefused }),
  });
  const sweep = new Sweep({
    store,
    engine,
    outboxPublisher: outboxPublisher,
    inboxWriter: inboxWriter,
    readable: catalogue.stateVersions,
    stops,
    clock,
    log,
    ownerId,
    ...options.sweep,
  });
  return { engine, inboxWriter, sweep, outboxPublisher };
};
