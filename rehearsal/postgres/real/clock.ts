import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Milliseconds since 1970, in the server's data folder. */
const clockFile = 'rehearsal_clock';

/**
 * Puts the rehearsal's clock in the place of the server's: `now()` and its like under their own names, so that functions, defaults
 * and jobs use them unknowingly. `now()` keeps still in a transaction from its first call on. What is left of the host's clock
 * (`hostClock`) ends the run when a statement names it.
 */
export const clockStatements: readonly string[] = [
  ...['now', 'transaction_timestamp', 'statement_timestamp', 'clock_timestamp'].map(
    (name) =>
      `UPDATE pg_catalog.pg_proc SET proname = 'host_${name}' WHERE oid = 'pg_catalog.${name}()'::pg_catalog.regprocedure`,
  ),
  `CREATE FUNCTION pg_catalog.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE SECURITY DEFINER PARALLEL RESTRICTED
   AS $$ SELECT pg_catalog.to_timestamp(pg_catalog.pg_read_file('${clockFile}')::double precision / 1000) $$`,
  `CREATE FUNCTION pg_catalog.statement_timestamp() RETURNS timestamptz LANGUAGE sql STABLE SECURITY DEFINER PARALLEL RESTRICTED
   AS $$ SELECT pg_catalog.to_timestamp(pg_catalog.pg_read_file('${clockFile}')::double precision / 1000) $$`,
  `CREATE FUNCTION pg_catalog.now() RETURNS timestamptz LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED AS $$
   DECLARE began text := pg_catalog.current_setting('rehearsal.transaction_began', true);
   BEGIN
     IF began IS NULL OR began = '' THEN
       began := pg_catalog.set_config('rehearsal.transaction_began', pg_catalog.pg_read_file('${clockFile}'), true);
     END IF;
     RETURN pg_catalog.to_timestamp(began::double precision / 1000);
   END $$`,
  `CREATE FUNCTION pg_catalog.transaction_timestamp() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL RESTRICTED
   AS $$ SELECT pg_catalog.now() $$`,
];

/**
 * The server asks its host's clock whether a role may still log in, so the end of that right is kept 1,200 years later (three whole cycles
 * of the calendar) and asked for by the front. `pg_roles` shows it as it was given.
 */
const laterYears = 1200;

/** A statement whose ends of rights are put off, as bytes in latin1. Only four digits of a year are understood. */
export function withLaterEnds(statement: string): string {
  return statement.replace(
    /\b(valid\s+until\s+')(\d{4})(-[^']*')/gi,
    (_, before: string, year: string, rest: string) => `${before}${Number(year) + laterYears}${rest}`,
  );
}

export const roleViewStatement = `DO $$ BEGIN
  EXECUTE 'CREATE OR REPLACE VIEW pg_catalog.pg_roles AS ' || pg_catalog.replace(
    pg_catalog.pg_get_viewdef('pg_catalog.pg_roles'::pg_catalog.regclass),
    'pg_authid.rolvaliduntil', '(pg_authid.rolvaliduntil - interval ''${laterYears} years'') AS rolvaliduntil');
END $$`;

/** Sets the clock of the server with this data folder. */
export function setClock(dataFolder: string, now: number): void {
  const file = join(dataFolder, clockFile);
  writeFileSync(`${file}.next`, String(now), { mode: 0o644 });
  // At one stroke: a server that works meanwhile finds the one or the other.
  renameSync(`${file}.next`, file);
}

/** What still reads the host's clock: its answer would differ from run to run and mean nothing. */
const hostClock =
  /\b(current_timestamp|current_time|current_date|localtimestamp|localtime|timeofday|pg_last_xact_replay_timestamp|pg_postmaster_start_time)\b|\b(valid\s+until\s+'(?!infinity'|\d{4}-))/i;

/** The first such word of a statement; undefined where there is none. Texts in quotes count: they may be a function's body. */
export function hostClockIn(statement: string): string | undefined {
  const [, word, deadline] = hostClock.exec(statement) ?? [];
  return word ?? deadline;
}
