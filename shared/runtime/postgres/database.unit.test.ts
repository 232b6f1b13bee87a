import { describe, expect, it } from '@jest/globals';
import { DatabaseError } from 'pg';
import { Bug } from '../../kernel/bug.js';
import { isAway, isOfRow } from './database.js';

const said = (code: string): DatabaseError => Object.assign(new DatabaseError('refused', 0, 'error'), { code });

describe('what a SQLSTATE is about', () => {
  it.each(['21000 22001 22003 22021 22P02 22P05 22007 23502 23503 23505 23514 23P01 44000 54000 P0001 CMW02'])(
    '%s: the row [C3]',
    (codes) => {
      expect(codes.split(' ').filter((code) => !isOfRow(said(code)))).toEqual([]);
    },
  );
  it.each([
    ['the line or the login', '08000 08003 08006 08P01 28000 28P01 3D000 57P01 57P02 57P03 57P04 57P05'],
    ['a database that takes no write', '25006 25001 25P02 25P03 53000 53100 53200 53300 53400 55000 55006 57014'],
    ['the moment', '40001 40P01 55P03'],
    ['a mistake of ours or of an administrator', '42501 42P01 42703 42883 42601 3F000 0A000 26000'],
    ['the server itself', '58000 58030 58P01 XX000 XX001 XX002 F0000 HV000 54001 54011 54023 P0002 P0004'],
  ])('of %s says nothing about a row [C3]', (_what, codes) => {
    expect(codes.split(' ').filter((code) => !isAway(said(code)))).toEqual([]);
  });
});

describe('an error without a SQLSTATE', () => {
  it.each([
    ['a socket', Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })],
    ['TLS', Object.assign(new Error('expired'), { code: 'CERT_HAS_EXPIRED' })],
    ['a line that was cut', new Error('Connection terminated unexpectedly')],
    ['waiting', new Error('Query read timeout')],
    ['a pool that is closed', new Error('Cannot use a pool after calling end on the pool')],
    ['a login', new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string')],
  ])('of %s says nothing about a row [C3]', (_what, error) => {
    expect(isAway(error)).toBe(true);
  });
  it.each([[new TypeError('x is not a function')], [new RangeError('too long')], [new Bug('never')]])(
    '%s is a mistake of ours',
    (error) => {
      expect(isOfRow(error)).toBe(true);
    },
  );
});
