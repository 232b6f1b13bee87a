import { Router, type Express, type RequestHandler } from 'express';
import type { JsonObject } from '../../../contracts/tokens.js';
import type { Printable } from '../../../shared/kernel/json.js';
import { createApp, lastResort, listen, served, servedUnderFaults, type Answer, type Call, type Handler } from '../shared/http.js';
import { createWebhookSender, type WebhookSender } from '../shared/webhook.js';
import {
  actAsApp,
  changePortfolio,
  choiceBody,
  createPortfolio,
  createUser,
  deliveryBody,
  optimiserBody,
  propose,
  setPrices,
  showPortfolio,
  switchFault,
  unknownThing,
  webhookBody,
  withBody,
} from './admin.js';
import { refusals } from './answers.js';
import { Api } from './api.js';
import type { Operation } from './faults.js';
import type { StoredPortfolio } from './state.js';
import { verdictOf, verdictWire } from './verdict.js';
import { World } from './world.js';
import type { OptimiserSettings } from './optimiser.js';
import { Tokens } from './tokens.js';

export type InvestSuiteSimulatorOptions = {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly seed: number;
  readonly optimiserDelayMs: number;
  readonly optimiser?: OptimiserSettings;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Without it events are booked and not sent, until a webhook is set over the admin side. */
  readonly webhook?: { readonly url: string; readonly secret: string };
  readonly nowMs?: () => number;
  readonly onError?: (error: unknown) => void;
};

export type InvestSuiteSimulator = {
  readonly url: string;
  /** The world of now; a reset makes another one. */
  readonly world: () => World;
  readonly close: () => Promise<void>;
};

const ROUTES: readonly (readonly ['get' | 'post' | 'patch', string, Operation])[] = [
  ['post', '/auth/login/', 'login'],
  ['post', '/auth/refresh-token/', 'refresh-token'],
  ['get', '/portfolios/', 'list-portfolios'],
  ['get', '/portfolios/:portfolioId/', 'get-portfolio'],
  ['patch', '/portfolios/:portfolioId/', 'patch-portfolio'],
  ['get', '/users/:userId/', 'get-user'],
  ['get', '/portfolios/:portfolioId/optimizations/:which/', 'get-optimization'],
  ['get', '/portfolios/:portfolioId/transactions/', 'list-transactions'],
  ['post', '/portfolios/:portfolioId/transactions/', 'post-transaction'],
  ['get', '/portfolios/:portfolioId/transactions/:transactionId/', 'get-transaction'],
  ['patch', '/portfolios/:portfolioId/transactions/:transactionId/', 'patch-transaction'],
  ['post', '/events/withdraw/', 'withdraw-event'],
  ['post', '/events/deposit/', 'deposit-event'],
];

/** What one simulator is made of; a reset replaces world, api and books, and keeps port and webhook. */
type Running = { world: World; api: Api; sender: WebhookSender | null };

/** The portfolio a call is about: in the path, or in the body of an event call. */
const subjectsOf = (call: Call): readonly string[] => {
  const content = ((call.body ?? {}) as JsonObject)['data'] as JsonObject | undefined;
  const named = content?.['portfolio'];
  return [
    call.params['portfolioId'],
    call.params['userId'],
    call.params['transactionId'],
    typeof named === 'string' ? named : undefined,
  ].flatMap((one) => one ?? []);
};

class Simulator {
  readonly running: Running;
  readonly #options: InvestSuiteSimulatorOptions;
  readonly #nowMs: () => number;

