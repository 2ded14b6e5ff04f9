import { escapeIdentifier } from 'pg';
import type { Row } from './queries.ts';

/** A table's contents in two figures. Equal tables have equal figures, in whatever order their rows lie. */
export interface TableState {
  /** `public.orders` */
  readonly table: string;
  readonly rows: number;
  /** Sum of a 64-bit hash of every row's text; '0' for a table without rows. */
  readonly checksum: string;
}

/** Tables of people's own schemas, by name; the rehearsal's scheduler keeps its own apart. */
const ownTables = `SELECT schemaname, tablename FROM pg_tables
  WHERE schemaname NOT IN ('pg_catalog', 'information_schema', 'cron') ORDER BY schemaname, tablename`;

export async function tablesOf(query: (text: string) => Promise<readonly Row[]>): Promise<readonly TableState[]> {
  const found: TableState[] = [];
  for (const { schemaname, tablename } of await query(ownTables)) {
    const table = `${escapeIdentifier(String(schemaname))}.${escapeIdentifier(String(tablename))}`;
    const [row] = await query(
      `SELECT count(*)::text AS rows, coalesce(sum(hashtextextended(one::text, 0)::numeric), 0)::text AS checksum FROM ${table} AS one`,
    );
    found.push({
      table: `${schemaname}.${tablename}`,
      rows: Number(row?.['rows']),
      checksum: String(row?.['checksum']),
    });
  }
  return found;
}
