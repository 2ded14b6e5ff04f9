import { describe, expect, it } from 'vitest';
import { judgeInvariant, unfitQuery } from '../../domain/invariants.ts';

const asked = (bounds: { minimum?: number; maximum?: number }) => ({ name: 'orders', sql: 'SELECT 1', ...bounds });

describe('an invariant', () => {
  it.each([
    ['5', { minimum: 1, maximum: 5 }, true, '1 to 5'],
    ['6', { minimum: 1, maximum: 5 }, false, '1 to 5'],
    ['0', { minimum: 1 }, false, '1 or more'],
    ['0.5', { maximum: 0 }, false, 'at most 0'],
    ['7', { minimum: 7, maximum: 7 }, true, '7'],
  ])('judges %s by its bounds %j', (given, bounds, holds, expected) => {
    expect(judgeInvariant(asked(bounds), given)).toEqual({ name: 'orders', holds, expected, found: given });
  });

  it.each([[null], [''], ['many'], ['NaN']])('does not hold for %j, which is no number', (given) => {
    expect(judgeInvariant(asked({ minimum: 0 }), given)).toMatchObject({ holds: false, found: 'no number' });
  });
});

describe('a query of a definition', () => {
  it.each([
    ['SELECT count(*) FROM orders'],
    [' with a as (select 1) select * from a'],
    ['SELECT max(updated_at) FROM t'],
  ])('may be %j', (sql) => expect(unfitQuery(sql)).toBeUndefined());

  it.each([
    ['SELECT 1; SELECT 2', 'it has a semicolon'],
    ['SELECT 1 -- all', 'it has a comment'],
    ['EXPLAIN SELECT 1', 'it does not begin with SELECT or WITH'],
    ['WITH a AS (DELETE FROM t RETURNING 1) SELECT * FROM a', 'it has the word DELETE'],
    ['SELECT 1 INTO t', 'it has the word INTO'],
  ])('may not be %j: %s', (sql, why) => expect(unfitQuery(sql)).toBe(why));
});
