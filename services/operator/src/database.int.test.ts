/** What the database refuses to whoever has the role of the operator service, or what `audit verify` finds afterwards. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Pool } from 'pg';
import { ACT_KINDS, mayMoveMoney, SECOND } from '../../../contracts/internal/acts.js';
import { engineService, engineServiceNames } from '../../../contracts/internal/services.js';
import { topics } from '../../../contracts/internal/topics.js';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.js';
import type { AuditHead, NewAct } from './decide/operator.js';
import { ActStore } from './store/acts.store.js';
import { askOf } from '../../../shared/runtime/sealing/portfolio-keys.js';
import { testSealing } from '../../../test/support/sealing.js';
import { auditHead, noteRestored, verifyAudit } from './store/audit.store.js';
import { Opening } from './store/opening.js';

let database: TestDatabase;
/** The owner of the tables. */
let owner: Pool;
/** As the operator service, or whoever has stolen its login. */
let role: Pool;
let acts: ActStore;

beforeAll(async () => {
  database = await createTestDatabase();
  owner = new Pool({ connectionString: database.url, max: 1 });
  role = new Pool({ connectionString: database.url, options: '-c search_path=operator -c role=cmw_operator', max: 2 });
  acts = new ActStore(role, new Opening(testSealing, askOf(role)));
});
afterAll(async () => {
  await role.end();
  await owner.end();
  await database.drop();
});

let count = 0;
const newAct = (changed: Partial<NewAct> = {}): NewAct => {
  const number = String(++count);
  return {
    kind: 'answer-effect',
    target: `payout/po${number}:Pay`,
    details: { service: 'payout', effectId: `po${number}:Pay`, generation: 1, answer: 'applied', evidence: 'PMT-1' },
    why: 'PMT-1',
    actId: `act-database-${number}`,
    by: 'anna',
    signature: 'signature of anna',
    ...changed,
  };
};
const ask = async (changed: Partial<NewAct> = {}) => {
  const { made } = await acts.make([newAct(changed)]);
  const [one] = made;
  if (one === undefined) throw new Error('nothing was made');
  return one.act;
};
const verdict = (kept: Parameters<typeof verifyAudit>[1] = { unread: 'Kafka is away' }) => verifyAudit(role, kept);
const withoutTriggers = async (work: () => Promise<unknown>): Promise<void> => {
  await owner.query('alter table operator.act disable trigger user; alter table operator.audit disable trigger user');
  await work();
  await owner.query('alter table operator.act enable trigger user; alter table operator.audit enable trigger user');
};

