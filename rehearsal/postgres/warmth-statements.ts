import { rowsOf, tableOf } from './content.ts';
import { SqlError } from './sql-error.ts';
import type { Statement, StatementCall } from './statements.ts';

/** What warming a restored database sends: each reads a table, or a share of one. How long it takes is the storage's to say. */

function counted(call: StatementCall) {
  const [schema = '', name = ''] = call.parts;
  if (!call.database.allows(call.state, call.user, 'pg_read_all_data')) {
    throw new SqlError('42501', `permission denied for table ${name}`);
  }
  return rowsOf(tableOf(call.state.content, `${schema}.${name}`));
}

const columns = [{ name: 'rows', type: 'text' }] as const;

export const warmthStatements: readonly Statement[] = [
  {
    pattern: /^\/\* mainstay: read whole \*\/ SELECT count\(\*\)::text AS rows FROM "(\w+)"\."(\w+)"$/,
    columns,
    run: (call) => ({ tag: 'SELECT 1', rows: [[String(counted(call))]] }),
  },
  {
    // Its count is nobody's business: the blocks are.
    pattern:
      /^\/\* mainstay: read some \*\/ SELECT count\(\*\)::text AS rows FROM "(\w+)"\."(\w+)" TABLESAMPLE SYSTEM \([\d.]+\) REPEATABLE \(\d+\)$/,
    columns,
    run: (call) => ({ tag: 'SELECT 1', rows: [[String(counted(call))]] }),
  },
];
