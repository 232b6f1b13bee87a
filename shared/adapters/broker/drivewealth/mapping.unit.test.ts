import { describe, expect, it } from '@jest/globals';
import { orderAudit, orderDetail } from '../../../../contracts/broker/drivewealth/http.js';
import { parseJson } from '../../../kernel/json.js';
import { fillsOf } from './mapping.js';

describe('a fill whose time cannot be read', () => {
  const detail = orderDetail.parse(
    parseJson('{"id":"O1","orderNo":"N1","side":"SELL","status":"FILLED","symbol":"SBUX","cumulativeQuantity":1,"quantity":1}'),
  );
  const stepAt = (times: string) =>
    orderAudit.parse(
      parseJson(
        `{"id":"O1","ordStatus":"FILLED","auditLog":[{"status":"FILLED","quantities":{"cumulativeQuantity":1,"filledQuantity":1},"pricing":{"lastPrice":9},${times}}]}`,
      ),
    );
  const said = (times: string): string | null => fillsOf(detail, stepAt(times).steps, []).unclear;

  it.each(['"transactTime":"11/20/2026 15:23"', '"transactTime":"2026-11-20T15:23:21"', '"createdWhen":"12"', '"comment":"none"'])(
    'makes the order unclear, and is told to nobody: %s [C4]',
    (times) => {
      expect(said(times)).toBe('a fill has no price, or no time that can be read');
    },
  );
  it('has the other time of its step', () => {
    expect(said('"transactTime":"today","createdWhen":"2026-11-20T15:23:21.102Z"')).toBe('the ledger has no row for a fill yet');
  });
});