describe('an act in the database', () => {
  const INSERT = 'insert into operator.act (kind, target, details, why, made_by, act_id, signature';
  const VALUES = `'answer-effect', 'payout/x:Pay', '{"service":"payout"}', 'w', 'anna', 'act-forged-1', 's'`;
  it.each<[string, string]>([
    ['that needs nobody else', `${INSERT}, needs_second) values (${VALUES}, false)`],
    ['that is approved already', `${INSERT}, approved_by, approval) values (${VALUES}, 'ben', 's')`],
    ['that is carried out already', `${INSERT}, carried_out_at) values (${VALUES}, now())`],
    ['of a person with another spelling', `${INSERT}) values (${VALUES.replace("'anna'", "'Anna'")})`],
    ['that nobody has signed', `${INSERT}) values (${VALUES.replace(", 's'", ', null')})`],
    ['of no known kind', `${INSERT}) values (${VALUES.replace('answer-effect', 'pay-me')})`],
    ['under an id that was used', `${INSERT}) values (${VALUES.replace('act-forged-1', 'act-used-0001')})`],
  ])('%s cannot be written by the role of the operator service [A6]', async (_what, statement) => {
    await ask({ actId: 'act-used-0001', target: 'payout/used:Pay' }).catch(() => undefined);
    await expect(role.query(statement)).rejects.toThrow(
      /permission denied|people_are_normalised|is signed|act_kind_known|act_carried_out_once/,
    );
  });

  it.each<[string, string]>([
    ['details', `details = '{"service":"payout","answer":"rejected"}'`],
    ['why', `why = 'another'`],
    ['made_by', `made_by = 'carl'`],
    ['kind', `kind = 'discard-dead-letter'`],
    ['target', `target = 'payout/other'`],
    ['needs_second', 'needs_second = false'],
    ['signature', `signature = 'other'`],
    ['act_id', `act_id = 'act-other-0001'`],
  ])('keeps its %s as it was asked [A6]', async (_column, set) => {
    const { id } = await ask();
    await expect(role.query(`update operator.act set ${set} where id = ${id}`)).rejects.toThrow('permission denied');
    // Not even its owner, by mistake.
    await expect(owner.query(`update operator.act set ${set} where id = ${id}`)).rejects.toThrow('stays as it was asked');
  });

  it('is approved once, by another person in one spelling, with a signature [A6]', async () => {
    const { id } = await ask();
    const approve = (by: string, approval: string): Promise<unknown> =>
      role.query(`update operator.act set approved_by = ${by}, approval = ${approval}, approved_at = now() where id = ${id}`);
    await expect(approve(`'anna'`, `'s'`)).rejects.toThrow('two_different_people');
    await expect(approve(`'Anna'`, `'s'`)).rejects.toThrow('people_are_normalised');
    await expect(approve(`'ben'`, 'null')).rejects.toThrow('signed by who says it');
    await approve(`'ben'`, `'s'`);
    await expect(approve(`'carl'`, `'s'`)).rejects.toThrow('approved once');
    await expect(role.query(`update operator.act set withdrawn_by = 'anna' where id = ${id}`)).rejects.toThrow('cannot be taken back');
    await role.query(`update operator.act set carried_out_at = now() where id = ${id}`);
    await expect(role.query(`update operator.act set carried_out_at = null where id = ${id}`)).rejects.toThrow('this act is over');
  });

  it('is not carried out unapproved, and never goes away [A6]', async () => {
    const { id } = await ask();
    await expect(role.query(`update operator.act set carried_out_at = now() where id = ${id}`)).rejects.toThrow('approved_when_needed');
    await expect(role.query(`delete from operator.act where id = ${id}`)).rejects.toThrow('permission denied');
    await expect(role.query('truncate operator.act')).rejects.toThrow('permission denied');
    await expect(owner.query(`delete from operator.act where id = ${id}`)).rejects.toThrow('never taken out');
  });

  it('about a message needs a second person by the topic that the message came from, whatever the act says of it [A6]', async () => {
    const quarantine = (service: string, eventId: string, topic: string): Promise<unknown> =>
      owner.query(
        `insert into ${service}.quarantine (event_id, portfolio_id, topic, headers, value, error_class, reason) values ($1, 'P1', $2, '{}', '{}', 'E', 'r')`,
        [eventId, topic],
      );
    await quarantine('payout', 'q1', 'payout.requested');
    await quarantine('payout', 'q2', 'core-banking.transfer-status');
    await quarantine('withdrawal', 'q3', 'portfolio.withdrawal-request');
    const needs = async (service: string, eventId: string, more: NewAct['details'] = {}): Promise<boolean> =>
      (
        await ask({
          kind: 'replay-dead-letter',
          target: `${service}/${eventId}/${String(count)}`,
          details: { service, eventId, topic: 'broker.cash-status', ...more },
        })
      ).needsSecond;
    expect(await needs('payout', 'q1')).toBe(true);
    expect(await needs('payout', 'q2')).toBe(false);
    expect(await needs('payout', 'q2', { correctedValue: '{}' })).toBe(true);
    expect(await needs('withdrawal', 'q3', { correctedValue: '{}' })).toBe(false);
    expect(await needs('payout', 'unknown')).toBe(true);
    expect(await needs('no-such-service', 'q1')).toBe(true);
    expect(
      (await ask({ kind: 'discard-dead-letter', target: 'payout/q1', details: { service: 'payout', eventId: 'q1' } })).needsSecond,
    ).toBe(false);
  });

  it('needs no fewer people in the database than the list of services says [A6]', async () => {
    const { rows: kinds } = await owner.query<{ kind: string; second: string }>('select kind, second from operator.act_kind order by kind');
    expect(kinds).toEqual([...ACT_KINDS].sort().map((kind) => ({ kind, second: SECOND[kind] })));
    const { rows } = await owner.query<{ service: string; topic: string; corrected: boolean }>(
      'select service, topic, corrected from operator.one_person_replays',
    );
    expect(rows.filter((row) => mayMoveMoney(row))).toEqual([]);
    const listed = engineServiceNames.flatMap((service) =>
      topics
        .filter((topic) => topic in engineService(service).takes)
        .flatMap((topic) => [false, true].map((corrected) => ({ service, topic, corrected }))),
    );
    // Where it asks for more people than the list, that is careful, and said here.
    const isListed = (row: (typeof rows)[number]): boolean =>
      rows.some((one) => one.service === row.service && one.topic === row.topic && one.corrected === row.corrected);
    expect(listed.filter((row) => !mayMoveMoney(row) && !isListed(row))).toEqual([]);
  });
});

