import { unfitQuery } from '../../domain/invariants.ts';
import type { Database } from '../schema.ts';
import { type Finding, type Path, rule } from '../violation.ts';

/** What a database is asked: text and where it stands. */
function queriesOf({ schemaVersionQuery, invariants = [] }: Database, path: Path): { path: Path; sql: string }[] {
  return [
    ...(schemaVersionQuery === undefined ? [] : [{ path: [...path, 'schemaVersionQuery'], sql: schemaVersionQuery }]),
    ...invariants.map(({ sql }, index) => ({ path: [...path, 'invariants', index, 'sql'], sql })),
  ];
}

/** Queries of a definition are one statement each that reads. */
export const queriesOnlyRead = rule(['databases'], function queriesOnlyRead({ databases }) {
  return databases.flatMap((database, index) =>
    queriesOf(database, ['databases', index]).flatMap(({ path, sql }): Finding[] => {
      const unfit = unfitQuery(sql);
      if (unfit === undefined) return [];
      return [
        {
          path,
          value: sql,
          allowed: 'one SELECT, without a semicolon, a comment or a word that writes',
          remedy: `Write it anew: ${unfit}.`,
        },
      ];
    }),
  );
});

/** Each has a name of its own and a bound that a number can pass. */
export const invariantsCanFail = rule(['databases'], function invariantsCanFail({ databases }) {
  return databases.flatMap(({ invariants = [] }, index) =>
    invariants.flatMap(({ name, minimum, maximum }, position): Finding[] => {
      const path = ['databases', index, 'invariants', position];
      const again = invariants.findIndex((other) => other.name === name) !== position;
      const bounded = minimum !== undefined || maximum !== undefined;
      return [
        ...(again
          ? [
              {
                path: [...path, 'name'],
                value: name,
                allowed: 'a name of its own',
                remedy: 'Name one of the two anew.',
              },
            ]
          : []),
        ...(bounded && (minimum ?? Number.NEGATIVE_INFINITY) <= (maximum ?? Number.POSITIVE_INFINITY)
          ? []
          : [
              {
                path,
                value: { minimum, maximum },
                allowed: 'a minimum, a maximum, or both with the minimum no larger',
                remedy: 'Say which numbers are right: without a bound the query proves nothing.',
              },
            ]),
      ];
    }),
  );
});

/** 4 KB: https://docs.aws.amazon.com/general/latest/gr/ssm.html; 200 are left for what stands around them. */
const charactersMax = 3896;

/** They reach the functions in one parameter, and only PostgreSQL is asked yet. */
export const queriesAreAsked = rule(['databases'], function queriesAreAsked({ databases }) {
  return databases.flatMap((database, index): Finding[] => {
    const path = ['databases', index, 'invariants'];
    const queries = queriesOf(database, []);
    if (queries.length > 0 && database.engine !== 'postgres') {
      const remedy = 'Take them out: only PostgreSQL is asked so far.';
      return [{ path, value: database.engine, allowed: 'queries of a postgres database', remedy }];
    }
    const characters = Buffer.byteLength(
      JSON.stringify(database.invariants ?? []) + (database.schemaVersionQuery ?? ''),
    );
    if (characters <= charactersMax) return [];
    const remedy = 'Shorten them, or keep longer ones as views of the database.';
    return [{ path, value: characters, allowed: `queries of ${charactersMax} bytes in all`, remedy }];
  });
});
