-- A stand-in for pg_cron 1.6 with its tables, functions and signatures, without its worker: rehearsal/postgres/real/cron.ts
-- runs the jobs. https://github.com/citusdata/pg_cron

DO $$
DECLARE
  home text := current_setting('cron.database_name', true);
BEGIN
  IF home IS NULL THEN
    RAISE EXCEPTION 'unrecognized configuration parameter "cron.database_name"' USING ERRCODE = 'undefined_object',
      HINT = 'pg_cron must be in shared_preload_libraries.';
  END IF;
  IF current_database() <> home THEN
    RAISE EXCEPTION 'can only create extension in database %', home
      USING DETAIL = 'Jobs must be scheduled from the database configured in cron.database_name.';
  END IF;
END $$;

CREATE SCHEMA cron;
CREATE SEQUENCE cron.jobid_seq;
CREATE SEQUENCE cron.runid_seq;

CREATE TABLE cron.job (
  jobid bigint PRIMARY KEY DEFAULT nextval('cron.jobid_seq'),
  schedule text NOT NULL,
  command text NOT NULL,
  nodename text NOT NULL DEFAULT 'localhost',
  nodeport int NOT NULL DEFAULT 5432,
  database text NOT NULL DEFAULT current_database(),
  username text NOT NULL DEFAULT current_user,
  active boolean NOT NULL DEFAULT true,
  jobname text,
  CONSTRAINT jobname_username_uniq UNIQUE (jobname, username)
);

CREATE TABLE cron.job_run_details (
  jobid bigint,
  runid bigint PRIMARY KEY DEFAULT nextval('cron.runid_seq'),
  job_pid integer,
  database text,
  username text,
  command text,
  status text,
  return_message text,
  start_time timestamptz,
  end_time timestamptz
);

ALTER TABLE cron.job ENABLE ROW LEVEL SECURITY;
CREATE POLICY cron_job_policy ON cron.job USING (username = CURRENT_USER);
ALTER TABLE cron.job_run_details ENABLE ROW LEVEL SECURITY;
CREATE POLICY cron_job_run_details_policy ON cron.job_run_details USING (username = CURRENT_USER);

-- Writes the tables for a caller that has no right to. Not pg_cron's own.
CREATE FUNCTION cron.stand_in_put(
  caller name, job_name text, job_schedule text, job_command text, job_database text, job_username text, job_active boolean
) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  runs_as text := coalesce(job_username, caller);
  put bigint;
BEGIN
  IF NOT pg_has_role(session_user, caller, 'MEMBER') THEN
    RAISE EXCEPTION 'must be member of role "%"', caller USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF runs_as <> caller AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = caller) THEN
    RAISE EXCEPTION 'must be superuser to create a job for another role' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = runs_as) THEN
    RAISE EXCEPTION 'role "%" does not exist', runs_as USING ERRCODE = 'undefined_object';
  END IF;
  IF NOT has_database_privilege(runs_as, coalesce(job_database, current_database()), 'CONNECT') THEN
    RAISE EXCEPTION 'User % does not have CONNECT privilege on %', runs_as, job_database USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF job_schedule !~* '^\s*(([1-9]|[1-5][0-9])\s+seconds?|[-0-9*/,$a-z]+(\s+[-0-9*/,$a-z]+){4}|@(hourly|daily|midnight|weekly|monthly|yearly|annually))\s*$' THEN
    RAISE EXCEPTION 'invalid schedule: %', job_schedule USING ERRCODE = 'invalid_parameter_value',
      HINT = 'Use cron format (e.g. 5 4 * * *), or interval format ''[1-59] seconds''';
  END IF;
  INSERT INTO cron.job AS kept (schedule, command, database, username, active, jobname)
  VALUES (job_schedule, job_command, coalesce(job_database, current_database()), runs_as, job_active, job_name)
  ON CONFLICT ON CONSTRAINT jobname_username_uniq
  DO UPDATE SET schedule = excluded.schedule, command = excluded.command, database = excluded.database, active = excluded.active
  RETURNING kept.jobid INTO put;
  RETURN put;
END $$;

CREATE FUNCTION cron.stand_in_remove(caller name, job_id bigint, job_name text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT pg_has_role(session_user, caller, 'MEMBER') THEN
    RAISE EXCEPTION 'must be member of role "%"', caller USING ERRCODE = 'insufficient_privilege';
  END IF;
  DELETE FROM cron.job WHERE username = caller AND (jobid = job_id OR jobname = job_name);
  IF NOT FOUND THEN
    RAISE EXCEPTION 'could not find valid entry for job %', coalesce(quote_literal(job_name), job_id::text)
      USING ERRCODE = 'internal_error';
  END IF;
  RETURN true;
END $$;

CREATE FUNCTION cron.schedule(schedule text, command text) RETURNS bigint LANGUAGE sql AS $$
  SELECT cron.stand_in_put(current_user, NULL, schedule, command, NULL, NULL, true)
$$;

CREATE FUNCTION cron.schedule(job_name text, schedule text, command text) RETURNS bigint LANGUAGE sql AS $$
  SELECT cron.stand_in_put(current_user, job_name, schedule, command, NULL, NULL, true)
$$;

CREATE FUNCTION cron.schedule_in_database(
  job_name text, schedule text, command text, database text, username text DEFAULT NULL, active boolean DEFAULT true
) RETURNS bigint LANGUAGE sql AS $$
  SELECT cron.stand_in_put(current_user, job_name, schedule, command, database, username, active)
$$;

CREATE FUNCTION cron.unschedule(job_id bigint) RETURNS boolean LANGUAGE sql AS $$
  SELECT cron.stand_in_remove(current_user, job_id, NULL)
$$;

CREATE FUNCTION cron.unschedule(job_name text) RETURNS boolean LANGUAGE sql AS $$
  SELECT cron.stand_in_remove(current_user, NULL, job_name)
$$;

CREATE FUNCTION cron.alter_job(
  job_id bigint, schedule text DEFAULT NULL, command text DEFAULT NULL, database text DEFAULT NULL,
  username text DEFAULT NULL, active boolean DEFAULT NULL
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'cron.alter_job is not in the stand-in of the rehearsal' USING ERRCODE = 'feature_not_supported';
END $$;

GRANT SELECT ON cron.job, cron.job_run_details TO PUBLIC;
GRANT DELETE ON cron.job_run_details TO PUBLIC;
-- 'rds_superuser' administers the extension: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/PostgreSQL_pg_cron.html
GRANT USAGE ON SCHEMA cron TO rds_superuser WITH GRANT OPTION;
GRANT UPDATE, DELETE ON cron.job TO rds_superuser;
REVOKE ALL ON FUNCTION cron.schedule_in_database(text, text, text, text, text, boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION cron.alter_job(bigint, text, text, text, text, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cron.schedule_in_database(text, text, text, text, text, boolean) TO rds_superuser;
GRANT EXECUTE ON FUNCTION cron.alter_job(bigint, text, text, text, text, boolean) TO rds_superuser;
