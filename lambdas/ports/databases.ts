import type { Beat } from '../../domain/heartbeat.ts';

/** How to log in to a database, from its secret. */
export interface DatabaseLogin {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

export interface Logins {
  /** Of the secret's current version. Throws UnusableLogin, AwsUnavailable, AwsRefused. */
  read(secretName: string): Promise<DatabaseLogin>;
}

/** The heartbeat's row in one database, or in its replica. */
export interface HeartbeatRow {
  /** Undefined where there is no row. Throws DatabaseUnavailable, DatabaseRefused. */
  read(): Promise<Beat | undefined>;
}

/** One transaction of the master user. Each throws DatabaseUnavailable, DatabaseRefused. */
export interface DatabaseAdministration {
  /** Makes the user, or gives the one that there is this password. */
  putUser(user: string, password: string): Promise<void>;
  /** Lets nobody connect who is not let in by name. */
  closeToPublic(database: string): Promise<void>;
  /** Everything in the database that an application's user needs: to connect, and to make its schemas and tables. */
  grantApplication(database: string, user: string): Promise<void>;
  /** The table with its one row, and the user's right to read it. A row that stands is left as it is. */
  putHeartbeat(database: string, user: string, epoch: number): Promise<void>;
  /** The table of recovery sets' markers, and the user's rights to read everything and to add a marker. */
  putManifestReader(database: string, user: string): Promise<void>;
  /** The job inside the database that writes the row so often, 1 to 59 seconds. One that stands takes the new period. */
  scheduleHeartbeat(periodSeconds: number): Promise<void>;
  /** The job that ends the sessions of roles whose right to log in has passed; the same. */
  scheduleFence(periodSeconds: number): Promise<void>;
}
