import { escapeIdentifier } from 'pg';
import { type CronSchedule, parseSchedule } from './cron-schedule.ts';
import type { Administration, Row } from './queries.ts';

/** What the jobs of a server stand on. */
export interface CronHost {
  readonly administration: Administration;
  /** `cron.database_name`; undefined where pg_cron is not loaded. */
  readonly database: string | undefined;
  /** Sets the server's clock. */
  setClock(at: number): void;
}

interface Job {
  readonly id: number;
  readonly command: string;
  readonly database: string;
  readonly user: string;
  readonly text: string;
  readonly schedule: CronSchedule;
  /** When it is due next. */
  next: number;
  /** When it was due last, newest first. */
  recent: readonly number[];
}

/** Of runs that nobody looked at, the newest are made up for: a job that says 'now' says the same after them. */
const missedRunsMaximum = 30;

const recentKept = 8;

/**
 * Runs the jobs of the stand-in for pg_cron in virtual time: whatever fell due is run, in order and with the server's clock at its
 * moment, before anybody looks at the server again. So nobody can tell that the jobs did not run when they were due.
 */
export class CronJobs {
  readonly #host: CronHost;
  #jobs: Job[] = [];
  /** Number of runs that were left out because more than the maximum had been missed. */
  skipped = 0;

  constructor(host: CronHost) {
    this.#host = host;
  }

  /** The server starts, or takes writes for the first time: jobs are due from now on. */
  async begin(now: number): Promise<void> {
    this.#jobs = [];
    await this.look(now);
  }

  /** Reads the jobs again: one that is new or has another schedule is due from now on. */
  async look(now: number): Promise<void> {
    const rows = await this.#rows();
    this.#jobs = rows.map((row) => {
      const id = Number(row['jobid']);
      const text = String(row['schedule']);
      const known = this.#jobs.find((job) => job.id === id && job.text === text);
      const schedule = known?.schedule ?? parseSchedule(text);
      return {
        id,
        text,
        schedule,
        command: String(row['command']),
        database: String(row['database']),
        user: String(row['username']),
        next: known?.next ?? schedule.next(now, now),
        recent: known?.recent ?? [],
      };
    });
  }

  /** Runs what fell due up to now. Whether something `ran`, and whether it may have `ended` sessions. */
  async runDue(now: number): Promise<{ readonly ran: boolean; readonly ended: boolean }> {
    const due = this.#jobs.flatMap((job) => this.#dueTimes(job, now).map((at) => ({ at, job })));
    due.sort((one, other) => one.at - other.at || one.job.id - other.job.id);
    let ended = false;
    for (const { at, job } of due) {
      this.#host.setClock(at);
      ended = (await this.#run(job)) || ended;
    }
    if (due.length > 0) this.#host.setClock(now);
    return { ran: due.length > 0, ended };
  }

  /** When a job was due last up to `at`, whether it has been run since or not; undefined where none was. */
  lastDueAt(at: number): number | undefined {
    const times = this.#jobs.flatMap(({ schedule, next, recent }) => {
      let last = recent.find((run) => run <= at);
      for (let due = next; due <= at; due = schedule.next(due, due)) last = due;
      return last === undefined ? [] : [last];
    });
    return times.length === 0 ? undefined : Math.max(...times);
  }

  #dueTimes(job: Job, now: number): readonly number[] {
    const times: number[] = [];
    while (job.next <= now) {
      times.push(job.next);
      job.recent = [job.next, ...job.recent].slice(0, recentKept);
      job.next = job.schedule.next(job.next, job.next);
      if (times.length > missedRunsMaximum) {
        times.shift();
        this.skipped++;
      }
    }
    return times;
  }

  async #rows(): Promise<readonly Row[]> {
    const { administration, database } = this.#host;
    if (database === undefined) return [];
    const [home] = await administration.query('postgres', 'SELECT FROM pg_database WHERE datname = $1', [database]);
    if (!home) return [];
    const [there] = await administration.query(database, "SELECT to_regclass('cron.job') IS NOT NULL AS found");
    if (there?.['found'] !== true) return [];
    return administration.query(database, 'SELECT * FROM cron.job WHERE active ORDER BY jobid');
  }

  /** Runs a job as its user; whether it may have ended sessions. What it is refused or fails in is its own affair, as with pg_cron: it is due again. */
  async #run({ id, command, database, user }: Job): Promise<boolean> {
    const { administration } = this.#host;
    const home = this.#host.database ?? database;
    const [begun] = await administration.query(
      home,
      `SELECT current_setting('cron.log_run', true) IS DISTINCT FROM 'off' AS logged, clock_timestamp() AS began,
              (SELECT rolcanlogin FROM pg_roles WHERE rolname = $1) AS login`,
      [user],
    );
    let ended = false;
    let status = 'failed';
    let message = `role "${user}" is not permitted to log in`;
    if (begun?.['login'] === true) {
      try {
        await administration.query(database, `SET SESSION AUTHORIZATION ${escapeIdentifier(user)}`);
        const rows = await administration.query(database, command);
        ended = mayEndSessions(command, rows);
        status = 'succeeded';
        message = '';
      } catch (error) {
        message = (error as Error).message;
        await administration.query(database, 'ROLLBACK');
      } finally {
        await administration.query(database, 'RESET SESSION AUTHORIZATION');
      }
    }
    if (begun?.['logged'] !== true) return ended;
    await administration.query(
      home,
      `INSERT INTO cron.job_run_details (jobid, database, username, command, status, return_message, start_time, end_time)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $7)`,
      [id, database, user, command, status, message, begun['began']],
    );
    return ended;
  }
}

/** A job that does nothing but end sessions says how many. */
function mayEndSessions(command: string, rows: readonly Row[]): boolean {
  if (!/pg_terminate_backend/i.test(command)) return false;
  const counts = /^select\s+count\s*\(\s*pg_terminate_backend/i.test(command.trim());
  return !counts || rows.some((row) => Object.values(row).some((count) => Number(count) > 0));
}
