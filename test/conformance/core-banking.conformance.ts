/** What every core banking adapter has to keep, written once against `CoreBankingPort` and what a kit can make happen. */
import { setTimeout as pause } from 'node:timers/promises';
import { compare, type Decimal } from '../../shared/kernel/decimal.js';
import { NOT_SENT } from '../../shared/kernel/outcome.js';
import type { CoreBankingPort, PaymentRequest } from '../../shared/ports/core-banking.js';
import { carry, sendingOf, type Write } from './carry.js';
import { demand, until, type AnyKit, type Scenario } from './suite.js';
import { watchTransfer, type Heard } from './transfer-watch.js';
import { writeScenarios, type Bench, type LeverOf } from './write-scenarios.js';

export type CoreBankingLever =
  | LeverOf<'pay'>
  | 'unlisted status in the answer'
  | 'unlisted status when asked'
  | 'another amount in the answer'
  | 'refused as a duplicate'
  | 'refused later'
  | 'comes back after it settled'
  | 'stays pending'
  | 'not enough on the house account'
  | 'unlisted customer status'
  | 'callbacks'
  | 'callbacks twice'
  | 'callbacks out of order'
  | 'callbacks lost'
  | 'replay callbacks from a cursor'
  | 'many payments under one reference on many pages'
  | 'fills'
  | 'cancel';

export type CoreBankingKit = AnyKit<CoreBankingLever> & {
  readonly bank: CoreBankingPort;
  /** A payment of 250.00 that nothing hinders; every name another reference. */
  readonly request: (name: string, amount?: string) => PaymentRequest;
  readonly books: {
    /** Payments of the reference that were taken in and not refused. */
    readonly alive: (endToEndId: string) => number;
    readonly settled: (endToEndId: string) => number;
    /** What the house account has lost. */
    readonly left: () => Decimal;
  };
  readonly bench: (operation: string) => Promise<Bench>;
  readonly make: (
    lever: CoreBankingLever,
    details?: { readonly times?: number; readonly delayMs?: number; readonly endToEndId?: string },
  ) => Promise<void>;
  readonly callbacks: () => readonly Heard[];
};

type BankScenario = Scenario<CoreBankingKit, CoreBankingLever>;

export const payWrite = (bank: CoreBankingPort, request: PaymentRequest): Write => ({
  ability: bank.abilities.pay,
  send: (sending) => bank.pay(request, sending),
  inquire: (sending) => bank.findPayment(request, sending),
});

const send = (kit: CoreBankingKit, request: PaymentRequest): ReturnType<CoreBankingPort['pay']> =>
  kit.bank.pay(request, sendingOf(request.endToEndId));
const find = (kit: CoreBankingKit, request: PaymentRequest): ReturnType<CoreBankingPort['findPayment']> =>
  kit.bank.findPayment(request, sendingOf(request.endToEndId));
const settled = (kit: CoreBankingKit, request: PaymentRequest): Promise<true> =>
  until('settled', async () => ((await find(kit, request)).found === 'applied' ? true : null));

