import { ServerRefused } from '../../domain/rotation-errors.ts';
import type { LoginServer, ServerLogin } from '../ports/rotation.ts';
import { changePassword } from './change-password.ts';
import { prepareSecondUser } from './second-user.ts';
import { MysqlRefused, type WithMysqlSession, withMysqlSession } from './session.ts';

/**
 * A wrong password or unknown user, a locked account (MySQL's number and MariaDB's), a password that has expired.
 * https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html https://mariadb.com/docs/server/reference/error-codes
 */
const denied = [1045, 1698, 3118, 4151, 1820, 1862].map((number) => `error ${number}`);

/** Users of a MySQL server from 8.0 on, or of MariaDB from 10.4 on. */
export function mysqlServer(sessions: WithMysqlSession = withMysqlSession): LoginServer {
  return {
    async canLogIn(login) {
      try {
        // An expired password still opens a session, in which nothing is answered.
        await sessions(login, (session) => session.query('SELECT 1'));
        return true;
      } catch (error) {
        if (error instanceof MysqlRefused && denied.includes(error.code)) return false;
        throw named(error, login, 'log in');
      }
    },
    async changePassword(change) {
      const { by, next } = change;
      const at = atServer(by);
      await sessions(at, (session) => changePassword(session, change)).catch((error: unknown) => {
        throw named(error, by, `set the password of '${next.user}'`);
      });
    },
    async prepareUser(preparation) {
      const { superuser, next } = preparation;
      const at = atServer(superuser);
      await sessions(at, (session) => prepareSecondUser(session, preparation)).catch((error: unknown) => {
        throw named(error, superuser, `prepare the user '${next.user}'`);
      });
    },
  };
}

/** Users belong to no database. */
function atServer({ host, port, user, password }: ServerLogin): ServerLogin {
  return { host, port, user, password };
}

/** What `publish` throws comes through as it is. */
function named(error: unknown, { host }: ServerLogin, what: string): unknown {
  return error instanceof MysqlRefused ? new ServerRefused(host, what, error.code) : error;
}
