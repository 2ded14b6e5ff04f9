import type { FailoverDatabase } from '../../domain/failover-plan.ts';
import { callsAtATime, sideBySide } from '../backup/side-by-side.ts';
import type { Parameters } from '../ports/aws.ts';
import type { DatabaseLogin, Logins } from '../ports/databases.ts';
import { fencedDatabases } from '../postgres/fencing.ts';
import { heartbeatRow } from '../postgres/heartbeat-row.ts';
import { type WithSession, withSession } from '../postgres/session.ts';
import { loginHere } from './plans.ts';

interface LoginPorts {
  readonly logins: Logins;
  readonly parameters: Pick<Parameters, 'read'>;
}

/** Databases with the login of their master in this region. Throws UnusableLogin, InvalidRotationPlan, AwsUnavailable, AwsRefused. */
export function mastersOf(
  databases: readonly FailoverDatabase[],
  ports: LoginPorts,
): Promise<(FailoverDatabase & { readonly login: DatabaseLogin })[]> {
  return sideBySide(databases, callsAtATime, async (database) => ({
    ...database,
    login: await loginHere(database.masterSecret, database, ports),
  }));
}

/** Sessions of masters. */
export const withMaster = fencedDatabases(withSession);

/** The heartbeat's row of a database or replica of this region, by the user that reads nothing else. Undefined: it has none. */
export async function beatOf(database: FailoverDatabase, ports: LoginPorts, sessions: WithSession = withSession) {
  const login = await loginHere(database.heartbeatSecret, database, ports);
  return sessions(login, (session) => heartbeatRow(session).read());
}

/** The oldest beat of all; undefined where one has none. Throws what reading one throws. */
export async function oldestBeat(
  databases: readonly FailoverDatabase[],
  ports: LoginPorts,
  sessions: WithSession = withSession,
): Promise<Date | undefined> {
  const beats = await sideBySide(databases, callsAtATime, (database) => beatOf(database, ports, sessions));
  const moments = beats.flatMap((beat) => beat?.beatenAt.getTime() ?? []);
  return moments.length === 0 || moments.length < beats.length ? undefined : new Date(Math.min(...moments));
}
