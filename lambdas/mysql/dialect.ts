import { createHash } from 'node:crypto';
import { quoted } from './accounts.ts';
import type { MysqlSession } from './session.ts';

/** In what servers of the family differ as far as passwords go. `account` as accountText writes it; undefined: who asks. */
export interface Dialect {
  /** The statement that gives the account this password instead of any other. */
  setPassword(account: string | undefined, password: string): string;
  /**
   * The same with the password before still opening; absent where a user has one password.
   * https://dev.mysql.com/doc/refman/8.4/en/password-management.html#dual-passwords
   */
  readonly addPassword?: (account: string | undefined, password: string) => string;
  /** Only accounts with this plugin can be given a password in this way; absent: all. */
  readonly plugin?: string;
}

/**
 * MariaDB takes the hash in the password's place. MySQL takes one as well, but not together with RETAIN CURRENT PASSWORD: there the password stands
 * in the statement. It goes over TLS, and MySQL writes it into none of its logs unless it is started with --log-raw:
 * https://dev.mysql.com/doc/refman/8.4/en/password-logging.html
 */
export async function dialectOf(session: MysqlSession): Promise<Dialect> {
  const [row] = await session.query('SELECT VERSION() AS version');
  const version = String(row?.['version']);
  if (/mariadb/i.test(version)) {
    // ALTER USER is not for users themselves there: error 1227.
    const of = (account: string | undefined): string => (account === undefined ? '' : `FOR ${account} `);
    return {
      setPassword: (account, password) => `SET PASSWORD ${of(account)}= ${quoted(nativeHash(password))}`,
      plugin: 'mysql_native_password',
    };
  }
  const set = (account: string | undefined, password: string): string =>
    `ALTER USER ${account ?? 'CURRENT_USER()'} IDENTIFIED BY ${quoted(password)}`;
  const [major = 0, minor = 0, patch = 0] = version.split(/[.-]/).map(Number);
  const dual = major > 8 || (major === 8 && (minor > 0 || patch >= 14));
  return {
    setPassword: set,
    ...(dual ? { addPassword: (account, password) => `${set(account, password)} RETAIN CURRENT PASSWORD` } : {}),
  };
}

/** What `mysql_native_password` keeps: https://mariadb.com/docs/server/reference/plugins/authentication-plugins/authentication-plugin-mysql_native_password */
export function nativeHash(password: string): string {
  const once = createHash('sha1').update(password, 'utf8').digest();
  return `*${createHash('sha1').update(once).digest('hex').toUpperCase()}`;
}
