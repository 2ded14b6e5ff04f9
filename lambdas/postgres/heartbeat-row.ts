import { heartbeatTable } from '../../domain/databases.ts';
import type { Beat } from '../../domain/heartbeat.ts';
import type { HeartbeatRow } from '../ports/databases.ts';
import type { SqlSession } from './session.ts';

const table = `${heartbeatTable.schema}.${heartbeatTable.name}`;

/** The heartbeat's row over one connection: in a replica, now − `beatenAt` is the most that its promotion would lose. */
export function heartbeatRow(session: SqlSession): HeartbeatRow {
  return {
    async read() {
      const [row] = await session.query(`SELECT epoch, beaten_at FROM ${table} WHERE id = 1`);
      return row && beatOf(row);
    },
  };
}

function beatOf({ epoch, beaten_at: beatenAt }: Record<string, unknown>): Beat {
  return { epoch: Number(epoch), beatenAt: new Date(beatenAt as Date | string) };
}
