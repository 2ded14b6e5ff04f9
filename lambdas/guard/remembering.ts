import { DatabaseRefused } from '../../domain/database-errors.ts';
import { AwsUnavailable } from '../../domain/errors.ts';
import type { DatabaseLogin, Logins } from '../ports/databases.ts';
import type { WithDatabase } from '../ports/failover.ts';
import type { WithSession } from '../postgres/session.ts';

/** Of SQLSTATE: 'invalid authorization specification'. https://www.postgresql.org/docs/current/errcodes-appendix.html */
const loginRefused = '28';

/** Sessions whose login is read anew where the server refuses it: a rotation may change the password while a guard stays. */
export function withNewestLogin(
  withDatabase: WithDatabase,
  reread: (login: DatabaseLogin) => Promise<DatabaseLogin>,
): WithDatabase {
  const newest = new Map<DatabaseLogin, DatabaseLogin>();
  return async (login, use) => {
    try {
      return await withDatabase(newest.get(login) ?? login, use);
    } catch (error) {
      if (!(error instanceof DatabaseRefused) || !error.sqlState.startsWith(loginRefused)) throw error;
      const next = await reread(login);
      newest.set(login, next);
      return await withDatabase(next, use);
    }
  };
}

/** Something of the last run in the same environment. */
export interface Kept<T> {
  last(): T | undefined;
  keep(value: T): void;
}

/** Nothing may depend on it being there: environments come and go. */
export function kept<T>(): Kept<T> {
  let last: T | undefined;
  return {
    last: () => last,
    keep: (value) => {
      last = value;
    },
  };
}

/** Logins that are read once while all goes well: a session that fails has them read anew the next time. */
export function loginsWhileTheyWork(logins: Logins, sessions: WithSession): { logins: Logins; sessions: WithSession } {
  const known = new Map<string, DatabaseLogin>();
  return {
    logins: {
      read: async (secret) => {
        const login = known.get(secret) ?? (await logins.read(secret));
        known.set(secret, login);
        return login;
      },
    },
    sessions: async (login, use) => {
      try {
        return await sessions(login, use);
      } catch (error) {
        known.clear();
        throw error;
      }
    },
  };
}

/** Loads anew each time; where AWS does not answer, what was loaded last: a guard must not fall for a service that it can do without. */
export function remembered<T>(load: () => Promise<T>): () => Promise<T> {
  let last: { readonly value: T } | undefined;
  return async () => {
    try {
      last = { value: await load() };
    } catch (error) {
      if (last === undefined || !(error instanceof AwsUnavailable)) throw error;
    }
    return last.value;
  };
}