describe('the log in the database', () => {
  it('cannot be written, changed or shortened by the role of the operator service [A6]', async () => {
    await ask();
    for (const statement of [
      `insert into operator.audit (seq, at, who, what, target, details, previous, hash) values (999, now(), 'ben', 'approved: answer-effect', 't', '{}', '', 'h')`,
      `update operator.audit set who = 'eve' where seq = 1`,
      'delete from operator.audit where seq = 1',
      'truncate operator.audit',
      `select operator.write_line('ben', 'approved: answer-effect', 't', '{}')`,
    ])
      await expect(role.query(statement)).rejects.toThrow('permission denied');
    await expect(owner.query('truncate operator.audit')).rejects.toThrow('append-only');
  });

  it('has a line of each step of an act, by whoever took it [A6]', async () => {
    const { id } = await ask();
    await acts.approve(id, 'ben', 'signature of ben');
    const { rows } = await owner.query<{ who: string; what: string }>(
      `select who, what from operator.audit where details ->> 'act' = $1 order by seq`,
      [id],
    );
    expect(rows).toEqual([
      { who: 'anna', what: 'asked: answer-effect' },
      { who: 'ben', what: 'approved: answer-effect' },
    ]);
    await acts.noteRefusal('carl', 'approve answer-effect', 'payout/x', 'no role');
    expect(await verdict()).toMatchObject({ whole: true, heads: 0, notCompared: 'the heads on Kafka cannot be read: Kafka is away' });
    expect(await verdict([])).toMatchObject({ whole: true, heads: 0, notCompared: 'Kafka keeps no head of this log' });
  });

  it('is found to lack the line of an act, or to say another thing than the act [A6]', async () => {
    const { id } = await ask();
    const stored = await owner.query<{ details: string }>('select details::text as details from operator.act where id = $1', [id]);
    await withoutTriggers(() => owner.query(`update operator.act set details = '{"answer":"rejected"}' where id = ${id}`));
    expect(await verdict()).toMatchObject({ whole: false, problem: `act ${id} is not what its line says` });
    await withoutTriggers(() => owner.query(`update operator.act set details = $1 where id = ${id}`, [stored.rows[0]?.details]));
    expect(await verdict()).toMatchObject({ whole: true });
    await withoutTriggers(() => owner.query(`update operator.act set approved_by = 'ben', approval = 's' where id = ${id}`));
    expect(await verdict()).toMatchObject({ whole: false, problem: `act ${id} was approved without a line` });
    await withoutTriggers(() => owner.query(`update operator.act set approved_by = null, approval = null where id = ${id}`));
    await withoutTriggers(() =>
      owner.query(
        `insert into operator.act (kind, target, details, why, made_by, needs_second, act_id, signature) values ('answer-effect', 't', '{}', 'w', 'anna', true, 'act-hidden-1', 's')`,
      ),
    );
    expect(await verdict()).toMatchObject({ whole: false, problem: expect.stringContaining('has no line of its asking') });
    await withoutTriggers(() => owner.query(`delete from operator.act where act_id = 'act-hidden-1'`));
    expect(await verdict()).toMatchObject({ whole: true });
  });

  it('tells a restored database from a changed log: the restore stands in the log, for ever, before anything else [A13]', async () => {
    const lost: AuditHead[] = [];
    const { id } = await ask();
    lost.push((await auditHead(role)) ?? { seq: 0, hash: '' });
    expect(await noteRestored(role, lost)).toBe(false);
    // An older copy: the act and its line were never made.
    await withoutTriggers(async () => {
      await owner.query('delete from operator.act where id = $1', [id]);
      await owner.query('delete from operator.audit where seq = $1', [lost[0]?.seq]);
    });
    expect(await verdict(lost)).toMatchObject({ whole: false, kind: 'restored' });
    expect(await noteRestored(role, lost)).toBe(true);
    expect(await noteRestored(role, lost)).toBe(false);
    const after = (lost[0]?.seq ?? 0) - 1;
    await ask();
    const heads = [...lost, (await auditHead(role)) ?? { seq: 0, hash: '' }];
    expect(await verdict(heads)).toMatchObject({ whole: true, restores: [{ after, lostTo: after + 1 }] });
    // The line of a restore excuses what was lost with it, and nothing else.
    const forged = { seq: after, hash: 'f'.repeat(64) };
    expect(await verdict([...heads, forged])).toMatchObject({ whole: false, kind: 'tampered' });
    expect(await verdict([...heads, { seq: after + 100, hash: 'f'.repeat(64) }])).toMatchObject({ whole: false, kind: 'restored' });
  });

  it('is found to have a line whose act is gone, a changed line, and a cut end [A6]', async () => {
    const { id } = await ask();
    const head = await auditHead(role);
    expect(head).not.toBeNull();
    const heads = head === null ? [] : [head];
    expect(await verdict(heads)).toMatchObject({ whole: true, heads: 1, notCompared: null });
    await withoutTriggers(async () => {
      await owner.query('create temporary table gone as select * from operator.act where id = $1', [id]);
      await owner.query('delete from operator.act where id = $1', [id]);
    });
    expect(await verdict(heads)).toMatchObject({
      whole: false,
      problem: `line ${String(head?.seq)} is about act ${id}, which is not there`,
    });
    await withoutTriggers(() => owner.query('delete from operator.audit where seq = $1', [head?.seq]));
    // The act and its line are both gone, and what is left is whole in itself: only the head that was kept outside knows.
    expect(await verdict()).toMatchObject({ whole: true });
    expect(await verdict(heads)).toMatchObject({
      whole: false,
      kind: 'restored',
      problem: expect.stringContaining(`line ${String(head?.seq)} is gone: a head on Kafka names it`),
    });
    await ask();
    expect(await verdict(heads)).toMatchObject({
      whole: false,
      kind: 'tampered',
      problem: `line ${String(head?.seq)} is another one than a head on Kafka says`,
    });
    await withoutTriggers(() => owner.query(`update operator.audit set who = 'eve' where seq = 2`));
    expect(await verdict(heads)).toMatchObject({ whole: false, brokenAt: 2, problem: 'its content was changed' });
  });
});
