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

/** The heartbeat's row in one database. Both throw DatabaseUnavailable, DatabaseRefused. */
export interface HeartbeatRow {
  /** Moves the row's time forward; undefined where it stands at that time or a later one already. */
  beat(at: Date): Promise<Beat | undefined>;
  /** Undefined where there is no row. */
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
  /** The table with its one row, and the right to read it and to move its time. A row that stands is left as it is. */
  putHeartbeat(database: string, user: string, epoch: number): Promise<void>;
}
