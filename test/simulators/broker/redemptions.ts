import { negated } from '../../../shared/kernel/decimal.js';
import { LEDGER_CODES, type RedemptionStatus } from '../../../contracts/broker/drivewealth/statuses.js';
import { isOver, type NewRedemption, type Redemption, type World } from './model.js';

export type Redemptions = {
  readonly create: (request: NewRedemption) => Redemption;
  /** The adviser's word. False when the redemption is not waiting for it. */
  readonly decide: (redemption: Redemption, approved: boolean) => boolean;
  /** For people at the simulator: SUCCESSFUL, FAILED, RETURNED, ON_HOLD, PENDING. */
  readonly push: (redemption: Redemption, status: RedemptionStatus) => void;
};

export const createRedemptions = (world: World): Redemptions => {
  const { books, config } = world;
  const subjects = (redemption: Redemption): readonly string[] => [
    redemption.account.accountNo,
    redemption.account.accountId,
    redemption.redemptionId,
    redemption.note ?? '',
  ];

  const note = (redemption: Redemption, what: 'created' | 'status'): void => {
    books.redemptions.append({
      accountNo: redemption.account.accountNo,
      redemptionId: redemption.redemptionId,
      what,
      status: redemption.status,
      amount: redemption.amount,
      currency: redemption.account.currency,
      note: redemption.note,
      key: redemption.key,
    });
    redemption.history.push({ status: redemption.status, atMs: world.nowMs() });
  };

  const move = (redemption: Redemption, status: RedemptionStatus): void => {
    redemption.status = status;
    redemption.updatedAtMs = world.nowMs();
    if (status === 'SUCCESSFUL') {
      redemption.finTranRef = world.book({
        account: redemption.account,
        type: LEDGER_CODES.withdrawal,
        amount: negated(redemption.amount),
        comment: 'Cash disbursement',
        settlesAtMs: world.nowMs(),
        order: null,
        redemptionId: redemption.redemptionId,
      });
    }
    if (status === 'RETURNED') {
      world.book({
        account: redemption.account,
        type: LEDGER_CODES.creditAdjustment,
        amount: redemption.amount,
        comment: 'Returned disbursement',
        settlesAtMs: world.nowMs(),
        order: null,
        redemptionId: redemption.redemptionId,
      });
    }
    note(redemption, 'status');
    world.tell(null, 'redemptions.updated', world.views.redemptionEvent(redemption), subjects(redemption));
  };

  const later = (redemption: Redemption, status: RedemptionStatus, then: () => void, delayMs = config.redemptionMs): void => {
    world.after(delayMs, () => {
      if (isOver(redemption) && status !== 'RETURNED') return;
      move(redemption, status);
      then();
    });
  };
  const nothing = (): void => undefined;

  /** From PENDING to its end. A redemption on hold stays there until `delayMs` of the fault, or for ever. */
  const settle = (redemption: Redemption): void => {
    const hold = world.strike('carry-out-redemption', subjects(redemption), ['redemption-on-hold']);
    if (hold !== null) {
      later(redemption, 'ON_HOLD', () => {
        if (hold.delayMs !== undefined) finish(redemption, hold.delayMs);
      });
      return;
    }
    finish(redemption, config.redemptionMs);
  };
  const finish = (redemption: Redemption, delayMs: number): void => {
    if (world.strike('carry-out-redemption', subjects(redemption), ['redemption-fail']) !== null) {
      later(redemption, 'FAILED', nothing, delayMs);
      return;
    }
    const comesBack = world.strike('carry-out-redemption', subjects(redemption), ['redemption-return']);
    later(
      redemption,
      'SUCCESSFUL',
      () => {
        if (comesBack !== null) later(redemption, 'RETURNED', nothing, comesBack.delayMs ?? config.redemptionMs);
      },
      delayMs,
    );
  };

  return {
    create: (request) => {
      const nowMs = world.nowMs();
      const suffix = (world.redemptions.size + 1).toString(36).toUpperCase().padStart(5, '0');
      const redemption: Redemption = {
        ...request,
        redemptionId: `${request.account.accountNo}-${String(nowMs)}-${suffix}`,
        createdAtMs: nowMs,
        updatedAtMs: nowMs,
        finTranRef: null,
        history: [],
        status: request.account.managed ? 'RIA_PENDING' : 'PENDING',
      };
      world.redemptions.set(redemption.redemptionId, redemption);
      note(redemption, 'created');
      world.tell(null, 'redemptions.created', world.views.redemptionEvent(redemption), subjects(redemption));
      if (!request.account.managed) settle(redemption);
      return redemption;
    },
    decide: (redemption, approved) => {
      if (redemption.status !== 'RIA_PENDING') return false;
      move(redemption, approved ? 'RIA_APPROVED' : 'RIA_REJECTED');
      if (approved)
        later(redemption, 'PENDING', () => {
          settle(redemption);
        });
      else later(redemption, 'FAILED', nothing, 0);
      return true;
    },
    push: (redemption, status) => {
      move(redemption, status);
    },
  };
};