  constructor(options: InvestSuiteSimulatorOptions) {
    this.#options = options;
    this.#nowMs = options.nowMs ?? ((): number => Date.now());
    this.running = { ...this.#fresh(), sender: null };
    if (options.webhook !== undefined) this.#direct(options.webhook);
  }

  #fresh(): Pick<Running, 'world' | 'api'> {
    const { seed, optimiserDelayMs, optimiser, accessKeyId, secretAccessKey } = this.#options;
    const world = new World({
      nowMs: this.#nowMs,
      seed,
      optimiserDelayMs,
      ...(optimiser === undefined ? {} : { optimiser }),
      deliver: (delivery) => this.running.sender?.send(delivery),
    });
    return { world, api: new Api(world, new Tokens(world.faults, { nowMs: this.#nowMs, accessKeyId, secretAccessKey })) };
  }

  #direct(webhook: { readonly url: string; readonly secret: string }): void {
    const before = this.running.sender;
    this.running.sender = createWebhookSender({
      ...webhook,
      nowMs: this.#nowMs,
      onAttempt: (attempt) => this.running.world.books.deliveries.append(attempt),
    });
    void before?.stop();
  }

  #api(operation: Operation): RequestHandler {
    const handle: Handler = async (call) => {
      const { api, world } = this.running;
      const open = operation === 'login' || operation === 'refresh-token';
      const answer = (open ? null : api.tokens.refused(call)) ?? (await api.handlerOf(operation)(call));
      world.books.requests.append({ requestId: call.requestId, operation, subjects: subjectsOf(call), status: answer.status });
      return answer;
    };
    return (request, response, next) =>
      servedUnderFaults({ operation, board: this.running.world.faults, subjectsOf, refusals, handle })(request, response, next);
  }

  /** A call without the slash at the end is sent on; a client that follows turns its POST into a GET. */
  #slashes(): RequestHandler {
    return (request, response, next) => {
      if (request.path.endsWith('/') || request.path.startsWith('/simulator')) next();
      else
        response
          .status(301)
          .set('location', `${request.path}/${request.originalUrl.slice(request.path.length)}`)
          .end();
    };
  }

  app(): Express {
    const app = createApp();
    app.use('/simulator', this.#admin());
    app.use(this.#slashes());
    for (const [method, path, operation] of ROUTES) app[method](path, this.#api(operation));
    app.use(served(() => ({ status: 404, body: { title: 'Not found', detail: 'no such address', status: 404 } })));
    app.use(lastResort(this.#options.onError ?? ((): void => undefined)));
    return app;
  }

  #portfolioRoute(act: (stored: StoredPortfolio, call: Call) => Answer): RequestHandler {
    return served((call) => {
      const stored = this.running.world.portfolio(call.params['portfolioId'] ?? '');
      return stored === undefined ? unknownThing('portfolio') : act(stored, call);
    });
  }

  #admin(): Router {
    const router = Router();
    router.get(
      '/health',
      served(() => ({ status: 200, body: { ok: true } })),
    );
    router.post(
      '/users',
      served((call) => createUser(this.running.world, call)),
    );
    router.post(
      '/portfolios',
      served((call) => createPortfolio(this.running.world, call)),
    );
    router.get(
      '/portfolios/:portfolioId',
      this.#portfolioRoute((stored) => showPortfolio(stored)),
    );
    router.patch(
      '/portfolios/:portfolioId',
      this.#portfolioRoute((stored, call) => changePortfolio(this.running.world, stored, call)),
    );
    router.post(
      '/portfolios/:portfolioId/app',
      this.#portfolioRoute((stored, call) => actAsApp(this.running.world, stored, call)),
    );
    router.post(
      '/portfolios/:portfolioId/optimizations',
      this.#portfolioRoute((stored, call) => propose(this.running.world, stored, call)),
    );
    router.post(
      '/optimizations/:id/choice',
      served((call) =>
        withBody(choiceBody, call, ({ value }) => {
          const chosen = this.running.world.optimiser.choose(call.params['id'] ?? '', value);
          return chosen === null ? unknownThing('optimization') : { status: 200, body: { id: chosen.id } };
        }),
      ),
    );
    router.post(
      '/prices',
      served((call) => setPrices(this.running.world, call)),
    );
    router.post(
      '/optimiser',
      served((call) =>
        withBody(optimiserBody, call, (body) => {
          this.running.world.optimiser.configure(Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined)));
          return { status: 200, body: { ok: true } };
        }),
      ),
    );
    this.#adminOfFaults(router);
    this.#adminOfBooks(router);
    return router;
  }

  #adminOfFaults(router: Router): void {
    router.get(
      '/faults',
      served(() => ({
        status: 200,
        body: this.running.world.faults
          .list()
          .map((rule) => ({ ...rule, probability: rule.probability === undefined ? undefined : String(rule.probability) })),
      })),
    );
    router.post(
      '/faults',
      served((call) => switchFault(this.running.world, call)),
    );
    router.delete(
      '/faults',
      served(() => {
        this.running.world.faults.clear();
        return { status: 200, body: { ok: true } };
      }),
    );
    router.delete(
      '/faults/:id',
      served((call) =>
        this.running.world.faults.switchOff(Number(call.params['id'])) ? { status: 200, body: { ok: true } } : unknownThing('fault'),
      ),
    );
    router.post(
      '/forget-tokens',
      served(() => {
        this.running.api.tokens.forget();
        return { status: 200, body: { ok: true } };
      }),
    );
    router.post(
      '/webhook',
      served((call) =>
        withBody(webhookBody, call, (body) => {
          this.#direct(body);
          return { status: 200, body: { ok: true } };
        }),
      ),
    );
    router.post(
      '/deliveries',
      served((call) =>
        withBody(deliveryBody, call, (body) => {
          if (this.running.sender === null) return { status: 409, body: { error: 'no webhook is set' } };
          this.running.sender.send(body);
          return { status: 202, body: { id: body.id } };
        }),
      ),
    );
  }

  #adminOfBooks(router: Router): void {
    router.get(
      '/books',
      served(() => ({
        status: 200,
        body: Object.fromEntries(Object.entries(this.running.world.books).map(([name, book]) => [name, book.all() as Printable])),
      })),
    );
    router.get(
      '/verdict',
      served(() => ({ status: 200, body: verdictWire(verdictOf(this.running.world, this.running.sender?.waiting() ?? 0)) })),
    );
    router.post(
      '/reset',
      served(() => {
        this.running.world.stop();
        Object.assign(this.running, this.#fresh());
        return { status: 200, body: { ok: true } };
      }),
    );
  }

  async stop(): Promise<void> {
    this.running.world.stop();
    await this.running.sender?.stop();
  }
}

/** Starts an InvestSuite on `host:port`. */
export const startInvestSuite = async (options: InvestSuiteSimulatorOptions): Promise<InvestSuiteSimulator> => {
  const simulator = new Simulator(options);
  const http = await listen(simulator.app(), options.host, options.port);
  return {
    url: http.url,
    world: () => simulator.running.world,
    close: async () => {
      await simulator.stop();
      await http.close();
    },
  };
};
