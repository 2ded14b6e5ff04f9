import pg from 'pg';
import { type Coverage, markerTable, ownSchemas } from '../../domain/manifest.ts';

/*
 * What a manifest asks of PostgreSQL, each with its comment. Of people's own schemas alone; a session that sends these has the fixed settings.
 */

const schemas = ['pg_catalog', 'information_schema', ...ownSchemas].map((name) => pg.escapeLiteral(name)).join(', ');
/** `n` is pg_namespace. Temporary tables and TOAST have schemas of their own. */
const people = `n.nspname NOT IN (${schemas}) AND n.nspname !~ '^pg_(temp|toast)'`;
/** What comes with an extension stands for by its version. */
const noExtensions = (catalog: string, oid: string) =>
  `NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.${catalog}'::regclass AND d.objid = ${oid} AND d.deptype = 'e')`;
/** `c` is pg_class: tables and materialized views that recovery leaves as they are. Partitioned ones hold no rows themselves. */
const holdsRows = `c.relkind IN ('r', 'm') AND c.relpersistence = 'p'`;

/** Rows as text depend on these: the primary and a restored copy may have others. No lock of ours stands in a migration's way for long. */
export const fixedSettings = `/* mainstay: fixed settings */ SELECT ${[
  ['DateStyle', 'ISO, YMD'],
  ['IntervalStyle', 'postgres'],
  ['TimeZone', 'UTC'],
  ['extra_float_digits', '1'],
  ['bytea_output', 'hex'],
  ['xmlbinary', 'base64'],
  ['xmloption', 'content'],
  ['lc_monetary', 'C'],
  ['search_path', ''],
  // A policy that hides rows is an error, not fewer rows.
  ['row_security', 'off'],
  ['lock_timeout', '10s'],
  ['synchronous_commit', 'on'],
]
  .map(
    ([name = '', value = '']) => `pg_catalog.set_config(${pg.escapeLiteral(name)}, ${pg.escapeLiteral(value)}, false)`,
  )
  .join(', ')}`;

/** The transaction's search path as sessions of the platform have it, for queries of the definition, and their time. */
export const platformSettings = `/* mainstay: the platform's settings */ SELECT pg_catalog.set_config('search_path', '"$user", public', true), pg_catalog.set_config('statement_timeout', $1, true)`;

export const statementTimeout = `/* mainstay: statement's time */ SELECT pg_catalog.set_config('statement_timeout', $1, true)`;

/**
 * Changes of each table since the statistics began, without the transaction's own. Beside the file the time of that beginning: a crash
 * lets the statistics begin anew.
 */
export const counters = `/* mainstay: counters */ SELECT n.nspname || '.' || c.relname AS "table",
  pg_catalog.pg_stat_get_tuples_inserted(c.oid)::text AS inserted, pg_catalog.pg_stat_get_tuples_updated(c.oid)::text AS updated,
  pg_catalog.pg_stat_get_tuples_deleted(c.oid)::text AS deleted,
  c.relfilenode || '@' || coalesce(extract(epoch FROM pg_catalog.pg_stat_get_bgwriter_stat_reset_time())::text, '') AS file
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE ${holdsRows} AND ${people}`;

export const sizes = `/* mainstay: sizes */ SELECT n.nspname AS schema, c.relname AS name, coalesce(pg_catalog.pg_table_size(c.oid), 0)::text AS bytes
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE ${holdsRows} AND ${people}`;

export const logPosition = `/* mainstay: log position */ SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn()
  ELSE pg_catalog.pg_current_wal_lsn() END::text AS position`;

const marker = `${markerTable.schema}.${markerTable.name}`;
export const putMarker = `INSERT INTO ${marker} (set_id) VALUES ($1) ON CONFLICT (set_id) DO NOTHING RETURNING set_id`;
export const newestMarkers = `SELECT set_id FROM ${marker} ORDER BY id DESC LIMIT 2`;

/**
 * Sessions whose transaction began since the marker's and has lasted for half a minute: what they wrote in the second before it may not be
 * counted yet. A backend counts when it goes idle, once a second at most.
 * https://github.com/postgres/postgres/blob/master/src/backend/utils/activity/pgstat.c (pgstat_report_stat)
 */
export const unsettled = `/* mainstay: unsettled sessions */ SELECT count(*)::int AS sessions FROM pg_catalog.pg_stat_activity
  WHERE datname = pg_catalog.current_database() AND pid <> pg_catalog.pg_backend_pid()
  AND xact_start > (SELECT marked_at FROM ${marker} WHERE set_id = $1) - interval '2 seconds'
  AND xact_start < pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => $2)`;

