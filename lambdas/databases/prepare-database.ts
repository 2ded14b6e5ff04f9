import * as z from 'zod';
import { firstEpoch } from '../../domain/heartbeat.ts';
import { parseInput } from '../handling/task.ts';
import type { DatabaseAdministration, DatabaseLogin, Logins } from '../ports/databases.ts';

/** The custom resource's properties: names of secrets. */
const properties = z.object({
  Instance: z.string().min(1),
  Master: z.string().min(1),
  Heartbeat: z.string().min(1).optional(),
  /** JSON text of a list. */
  Users: z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(z.array(z.string().min(1))),
});

export interface PreparePorts {
  readonly logins: Logins;
  /** Runs `use` in one transaction, which an error undoes. */
  administer<T>(login: DatabaseLogin, use: (administration: DatabaseAdministration) => Promise<T>): Promise<T>;
}

/**
 * Makes the users of a database from their secrets, and the heartbeat's table. Run again it sets the passwords that the
 * secrets hold now and changes nothing else. Throws InvalidInput, DatabaseUnavailable, DatabaseRefused, UnusableLogin.
 */
export async function prepareDatabase(given: unknown, ports: PreparePorts): Promise<{ readonly users: string[] }> {
  const wanted = parseInput(properties, given);
  const master = await ports.logins.read(wanted.Master);
  const applications = await readAll(ports.logins, wanted.Users);
  const heartbeat = wanted.Heartbeat === undefined ? undefined : await ports.logins.read(wanted.Heartbeat);
  const { database } = master;
  await ports.administer(master, async (administration) => {
    await administration.closeToPublic(database);
    for (const { user, password } of applications) {
      await administration.putUser(user, password);
      await administration.grantApplication(database, user);
    }
    if (!heartbeat) return;
    await administration.putUser(heartbeat.user, heartbeat.password);
    await administration.putHeartbeat(database, heartbeat.user, firstEpoch);
  });
  return { users: [...applications, ...(heartbeat ? [heartbeat] : [])].map(({ user }) => user) };
}

async function readAll(logins: Logins, names: readonly string[]): Promise<DatabaseLogin[]> {
  const read: DatabaseLogin[] = [];
  for (const name of names) read.push(await logins.read(name));
  return read;
}
