import { jobStartMilliseconds } from '../aws/durations.ts';
import { Unmodelled } from '../aws/service.ts';
import { SqlError } from './sql-error.ts';

/** A job of pg_cron that runs every few seconds. Nothing waits for its runs: they are counted when somebody looks. */
export interface Job {
  readonly id: number;
  readonly kind: 'beat' | 'fence';
  readonly periodMilliseconds: number;
  /** When the scheduler learnt of it, or the run from which a new period counts; milliseconds since 1970. */
  readonly since: number;
}

/** By `<user>/<name>`: a user's job of the same name is the same job. */
export type Jobs = ReadonlyMap<string, Job>;

/** Settings of the server, from the instance's parameter group. */
export type ServerParameters = Readonly<Record<string, string>>;

/** The commands that a job may have. */
const commands = {
  beat: /^UPDATE mainstay\.heartbeat SET beaten_at = now\(\) WHERE id = 1 AND beaten_at < now\(\)$/,
  fence:
    /^SELECT count\(pg_terminate_backend\(a\.pid\)\)( AS ended)? FROM pg_stat_activity a JOIN pg_roles r ON r\.oid = a\.usesysid WHERE r\.rolvaliduntil <= now\(\)$/,
} as const;

/**
 * A job's last run up to `at`. The first comes one period after the scheduler learnt of it, each further one a period after the start of
 * the one before, so runs drift. https://github.com/citusdata/pg_cron/blob/main/src/pg_cron.c
 */
export function lastRun({ since, periodMilliseconds }: Job, at: number): number | undefined {
  const each = periodMilliseconds + jobStartMilliseconds;
  const runs = Math.floor((at - since) / each);
  return runs < 1 ? undefined : since + runs * each;
}

/** `CREATE EXTENSION pg_cron` as the extension's own script refuses it. Throws SqlError. */
export function checkScheduler(parameters: ServerParameters, database: string): void {
  const { shared_preload_libraries: libraries = '' } = parameters;
  if (!libraries.split(',').includes('pg_cron')) {
    throw new SqlError('42704', 'unrecognized configuration parameter "cron.database_name"');
  }
  const own = parameters['cron.database_name'] ?? 'postgres';
  if (own !== database) throw new SqlError('P0001', `can only create extension in database ${own}`);
}

/** `cron.schedule(name, schedule, command)`: a job that stands keeps its rhythm. Throws SqlError, Unmodelled. */
export function withJob(
  jobs: Jobs,
  asked: { readonly key: string; readonly schedule: string; readonly command: string; readonly now: number },
  parameters: ServerParameters,
): { readonly jobs: Jobs; readonly id: number } {
  const { key, schedule, command, now } = asked;
  const [, seconds] = /^(\d+) seconds$/.exec(schedule) ?? [];
  if (seconds === undefined) throw new Unmodelled(`A job scheduled '${schedule}' is not modelled; '<n> seconds' is.`);
  const periodMilliseconds = Number(seconds) * 1000;
  if (periodMilliseconds < 1000 || periodMilliseconds > 59_000) {
    throw new SqlError('22023', `invalid schedule: ${schedule}`);
  }
  const kind = (['beat', 'fence'] as const).find((known) => commands[known].test(command));
  if (!kind) throw new Unmodelled(`A job with the command "${command}" is not modelled.`);
  if (parameters['cron.log_run'] !== 'off') {
    throw new Unmodelled('cron.job_run_details is not modelled, and grows without end: set cron.log_run to off.');
  }
  const before = jobs.get(key);
  const id = before?.id ?? jobs.size + 1;
  const since = before ? (lastRun(before, now) ?? before.since) : now;
  return { jobs: new Map([...jobs, [key, { id, kind, periodMilliseconds, since }]]), id };
}
