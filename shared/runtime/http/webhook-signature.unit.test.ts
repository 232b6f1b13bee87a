import { describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { TOLERANCE_SECONDS, verifyWebhook, webhookKey } from './webhook-signature.js';

const SECRET = `whsec_${Buffer.from('a secret of at least 24 bytes').toString('base64')}`;
const OTHER = `whsec_${Buffer.from('another secret of 24+ bytes!').toString('base64')}`;
const body = Buffer.from('{"é":1}');
const at = new Date('2026-03-01T12:00:00Z');
const headers = (secret: string, id = 'msg_1') => ({
  id,
  timestamp: String(at.getTime() / 1000),
  signature: new Webhook(secret).sign(id, at, body.toString()),
});
const verify = (given: ReturnType<typeof headers>, bytes = body, nowMs = at.getTime(), secrets = [SECRET, OTHER]) =>
  verifyWebhook(secrets.map(webhookKey), given, bytes, nowMs);

describe('Standard Webhooks', () => {
  it('takes what the reference library signs, under any of several secrets', () => {
    expect(verify(headers(SECRET))).toEqual({ ok: true, id: 'msg_1' });
    expect(verify(headers(OTHER))).toEqual({ ok: true, id: 'msg_1' });
    expect(verify({ ...headers(SECRET), signature: `v1,AAAA v1a,xx ${headers(SECRET).signature}` })).toEqual({ ok: true, id: 'msg_1' });
  });
  it('refuses another body, id, time or secret', () => {
    expect(verify(headers(SECRET), Buffer.from('{"é":2}'))).toMatchObject({ code: 'signature-wrong' });
    expect(verify({ ...headers(SECRET), id: 'msg_2' })).toMatchObject({ code: 'signature-wrong' });
    expect(verify({ ...headers(SECRET), timestamp: '1' })).toMatchObject({ code: 'signature-wrong' });
    expect(verify(headers(SECRET), body, at.getTime(), [OTHER])).toMatchObject({ code: 'signature-wrong' });
  });
  it.each([-1, 1])('refuses what is older or newer than the tolerance (%i)', (sign) => {
    expect(verify(headers(SECRET), body, at.getTime() + sign * TOLERANCE_SECONDS * 1000)).toMatchObject({ ok: true });
    expect(verify(headers(SECRET), body, at.getTime() + sign * (TOLERANCE_SECONDS + 1) * 1000)).toMatchObject({
      code: 'timestamp-out-of-tolerance',
    });
  });
  it.each(['whsec_****************', 'whsec_', 'whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', 'too short'])(
    'makes no key of %s: anybody could sign with it [A11]',
    (secret) => {
      expect(() => webhookKey(secret)).toThrow(RangeError);
    },
  );
  it('says what is missing or malformed', () => {
    expect(verifyWebhook([], { id: undefined, timestamp: '1', signature: 'v1,x' }, body, 0)).toMatchObject({ code: 'signature-missing' });
    for (const change of [{ id: '' }, { timestamp: 'soon' }, { signature: 'hmac' }, { id: 'x'.repeat(300) }])
      expect(verify({ ...headers(SECRET), ...change })).toMatchObject({ code: 'signature-malformed' });
  });
});