const PAYMENTS: readonly BankScenario[] = [
  {
    name: 'unknown status value',
    needs: ['unlisted status in the answer', 'unlisted status when asked'],
    run: async (kit) => {
      const request = kit.request('A');
      await kit.make('unlisted status in the answer', { times: 1 });
      const answer = await send(kit, request);
      demand(answer.kind === 'accepted' || answer.kind === 'unknown', 'unlisted is no end', answer);
      await kit.make('unlisted status when asked', { times: 1 });
      const found = await find(kit, request);
      demand(found.found === 'pending' || found.found === 'no-answer', 'unlisted is no end', found);
    },
  },
  {
    name: 'an answer about another amount',
    needs: ['another amount in the answer'],
    run: async (kit) => {
      await kit.make('another amount in the answer', { times: 1 });
      const answer = await send(kit, kit.request('A'));
      demand(answer.kind === 'unknown', 'an answer about something else proves nothing', answer);
    },
  },
  {
    name: 'refused as a duplicate: the original decides',
    needs: ['refused as a duplicate'],
    run: async (kit) => {
      const request = kit.request('A');
      await send(kit, request);
      await kit.make('refused as a duplicate', { times: 1 });
      const answer = await send(kit, request);
      demand(answer.kind !== 'rejected', 'a duplicate says that an original exists', answer);
      demand(kit.books.alive(request.endToEndId) === 1, 'it is paid once', kit.books.alive(request.endToEndId));
    },
  },
  {
    name: 'a payee whom no payment can carry is refused before anything is sent, and any other is paid',
    needs: [],
    run: async (kit) => {
      for (const creditorName of ['', '   ', 'x'.repeat(10_000), 'Ada\u0000Example', 'Ada\nExample']) {
        const request = { ...kit.request('A'), creditorName };
        const answer = await send(kit, request);
        const why = kit.bank.canPay(request);
        demand(why?.startsWith(NOT_SENT) === true, 'it is known before anything moves', why ?? 'nothing');
        demand(answer.kind === 'rejected' && answer.reason === why, 'nobody says that the bank refused', answer);
        demand(kit.books.alive(request.endToEndId) === 0, 'the bank has heard nothing', kit.books.alive(request.endToEndId));
      }
      const request = { ...kit.request('B'), creditorName: 'Zoë Müller-Ødegård' };
      demand(kit.bank.canPay(request) === null, 'a customer is paid whatever accents the name has', kit.bank.canPay(request) ?? '');
      await send(kit, request);
      await settled(kit, request);
    },
  },
  {
    name: 'accepted is not settled',
    needs: ['stays pending'],
    run: async (kit) => {
      const request = kit.request('A');
      await kit.make('stays pending', { times: 1, delayMs: 400 });
      await send(kit, request);
      await until('settled', async () => {
        const isSettled = kit.books.settled(request.endToEndId) === 1;
        const found = await find(kit, request);
        demand(found.found === 'applied' || found.found === 'pending', 'it is there', found);
        demand(found.found !== 'applied' || kit.books.settled(request.endToEndId) === 1, 'applied means settled', found);
        return isSettled && found.found === 'applied' ? true : null;
      });
    },
  },
  {
    name: 'holiday between market and bank calendars',
    needs: ['stays pending'],
    run: async (kit) => {
      // The broker's cash has come in; the bank opens later than anybody waits for an answer.
      const request = kit.request('A');
      await kit.make('stays pending', { times: 1, delayMs: 900 });
      const carried = await carry(payWrite(kit.bank, request), request.endToEndId);
      demand(carried.end === 'applied' && kit.books.settled(request.endToEndId) === 1, 'it is waited for, and paid once', carried.story);
      demand(carried.outcomes.length === 1, 'nothing is sent again meanwhile', carried.story);
    },
  },
  {
    name: 'accepted, then refused',
    needs: ['refused later'],
    run: async (kit) => {
      const request = kit.request('A');
      await kit.make('refused later', { times: 1 });
      const carried = await carry(payWrite(kit.bank, request), request.endToEndId);
      demand(carried.end === 'rejected' && compare(kit.books.left(), '0' as Decimal) === 0, 'it was not paid', carried.story);
    },
  },
  {
    name: 'withdrawable < expected: the house account is short',
    needs: ['not enough on the house account'],
    run: async (kit) => {
      const answer = await send(kit, kit.request('A', '1000000'));
      demand(answer.kind === 'rejected', 'it is refused', answer);
      demand(compare(kit.books.left(), '0' as Decimal) === 0, 'nothing has left', kit.books.left());
    },
  },
  {
    name: 'returned after confirmed',
    needs: ['comes back after it settled', 'callbacks'],
    run: async (kit) => {
      const request = kit.request('A');
      const watch = watchTransfer(kit.bank, request);
      await send(kit, request);
      await until('settled', async () => {
        await watch.look();
        return watch.status() === 'Paid' ? true : null;
      });
      await kit.make('comes back after it settled', { endToEndId: request.endToEndId });
      const back = await until('the return was told', () => kit.callbacks().find((one) => 'input' in one) ?? null);
      await watch.hear(back);
      demand(watch.status() === 'Returned', 'people take it over', watch.status());
      await watch.hear(back);
      demand(watch.status() === 'Returned' && watch.impossible() === null, 'told twice, it is known already', watch.impossible() ?? '');
      const found = await find(kit, request);
      demand(found.found === 'applied' && found.result.returned !== null, 'a look shows the return too', found);
      demand(compare(kit.books.left(), '0' as Decimal) === 0, 'the money is back', kit.books.left());
    },
  },
  {
    name: 'two equal amounts in the same minute: each is found by its own reference',
    needs: [],
    run: async (kit) => {
      const [first, second] = [kit.request('A'), kit.request('B')];
      await send(kit, first);
      const absent = await find(kit, second);
      demand(absent.found === 'absent', 'the other one is not ours', absent);
      await send(kit, second);
      await Promise.all([settled(kit, first), settled(kit, second)]);
      for (const request of [first, second]) {
        const found = await find(kit, request);
        demand(found.found === 'applied' && found.result.endToEndId === request.endToEndId, 'each finds its own', found);
      }
    },
  },
  {
    name: 'two payments under one reference: people are asked',
    needs: ['pay: key forgotten'],
    run: async (kit) => {
      const request = kit.request('A');
      await send(kit, request);
      await kit.make('pay: key forgotten', { times: 1 });
      await send(kit, request);
      demand(
        kit.books.alive(request.endToEndId) === 2,
        'the bank has paid twice, or this tests nothing',
        kit.books.alive(request.endToEndId),
      );
      const found = await find(kit, request);
      demand(found.found === 'ambiguous', 'which one is ours nobody knows', found);
    },
  },
  {
    name: 'pagination of lists',
    needs: ['many payments under one reference on many pages'],
    run: (kit) => kit.make('many payments under one reference on many pages'),
  },
  ...(['cancel/fill race', 'partial then cancel', 'bust after settle'] as const).map((name) => ({
    name,
    needs: ['fills'] as const,
    run: (kit: CoreBankingKit) => kit.make('fills'),
  })),
];

