import { databaseInstanceName, databaseInstanceNameLengthMax, databaseReplicaName } from '../../domain/databases.ts';
import { environmentName, stages } from '../../domain/names.ts';
import { type Weekday, weekdays } from '../schema/basics.ts';
import { type Finding, rule } from '../violation.ts';

/** RDS refuses shorter windows: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.html */
const windowMinutesMin = 30;
const minutesPerDay = 24 * 60;

/** Backup and maintenance windows are long enough and never at the same time. */
export const windowsAreApart = rule(['databases'], function windowsAreApart({ databases }) {
  return databases.flatMap(({ automatedBackups, maintenanceWindow }, index): Finding[] => {
    const windows = [
      { path: ['databases', index, 'automatedBackups', 'window'], window: automatedBackups.window },
      { path: ['databases', index, 'maintenanceWindow'], window: maintenanceWindow },
    ];
    const short = windows.flatMap(({ path, window }): Finding[] =>
      window.durationMinutes >= windowMinutesMin && window.durationMinutes < minutesPerDay
        ? []
        : [
            {
              path: [...path, 'durationMinutes'],
              value: window.durationMinutes,
              allowed: `${windowMinutesMin} to ${minutesPerDay - 1}`,
              remedy: 'RDS takes no shorter window.',
            },
          ],
    );
    const maintenance = minuteOfWeek(maintenanceWindow.weekday, maintenanceWindow.startsAtUtc);
    const meets = weekdays.some((weekday) => {
      const backup = minuteOfWeek(weekday, automatedBackups.window.startsAtUtc);
      const after = (maintenance - backup + 7 * minutesPerDay) % (7 * minutesPerDay);
      const before = (backup - maintenance + 7 * minutesPerDay) % (7 * minutesPerDay);
      return after < automatedBackups.window.durationMinutes || before < maintenanceWindow.durationMinutes;
    });
    if (!meets) return short;
    return [
      ...short,
      {
        path: ['databases', index, 'maintenanceWindow', 'startsAtUtc'],
        value: maintenanceWindow.startsAtUtc,
        allowed: `a time outside the backup window from ${automatedBackups.window.startsAtUtc} UTC, ${automatedBackups.window.durationMinutes} minutes`,
        remedy: 'RDS refuses windows that overlap: move one.',
      },
    ];
  });
});

function minuteOfWeek(weekday: Weekday, timeOfDay: string): number {
  const [hours = 0, minutes = 0] = timeOfDay.split(':').map(Number);
  return weekdays.indexOf(weekday) * minutesPerDay + hours * 60 + minutes;
}

/** Each engine has logs of its own: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html */
const logsOf = { postgres: ['postgresql', 'upgrade'], mysql: ['error', 'slowquery', 'audit', 'general'] } as const;

/** A database exports logs that its engine writes. */
export const logsFitEngine = rule(['databases'], function logsFitEngine({ databases }) {
  return databases.flatMap(({ engine, logExports }, index) =>
    logExports.flatMap((log, position): Finding[] =>
      (logsOf[engine] as readonly string[]).includes(log)
        ? []
        : [
            {
              path: ['databases', index, 'logExports', position],
              value: log,
              allowed: `for ${engine}: ${logsOf[engine].join(', ')}`,
              remedy: `${engine} writes no such log. Take it out.`,
            },
          ],
    ),
  );
});

/** A replica needs automated backups of its source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.html */
export const replicasHaveBackedUpSource = rule(['databases'], function replicasHaveBackedUpSource({ databases }) {
  return databases.flatMap(({ replicas, automatedBackups }, index): Finding[] =>
    automatedBackups.retentionDays > 0 || (replicas.sameRegion === 0 && !replicas.crossRegion)
      ? []
      : [
          {
            path: ['databases', index, 'automatedBackups', 'retentionDays'],
            value: 0,
            allowed: '1 to 35 for a database with replicas',
            remedy: 'RDS makes no replica of a database without automated backups: turn them on.',
          },
        ],
  );
});

/** Pools lie within what the database takes. */
export const poolsFitConnections = rule(['databases'], function poolsFitConnections({ databases }) {
  return databases.flatMap(({ connections }, index): Finding[] => {
    if (!connections) return [];
    const { maximum, poolMinimum = 1, poolMaximum = maximum } = connections;
    if (poolMinimum <= poolMaximum && poolMaximum <= maximum) return [];
    return [
      {
        path: ['databases', index, 'connections', 'poolMaximum'],
        value: poolMaximum,
        allowed: `from poolMinimum (${poolMinimum}) to maximum (${maximum})`,
        remedy: 'Shrink the pool, or let the database take more connections.',
      },
    ];
  });
});

/** In every stage a database's name makes an identifier that RDS takes: 63 characters, no two hyphens side by side. */
export const databaseNamesFit = rule(['name', 'databases'], function databaseNamesFit({ name: platform, databases }) {
  return databases.flatMap(({ name, replicas }, index): Finding[] => {
    const identifiers = stages.map((stage) => {
      const environment = environmentName(platform, stage);
      return replicas.sameRegion > 0
        ? databaseReplicaName(environment, name, replicas.sameRegion)
        : databaseInstanceName(environment, name);
    });
    const wrong = identifiers.find(
      (identifier) => identifier.length > databaseInstanceNameLengthMax || identifier.includes('--'),
    );
    if (wrong === undefined) return [];
    return [
      {
        path: ['databases', index, 'name'],
        value: name,
        allowed: `a name with which '${wrong}' has ${databaseInstanceNameLengthMax} characters at most and no '--'`,
        remedy: 'Shorten the name of the database or of the platform.',
      },
    ];
  });
});

/** Parameters that the stacks set, and what of the definition they follow, if anything. */
const takenParameters: Readonly<Record<string, string>> = {
  'rds.force_ssl': 'TLS is always forced',
  require_secure_transport: 'TLS is always forced',
  ssl_min_protocol_version: 'TLS is always forced',
  password_encryption: 'users are made with SCRAM verifiers',
  shared_preload_libraries: 'the heartbeat needs its scheduler, pg_cron, in it',
  'cron.database_name': "the heartbeat's scheduler works in the database itself",
  'cron.log_run': 'a run every few seconds would fill its table without end',
  'cron.log_statement': 'a run every few seconds would fill the log',
  log_min_duration_statement: 'say it by slowQueryMilliseconds',
  long_query_time: 'say it by slowQueryMilliseconds',
  max_connections: 'say it by connections.maximum',
};

/** What the stacks set stays as they set it: an override would be a database without TLS or without a heartbeat. */
export const parametersAreTheirOwn = rule(['databases'], function parametersAreTheirOwn({ databases }) {
  return databases.flatMap(({ parameters }, index) =>
    Object.entries(parameters).flatMap(([parameter, value]): Finding[] => {
      const because = takenParameters[parameter];
      if (because === undefined) return [];
      return [
        {
          path: ['databases', index, 'parameters', parameter],
          value,
          allowed: 'parameters that the stacks do not set',
          remedy: `Take it out: ${because}.`,
        },
      ];
    }),
  );
});
