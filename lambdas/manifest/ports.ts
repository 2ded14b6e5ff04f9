import type { Parameters } from '../ports/aws.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logins } from '../ports/databases.ts';
import type { StoredObjects } from '../ports/stored-objects.ts';
import type { WithSession } from '../postgres/session.ts';

export interface ManifestPorts {
  readonly environment: string;
  readonly clock: Clock;
  pause(milliseconds: number): Promise<void>;
  /** Throws BackupGaveWay. */
  requireWay(setId: string): Promise<void>;
  readonly logins: Logins;
  readonly parameters: Pick<Parameters, 'read'>;
  readonly objects: Pick<StoredObjects, 'put' | 'read' | 'digestOf'>;
  /** The region's bucket of sets. */
  readonly bucket: string;
  readonly sessions: WithSession;
}
