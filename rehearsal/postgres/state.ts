import type { Content } from './content.ts';
import { type Jobs, lastRun } from './scheduler.ts';
import type { Verifier } from './scram.ts';

export interface HeartbeatState {
  readonly epoch: number;
  /** Milliseconds since 1970. */
  readonly beatenAt: number;
}

/** What a role has beside its password. */
export interface RoleState {
  /** Roles whose rights it has and which it may become. */
  readonly follows: readonly string[];
  /** `ALTER ROLE … SET`: name → value. */
  readonly settings: Readonly<Record<string, string>>;
  readonly connectionLimit: number;
  readonly validUntil: string;
}

/** Everything that a transaction may change. */
export interface State {
  readonly roles: ReadonlyMap<string, Verifier>;
  /** Of roles that are not as a new one is. */
  readonly roleStates?: ReadonlyMap<string, RoleState>;
  /** `CONNECT database aeon_dt to mainstay_heartbeat`; the master needs none. */
  readonly grants: ReadonlySet<string>;
  readonly schemas: ReadonlySet<string>;
  /** Undefined before the table is made; without a row `row` is undefined. */
  readonly heartbeat?: { readonly row?: HeartbeatState };
  /** Recovery sets by their id, in the order of their markers, with when; undefined before the table is made. */
  readonly markers?: ReadonlyMap<string, number>;
  /** Of the application. */
  readonly content: Content;
  /** Of pg_cron; undefined before the extension is made. */
  readonly jobs?: Jobs;
}

/** The last run of each job that writes the heartbeat until then. */
export function runsUntil({ jobs }: State, at: number): number[] {
  return [...(jobs?.values() ?? [])].flatMap((job) => (job.kind === 'beat' ? (lastRun(job, at) ?? []) : []));
}

/** The row with the beats that its job has made until then. */
export function rowAt(state: State, at: number): HeartbeatState | undefined {
  const row = state.heartbeat?.row;
  return row && { ...row, beatenAt: Math.max(row.beatenAt, ...runsUntil(state, at)) };
}

/** The state of a server that starts at `now` with what stood at `asOf`: its jobs count from then. */
export function restarted(state: State, asOf: number, now: number): State {
  const row = rowAt(state, asOf);
  const jobs = state.jobs && new Map([...state.jobs].map(([key, job]) => [key, { ...job, since: now }]));
  const markers = state.markers && new Map([...state.markers].filter(([, at]) => at <= asOf));
  return {
    ...state,
    ...(markers ? { markers } : {}),
    ...(row ? { heartbeat: { row } } : {}),
    ...(jobs ? { jobs } : {}),
  };
}
