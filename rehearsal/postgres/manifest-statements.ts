import { rowsOf, tableOf } from './content.ts';
import type { Column } from './messages.ts';
import { SqlError } from './sql-error.ts';
import type { State } from './state.ts';
import type { Statement, StatementCall } from './statements.ts';

/** What reading a manifest sends, by its comments. Sizes and definitions are catalogs, which everybody may read. */

const text = (name: string): Column => ({ name, type: 'text' });
const int = (name: string): Column => ({ name, type: 'int4' });
const bytesARow = 100;

function selected(rows: readonly (readonly string[])[]) {
  return { tag: `SELECT ${rows.length}`, rows };
}

function demand({ state, user, database }: StatementCall, right: string, object: string): void {
  if (!database.allows(state, user, right)) throw new SqlError('42501', `permission denied for table ${object}`);
}

function markersOf({ state }: StatementCall): NonNullable<State['markers']> {
  if (!state.markers) throw new SqlError('42P01', 'relation "mainstay.recovery_marker" does not exist');
  return state.markers;
}

/** Of sixteen bytes a millisecond: it only has to rise, and an idle database has its heartbeat. */
export function logPositionAt(now: number): string {
  const bytes = BigInt(Math.max(0, now - Date.UTC(2020, 0))) * 16n;
  return `${(bytes >> 32n).toString(16)}/${(bytes & 0xffff_ffffn).toString(16)}`.toUpperCase();
}

/** A stand-in for the hash of a definition. */
function hashed(definition: string): string {
  return Buffer.from(definition).toString('hex').slice(0, 32);
}

const preparation: readonly Statement[] = [
  {
    pattern:
      /^CREATE TABLE IF NOT EXISTS mainstay\.recovery_marker \(id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, set_id text NOT NULL UNIQUE, marked_at timestamptz NOT NULL DEFAULT now\(\)\)$/,
    run: (call) => {
      if (call.user !== call.database.master) throw new SqlError('42501', 'permission denied to create table');
      if (!call.state.schemas.has('mainstay')) throw new SqlError('3F000', 'schema "mainstay" does not exist');
      return { state: { ...call.state, markers: call.state.markers ?? new Map() }, tag: 'CREATE TABLE' };
    },
  },
  {
    pattern:
      /^\/\* mainstay: (?:fixed settings|statement's time|the platform's settings) \*\/ SELECT pg_catalog\.set_config/,
    run: () => selected([]),
  },
];

const reading: readonly Statement[] = [
  {
    pattern: /^\/\* mainstay: counters \*\/ /,
    columns: ['table', 'inserted', 'updated', 'deleted', 'file'].map(text),
    run: ({ state }) =>
      selected(
        [...state.content.tables].map(([name, table]) =>
          [name, table.inserted, table.updated, table.deleted, `${table.file}@`].map(String),
        ),
      ),
  },
  {
    pattern: /^\/\* mainstay: sizes \*\/ /,
    columns: ['schema', 'name', 'bytes'].map(text),
    run: ({ state }) =>
      selected(
        [...state.content.tables].map(([name, table]) => [...name.split('.'), String(rowsOf(table) * bytesARow)]),
      ),
  },
  {
    pattern: /^\/\* mainstay: definitions \*\/ /,
    columns: [text('name'), text('hash'), { name: 'newer', type: 'bool' }],
    // Nobody changes a definition here but who damages a copy.
    run: ({ state }) => selected([...state.content.definitions].map(([name, one]) => [name, hashed(one), 'f'])),
  },
  {
    pattern: /^\/\* mainstay: log position \*\/ /,
    columns: [text('position')],
    run: ({ now }) => selected([[logPositionAt(now)]]),
  },
  {
    pattern:
      /^\/\* mainstay: contents \*\/ SELECT .* FROM ONLY "(\w+)"\."(\w+)" AS mainstay_row\) AS hashes GROUP BY 1$/,
    columns: [int('segment'), text('rows'), text('sum')],
    run: (call) => {
      const [schema = '', name = ''] = call.parts;
      demand(call, 'pg_read_all_data', name);
      const { segments } = tableOf(call.state.content, `${schema}.${name}`);
      return selected(
        segments.flatMap((segment, index) =>
          segment.rows === 0 ? [] : [[index, segment.rows, segment.sum].map(String)],
        ),
      );
    },
  },
  {
    // A session here works at one moment: none is in the middle of anything.
    pattern: /^\/\* mainstay: unsettled sessions \*\/ /,
    columns: [int('sessions')],
    run: () => selected([['0']]),
  },
];

const marking: readonly Statement[] = [
  {
    pattern:
      /^INSERT INTO mainstay\.recovery_marker \(set_id\) VALUES \(\$1\) ON CONFLICT \(set_id\) DO NOTHING RETURNING set_id$/,
    columns: [text('set_id')],
    run: (call) => {
      const markers = markersOf(call);
      demand(call, 'INSERT on recovery_marker', 'recovery_marker');
      const setId = call.values[0] ?? '';
      if (markers.has(setId)) return { tag: 'INSERT 0 0', rows: [] };
      return {
        state: { ...call.state, markers: new Map([...markers, [setId, call.now]]) },
        tag: 'INSERT 0 1',
        rows: [[setId]],
      };
    },
  },
  {
    pattern: /^SELECT set_id FROM mainstay\.recovery_marker ORDER BY id DESC LIMIT 2$/,
    columns: [text('set_id')],
    run: (call) => {
      demand(call, 'pg_read_all_data', 'recovery_marker');
      return selected(
        [...markersOf(call).keys()]
          .reverse()
          .slice(0, 2)
          .map((setId) => [setId]),
      );
    },
  },
];

export const manifestStatements: readonly Statement[] = [...preparation, ...reading, ...marking];