const CALLBACKS: readonly BankScenario[] = [
  {
    name: 'duplicate event',
    needs: ['callbacks', 'callbacks twice'],
    run: async (kit) => {
      await kit.make('callbacks twice');
      const request = kit.request('A');
      const watch = watchTransfer(kit.bank, request);
      await send(kit, request);
      await settled(kit, request);
      await until('every status was told twice', () => (kit.callbacks().length >= 4 ? true : null));
      for (const callback of kit.callbacks()) await watch.hear(callback);
      demand(watch.status() === 'Paid' && watch.finished() === 1, 'it is said once that it was paid', watch);
    },
  },
  {
    name: 'FILLED before PARTIAL: settled overtakes on-its-way',
    needs: ['callbacks', 'callbacks out of order'],
    run: async (kit) => {
      await kit.make('callbacks out of order');
      const request = kit.request('A');
      const watch = watchTransfer(kit.bank, request);
      await send(kit, request);
      await settled(kit, request);
      await until('both were told', () => (kit.callbacks().length >= 2 ? true : null));
      for (const callback of [...kit.callbacks()].reverse()) await watch.hear(callback);
      demand(watch.status() === 'Paid' && watch.finished() === 1, 'the order of the news does not matter', watch.status());
    },
  },
  {
    name: 'a return overtakes the news that it was paid',
    needs: ['callbacks', 'comes back after it settled'],
    run: async (kit) => {
      const request = kit.request('A');
      const watch = watchTransfer(kit.bank, request);
      await send(kit, request);
      await until('it is settled in the books', () => (kit.books.settled(request.endToEndId) === 1 ? true : null));
      await kit.make('comes back after it settled', { endToEndId: request.endToEndId });
      const back = await until('the return was told', () => kit.callbacks().find((one) => 'input' in one) ?? null);
      await watch.hear(back);
      await until('people have it', async () => {
        await watch.look();
        return watch.status() === 'Returned' ? true : null;
      });
    },
  },
  {
    name: 'event gap: no callback ever comes',
    needs: ['callbacks', 'callbacks lost'],
    run: async (kit) => {
      await kit.make('callbacks lost');
      const request = kit.request('A');
      const watch = watchTransfer(kit.bank, request);
      await send(kit, request);
      await until('paid', async () => {
        await watch.look();
        return watch.status() === 'Paid' ? true : null;
      });
      await pause(50);
      demand(kit.callbacks().length === 0, 'nothing was told, or this tests nothing', kit.callbacks().length);
    },
  },
  {
    name: 'event gap: replay from a cursor',
    needs: ['replay callbacks from a cursor'],
    run: (kit) => kit.make('replay callbacks from a cursor'),
  },
];

export const coreBankingConformance: readonly BankScenario[] = [...writeScenarios<CoreBankingKit, 'pay'>('pay'), ...PAYMENTS, ...CALLBACKS];
