import { heartbeatTable } from '../../domain/databases.ts';
import type { Beat } from '../../domain/heartbeat.ts';
import type { HeartbeatRow } from '../ports/databases.ts';
import type { SqlSession } from './session.ts';

const table = `${heartbeatTable.schema}.${heartbeatTable.name}`;

/** The heartbeat's row over one connection. */
export function heartbeatRow(session: SqlSession): HeartbeatRow {
  return {
    async beat(at) {
      const [row] = await session.query(
        `UPDATE ${table} SET beaten_at = $1 WHERE id = 1 AND beaten_at < $1 RETURNING epoch, beaten_at`,
        [at.toISOString()],
      );
      return row && beatOf(row);
    },
    async read() {
      const [row] = await session.query(`SELECT epoch, beaten_at FROM ${table} WHERE id = 1`);
      return row && beatOf(row);
    },
  };
}

function beatOf({ epoch, beaten_at: beatenAt }: Record<string, unknown>): Beat {
  return { epoch: Number(epoch), beatenAt: new Date(beatenAt as Date | string) };
}
