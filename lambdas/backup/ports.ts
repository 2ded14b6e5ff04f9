import type { BackupSettings } from '../../domain/backups.ts';
import type { Clock } from '../ports/clock.ts';
import type { Interlock } from '../ports/interlock.ts';
import type { Reign } from '../ports/reign.ts';

/** What every task of an hour is told, and asks before it goes on. */
export interface BackupPorts {
  readonly environment: string;
  /** Where the function runs. */
  readonly region: string;
  readonly settings: BackupSettings;
  readonly clock: Clock;
  readonly reign: Pick<Reign, 'current'>;
  /** By region, the own one and the other: a failover claims in the region that it brings up. */
  readonly interlocks: ReadonlyMap<string, Pick<Interlock, 'list'>>;
}
