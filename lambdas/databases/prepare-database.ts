import * as z from 'zod';
import { firstEpoch } from '../../domain/heartbeat.ts';
import { parseInput } from '../handling/task.ts';
import type { DatabaseAdministration, DatabaseLogin, Logins } from '../ports/databases.ts';

/** The custom resource's properties: names of secrets, and how often the heartbeat row is written. */
const properties = z
  .object({
    Instance: z.string().min(1),
    Master: z.string().min(1),
    Heartbeat: z.string().min(1).optional(),
    Manifest: z.string().min(1).optional(),
    /** Text, as CloudFormation passes numbers; the range is pg_cron's. */
    HeartbeatPeriodSeconds: z.coerce.number().int().min(1).max(59).optional(),
    /** How often the sessions of roles whose right has passed are ended. */
    FencePeriodSeconds: z.coerce.number().int().min(1).max(59).optional(),
    /** JSON text of a list. */
    Users: z
      .string()
      .transform((text): unknown => JSON.parse(text))
      .pipe(z.array(z.string().min(1))),
  })
  .refine(
    ({ Heartbeat: secret, HeartbeatPeriodSeconds: period }) => (secret === undefined) === (period === undefined),
    'Heartbeat and HeartbeatPeriodSeconds come together or not at all',
  );

export interface PreparePorts {
  readonly logins: Logins;
  /** Runs `use` in one transaction, which an error undoes. */
  administer<T>(login: DatabaseLogin, use: (administration: DatabaseAdministration) => Promise<T>): Promise<T>;
}

/**
 * Makes the users of a database from their secrets, the heartbeat's table, the job that writes it, the job that ends sessions whose right has passed, and the table of recovery sets' markers. Run again it sets the passwords
 * that the secrets hold now and the jobs' periods, and changes nothing else. Throws InvalidInput, DatabaseUnavailable, DatabaseRefused,
 * UnusableLogin.
 */
export async function prepareDatabase(given: unknown, ports: PreparePorts): Promise<{ readonly users: string[] }> {
  const wanted = parseInput(properties, given);
  const master = await ports.logins.read(wanted.Master);
  const applications = await readAll(ports.logins, wanted.Users);
  const heartbeat = wanted.Heartbeat === undefined ? undefined : await ports.logins.read(wanted.Heartbeat);
  const reader = wanted.Manifest === undefined ? undefined : await ports.logins.read(wanted.Manifest);
  const { database } = master;
  await ports.administer(master, async (administration) => {
    await administration.closeToPublic(database);
    for (const { user, password } of applications) {
      await administration.putUser(user, password);
      await administration.grantApplication(database, user);
    }
    if (reader) {
      await administration.putUser(reader.user, reader.password);
      await administration.putManifestReader(database, reader.user);
    }
    if (wanted.FencePeriodSeconds !== undefined) await administration.scheduleFence(wanted.FencePeriodSeconds);
    if (!heartbeat || wanted.HeartbeatPeriodSeconds === undefined) return;
    await administration.putUser(heartbeat.user, heartbeat.password);
    await administration.putHeartbeat(database, heartbeat.user, firstEpoch);
    await administration.scheduleHeartbeat(wanted.HeartbeatPeriodSeconds);
  });
  const own = [heartbeat, reader].filter((login) => login !== undefined);
  return { users: [...applications, ...own].map(({ user }) => user) };
}

async function readAll(logins: Logins, names: readonly string[]): Promise<DatabaseLogin[]> {
  const read: DatabaseLogin[] = [];
  for (const name of names) read.push(await logins.read(name));
  return read;
}
