import pg from 'pg';
import { sizes } from './manifest-statements.ts';
import type { SqlSession } from './session.ts';

/** A table with the bytes of its files. */
export interface SizedTable {
  readonly schema: string;
  readonly name: string;
  readonly bytes: number;
}

/** Every table of people's, in the order of their names: who goes on with the next one meets the same. */
export async function sizedTables(session: SqlSession): Promise<readonly SizedTable[]> {
  const rows = await session.query(sizes);
  return rows
    .map(({ schema, name, bytes }) => ({ schema: String(schema), name: String(name), bytes: Number(bytes) }))
    .sort((a, b) => (`${a.schema}.${a.name}` < `${b.schema}.${b.name}` ? -1 : 1));
}

/** Reads every block of a table, so that it comes from S3 to the volume. https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_RestoreFromSnapshot.html */
export async function readWhole(session: SqlSession, { schema, name }: SizedTable): Promise<void> {
  await session.query(`/* mainstay: read whole */ SELECT count(*)::text AS rows FROM ${named(schema, name)}`);
}

/** Reads this share of a table's blocks, another one for each seed. */
export async function readSome(
  session: SqlSession,
  { schema, name }: SizedTable,
  percent: number,
  seed: number,
): Promise<void> {
  const share = Math.max(0.001, Math.min(100, percent));
  await session.query(
    `/* mainstay: read some */ SELECT count(*)::text AS rows FROM ${named(schema, name)} TABLESAMPLE SYSTEM (${share}) REPEATABLE (${seed})`,
  );
}

function named(schema: string, name: string): string {
  return `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`;
}
