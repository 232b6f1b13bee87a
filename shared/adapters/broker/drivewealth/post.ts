import { HEADER_IDEMPOTENCY_KEY } from '../../../../contracts/broker/drivewealth/http.js';
import type { BrokerAccountId } from '../../../kernel/ids.js';
import type { Json, Printable } from '../../../kernel/json.js';
import type { NotSent, Sending } from '../../../kernel/outcome.js';
import type { AccountNames, Accounts } from './accounts.js';
import { wireKey, type DriveWealthClient } from './client.js';
import { judgeWrite, type Judged, type Refusals } from './outcome.js';

type Post<Reason extends string> = {
  readonly operation: string;
  readonly path: string;
  readonly account: BrokerAccountId;
  readonly refusals: Refusals<Reason>;
  readonly body: (names: AccountNames, key: string) => Printable;
};
type Posted<Reason extends string> =
  | { readonly json: Json; readonly names: AccountNames; readonly key: string; readonly ended: null }
  | { readonly json: null; readonly ended: NonNullable<Judged<Reason | 'refused' | NotSent>['ended']> };

/** One request about an account, under our key. An account that does not exist there is refused before anything is sent. */
export const post = async <Reason extends string>(
  { client, accounts }: { readonly client: DriveWealthClient; readonly accounts: Accounts },
  { operation, path, account, refusals, body }: Post<Reason>,
  sending: Sending,
): Promise<Posted<Reason>> => {
  const names = await accounts.find(account, sending.signal);
  if (names.ended !== null) {
    const { ended } = names;
    return {
      json: null,
      ended:
        ended.kind === 'rejected'
          ? { kind: 'rejected', reason: 'not sent: the account does not exist there', note: ended.note ?? '' }
          : ended,
    };
  }
  const key = wireKey(sending.key);
  const headers = { [HEADER_IDEMPOTENCY_KEY]: key };
  const sent = await client.send({ operation, method: 'POST', path, headers, body: body(names.value, key), signal: sending.signal });
  const judged = judgeWrite(sent, refusals);
  return judged.ended === null ? { json: judged.json, names: names.value, key, ended: null } : judged;
};
