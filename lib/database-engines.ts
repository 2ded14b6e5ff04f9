import { sqlName } from '../domain/databases.ts';
import type { Database } from '../platforms/schema.ts';

/** What differs between the engines of RDS. */
export interface EngineSettings {
  readonly port: number;
  /** Of parameter groups. */
  readonly family: string;
  /** Parameters that every database has: TLS is forced, slow statements are logged. */
  readonly parameters: Readonly<Record<string, string>>;
}

/**
 * Parameters as the engines name them.
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/PostgreSQL.Concepts.General.SSL.html
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_LogAccess.Concepts.PostgreSQL.html
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/mysql-ssl-connections.html
 */
export function engineSettings(database: Database): EngineSettings {
  const [major = '', minor = ''] = database.version.split('.');
  const { slowQueryMilliseconds, connections } = database;
  const maximum = connections ? { max_connections: String(connections.maximum) } : {};
  if (database.engine === 'postgres') {
    return {
      port: 5432,
      family: `postgres${major}`,
      parameters: {
        'rds.force_ssl': '1',
        ssl_min_protocol_version: 'TLSv1.2',
        password_encryption: 'scram-sha-256',
        log_min_duration_statement: String(slowQueryMilliseconds),
        log_lock_waits: '1',
        ...scheduler(database),
        ...maximum,
        ...database.parameters,
      },
    };
  }
  return {
    port: 3306,
    family: `mysql${major}.${minor}`,
    parameters: {
      require_secure_transport: '1',
      slow_query_log: '1',
      // Seconds. https://dev.mysql.com/doc/refman/8.4/en/server-system-variables.html#sysvar_long_query_time
      long_query_time: String(slowQueryMilliseconds / 1000),
      log_output: 'FILE',
      ...maximum,
      ...database.parameters,
    },
  };
}

/**
 * pg_cron, which writes the heartbeat. Every instance has it, so that one that gets a replica later needs no restart, which a change of
 * these parameters takes. Jobs run in background workers, with no password: nothing depends on a rotation. Runs are written down neither in a table,
 * which nobody would empty, nor in the log (86,400 lines a day); errors still are in the log.
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/PostgreSQL_pg_cron.html
 * The first two libraries are the default of RDS's postgres18 family, which a list of our own replaces (`aws rds
 * describe-engine-default-parameters`); RDS adds those that it needs for itself.
 */
function scheduler({ name }: Database): Readonly<Record<string, string>> {
  return {
    shared_preload_libraries: 'pg_stat_statements,pg_tle,pg_cron',
    'cron.database_name': sqlName(name),
    'cron.log_run': 'off',
    'cron.log_statement': 'off',
  };
}

/** `03:00` and 60 minutes → `03:00-04:00`: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html */
export function backupWindow({ window }: Database['automatedBackups']): string {
  return `${window.startsAtUtc}-${after(window.startsAtUtc, window.durationMinutes).time}`;
}

const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const weekdayIndex = { monday: 0, tuesday: 1, wednesday: 2, thursday: 3, friday: 4, saturday: 5, sunday: 6 } as const;

/** `sunday`, `04:00` and 60 minutes → `sun:04:00-sun:05:00`. */
export function maintenanceWindow({ weekday, startsAtUtc, durationMinutes }: Database['maintenanceWindow']): string {
  const end = after(startsAtUtc, durationMinutes);
  const day = weekdayIndex[weekday];
  return `${days[day]}:${startsAtUtc}-${days[(day + end.days) % days.length]}:${end.time}`;
}

function after(time: string, minutes: number): { readonly time: string; readonly days: number } {
  const [hour = 0, minute = 0] = time.split(':').map(Number);
  const total = hour * 60 + minute + minutes;
  const text = (value: number): string => String(value).padStart(2, '0');
  return { time: `${text(Math.floor(total / 60) % 24)}:${text(total % 60)}`, days: Math.floor(total / 1440) };
}