/** Of one table, or a sample of its blocks: rows and sum of their hashes by segment. */
export function contents(schema: string, name: string, coverage: Coverage): string {
  const table = `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`;
  const sample =
    coverage.kind === 'full' ? '' : ` TABLESAMPLE SYSTEM (${coverage.percent}) REPEATABLE (${coverage.seed})`;
  return `/* mainstay: contents */ SELECT (hash & 15)::int AS segment, count(*)::text AS rows, sum(hash)::text AS sum FROM (
    SELECT pg_catalog.hashtextextended(mainstay_row::text COLLATE "C", 0) AS hash FROM ONLY ${table} AS mainstay_row${sample}) AS hashes GROUP BY 1`;
}

const column = `concat_ws(' ', quote_ident(a.attname), format_type(a.atttypid, a.atttypmod),
  CASE WHEN a.attcollation <> 0 THEN a.attcollation::regcollation::text END, CASE WHEN a.attnotnull THEN 'not null' END,
  nullif(a.attidentity, ''), nullif(a.attgenerated, ''), pg_get_expr(f.adbin, f.adrelid))`;
const relations = `SELECT CASE c.relkind WHEN 'v' THEN 'view' WHEN 'f' THEN 'foreign table' ELSE 'table' END || ' ' || n.nspname || '.' || c.relname,
    concat_ws(E'\\n', c.relkind, c.relpersistence, c.relrowsecurity, c.relforcerowsecurity, pg_get_partkeydef(c.oid), pg_get_expr(c.relpartbound, c.oid),
      CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END,
      (SELECT string_agg(i.inhparent::regclass::text, ',' ORDER BY i.inhseqno) FROM pg_inherits i WHERE i.inhrelid = c.oid),
      (SELECT string_agg(${column}, E'\\n' ORDER BY a.attnum) FROM pg_attribute a LEFT JOIN pg_attrdef f ON f.adrelid = a.attrelid AND f.adnum = a.attnum
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)), c.xmin
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'm', 'v', 'f') AND ${people} AND ${noExtensions('pg_class', 'c.oid')}`;
const indexes = `SELECT 'index ' || n.nspname || '.' || c.relname, concat_ws(' ', pg_get_indexdef(c.oid), i.indisvalid, i.indisready, i.indisprimary), c.xmin
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${people}`;
const constraints = `SELECT 'constraint ' || coalesce(o.conrelid::regclass::text, o.contypid::regtype::text) || '.' || o.conname,
    concat_ws(' ', pg_get_constraintdef(o.oid), o.convalidated), o.xmin
  FROM pg_constraint o JOIN pg_namespace n ON n.oid = o.connamespace WHERE o.conparentid = 0 AND ${people}`;
const triggers = `SELECT 'trigger ' || t.tgrelid::regclass::text || '.' || t.tgname, concat_ws(' ', pg_get_triggerdef(t.oid), t.tgenabled), t.xmin
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE NOT t.tgisinternal AND ${people}`;
const policies = `SELECT 'policy ' || p.polrelid::regclass::text || '.' || p.polname,
    concat_ws(' ', p.polcmd, p.polpermissive, pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)), p.xmin
  FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${people}`;
const functions = `SELECT 'function ' || n.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')',
    CASE WHEN p.prokind = 'a' THEN pg_get_function_result(p.oid) ELSE pg_get_functiondef(p.oid) END, p.xmin
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE ${people} AND ${noExtensions('pg_proc', 'p.oid')}`;
const sequences = `SELECT 'sequence ' || n.nspname || '.' || c.relname,
    concat_ws(' ', format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcycle), c.xmin
  FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${people}`;
const types = `SELECT 'type ' || n.nspname || '.' || t.typname, concat_ws(' ', t.typtype, format_type(nullif(t.typbasetype, 0), t.typtypmod), t.typnotnull, t.typdefault,
    (SELECT string_agg(e.enumlabel, ',' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid),
    (SELECT string_agg(concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod)), ',' ORDER BY a.attnum) FROM pg_attribute a
      WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped)), t.xmin
  FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid
  WHERE (t.typtype IN ('e', 'd', 'r') OR (t.typtype = 'c' AND c.relkind = 'c')) AND ${people} AND ${noExtensions('pg_type', 't.oid')}`;
const extensions = `SELECT 'extension ' || extname, extversion, xmin FROM pg_extension`;

/** Every definition by its name, as a hash, and whether it was made or changed since the set's marker. */
export const definitions = `/* mainstay: definitions */ SELECT name, left(encode(sha256(convert_to(coalesce(definition, ''), 'UTF8')), 'hex'), 32) AS hash,
  coalesce(age(changed_by) < (SELECT age(m.xmin) FROM ${marker} m WHERE m.set_id = $1), false) AS newer FROM (
  ${[relations, indexes, constraints, triggers, policies, functions, sequences, types, extensions].join('\n  UNION ALL ')}) AS found (name, definition, changed_by)`;
