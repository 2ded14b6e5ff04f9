import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { DatabaseRefused, DatabaseUnavailable } from '../../domain/database-errors.ts';
import { ServerRefused, ServerUnreachable } from '../../domain/rotation-errors.ts';
import type { DatabaseLogin } from '../ports/databases.ts';
import type { LoginServer, ServerLogin } from '../ports/rotation.ts';
import { passwordVerifier, saltBytes } from './password-verifier.ts';
import { databasesWith, prepareSecondUser, tidySecondUser } from './second-user.ts';
import { inTransaction, type WithSession, withSession } from './session.ts';

/**
 * A wrong password, or a user that is unknown or may not log in.
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const deniedStates = ['28P01', '28000'];
/** Locked by somebody, or changed by somebody else at that moment: a later try may come through. */
const passingStates = ['55P03', '40001', '40P01', 'XX000'];

/** Users of a PostgreSQL server, from 16 on: a role's membership says since then whether it may be inherited and taken. */
export function postgresServer(sessions: WithSession = withSession): LoginServer {
  return {
    async canLogIn(login) {
      try {
        await sessions(databaseLogin(login), async () => undefined);
        return true;
      } catch (error) {
        if (error instanceof DatabaseRefused && deniedStates.includes(error.sqlState)) return false;
        throw named(error, login, 'log in');
      }
    },

    /** Published before the commit: until then the former password opens, afterwards the new one, and who asks finds the new one. */
    changePassword: ({ by, next, publish }) =>
      naming(by, `set the password of '${next.user}'`, publish, (publishing) =>
        sessions(databaseLogin(by), (session) =>
          inTransaction(session, async () => {
            // Nothing but the password: a user may not set anything else of itself.
            await session.query(`ALTER ROLE ${pg.escapeIdentifier(next.user)} PASSWORD '${verifierOf(next)}'`);
            await publishing();
          }),
        ),
      ),

    prepareUser: ({ superuser, current, next }) =>
      naming(superuser, `prepare the user '${next.user}'`, undefined, async () => {
        const pair = pairOf(current.user, next.user);
        const at = (database: string | undefined) => databaseLogin({ ...superuser, ...(database ? { database } : {}) });
        const home = next.database ?? superuser.database;
        await sessions(at(home), async (session) => {
          for (const database of await databasesWith(session, pair.clone)) {
            await sessions(at(database), (other) => inTransaction(other, () => tidySecondUser(other, pair, next.host)));
          }
          await inTransaction(session, async () => {
            await prepareSecondUser(session, pair, next);
            await session.query(`ALTER ROLE ${pg.escapeIdentifier(next.user)} LOGIN PASSWORD '${verifierOf(next)}'`);
          });
        });
      }),
  };
}

/** Of two names the one that the other follows from by `_clone`. */
function pairOf(one: string, other: string): { readonly base: string; readonly clone: string } {
  return one.length < other.length ? { base: one, clone: other } : { base: other, clone: one };
}

/** In the password's place, which so reaches neither the server nor its log. */
function verifierOf({ password }: ServerLogin): string {
  return passwordVerifier(password, randomBytes(saltBytes));
}

function databaseLogin({ host, port, user, password, database }: ServerLogin): DatabaseLogin {
  return { host, port, user, password, database: database ?? 'postgres' };
}

/** What `publish` throws comes through as it is; what the driver says does not. */
async function naming(
  login: ServerLogin,
  what: string,
  publish: (() => Promise<void>) | undefined,
  run: (publishing: () => Promise<void>) => Promise<unknown>,
): Promise<void> {
  let thrown: { readonly error: unknown } | undefined;
  try {
    await run(async () => {
      await publish?.().catch((error: unknown) => {
        thrown = { error };
        throw error;
      });
    });
  } catch (error) {
    throw thrown ? thrown.error : named(error, login, what);
  }
}

function named(error: unknown, { host, port }: ServerLogin, what: string): unknown {
  if (error instanceof DatabaseUnavailable) return new ServerUnreachable(host, port, error.code ?? 'no answer in time');
  if (!(error instanceof DatabaseRefused)) return error;
  if (passingStates.includes(error.sqlState)) return new ServerUnreachable(host, port, `SQLSTATE ${error.sqlState}`);
  return new ServerRefused(host, what, `SQLSTATE ${error.sqlState}`);
}
