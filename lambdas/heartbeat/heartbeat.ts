import { HeartbeatNotPrepared } from '../../domain/database-errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { DatabaseLogin, HeartbeatRow, Logins } from '../ports/databases.ts';

export interface HeartbeatPorts {
  readonly clock: Clock;
  readonly logins: Logins;
  readonly secretName: string;
  /** Runs `use` on the row, with a connection that ends afterwards. */
  connect<T>(login: DatabaseLogin, use: (row: HeartbeatRow) => Promise<T>): Promise<T>;
}

export interface HeartbeatOutput {
  readonly epoch: number;
  readonly beatenAt: string;
  /** False: a later beat stood there already. */
  readonly moved: boolean;
}

/**
 * Says in the database that the primary lives. The row's time only moves forward, so that a delivery twice or late changes
 * nothing; its epoch is the failover's to raise, never this function's. Throws HeartbeatNotPrepared, DatabaseUnavailable, DatabaseRefused,
 * UnusableLogin, AwsUnavailable, AwsRefused.
 */
export async function heartbeat(ports: HeartbeatPorts): Promise<HeartbeatOutput> {
  const login = await ports.logins.read(ports.secretName);
  return ports.connect(login, async (row) => {
    const moved = await row.beat(ports.clock.now());
    const beat = moved ?? (await row.read());
    if (!beat) throw new HeartbeatNotPrepared();
    return { epoch: beat.epoch, beatenAt: beat.beatenAt.toISOString(), moved: moved !== undefined };
  });
}
