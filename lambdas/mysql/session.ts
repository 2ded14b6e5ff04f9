import { isIP } from 'node:net';
import { type Connection, type ConnectionOptions, createConnection } from 'mysql2';
import { ServerUnreachable } from '../../domain/rotation-errors.ts';
import type { ServerLogin } from '../ports/rotation.ts';

/** One connection to a MySQL or MariaDB server. */
export interface MysqlSession {
  /** Rows of one statement. Throws ServerUnreachable, MysqlRefused. */
  query(text: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

/** Runs `use` over one connection and closes it. Throws ServerUnreachable, MysqlRefused, and what `use` throws. */
export type WithMysqlSession = <T>(login: ServerLogin, use: (session: MysqlSession) => Promise<T>) => Promise<T>;

/** The server's number of an error, without its message: that quotes the statement. */
export class MysqlRefused extends Error {
  override readonly name = 'MysqlRefused';
  readonly code: string;
  constructor(code: string) {
    super(`The server refused a statement (${code}).`);
    this.code = code;
  }
}

const connectTimeoutMilliseconds = 5_000;
const statementTimeoutMilliseconds = 5_000;

type Tls = Exclude<ConnectionOptions['ssl'], string | undefined>;

/** TLS with a checked certificate and host name, against the authorities that Node was started with. */
const checkedCertificate: Tls = { rejectUnauthorized: true, verifyIdentity: true, minVersion: 'TLSv1.2' };

export const withMysqlSession: WithMysqlSession = mysqlSessionsWith(checkedCertificate);

/** Sessions that trust another authority. */
export function mysqlSessionsWith(ssl: Tls): WithMysqlSession {
  return async ({ host, port, user, password, database }, use) => {
    // The driver compares a certificate with names alone, and lets every address pass.
    if (isIP(host) !== 0) throw new ServerUnreachable(host, port, 'an address, where TLS needs a name');
    const connection = createConnection({
      host,
      port,
      user,
      password,
      ...(database === undefined ? {} : { database }),
      ssl,
      charset: 'utf8mb4',
      connectTimeout: connectTimeoutMilliseconds,
      // No code is made at run time: the parsers that the driver would compile gain nothing for a few rows.
      disableEval: true,
    });
    // A connection that breaks between two statements says so here, and again at the next statement.
    connection.on('error', () => undefined);
    const query = (text: string) => asking({ host, port }, () => answerOf(connection, text));
    try {
      // Connecting is the first statement's first part. Quotes and backslashes then mean what accounts.ts writes.
      await query("SET SESSION sql_mode = ''");
      return await use({ query });
    } finally {
      connection.destroy();
    }
  };
}

function answerOf(connection: Connection, text: string): Promise<readonly Record<string, unknown>[]> {
  return new Promise((resolve, reject) => {
    connection.query(
      { sql: text, timeout: connectTimeoutMilliseconds + statementTimeoutMilliseconds },
      (error, rows) => {
        if (error) reject(error);
        else resolve(Array.isArray(rows) ? (rows as Record<string, unknown>[]) : []);
      },
    );
  });
}

/**
 * Errors that a later try may not meet: too many connections, shutdown, blocked host, limits, locks.
 * https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html
 */
const passingNumbers = [1040, 1041, 1042, 1053, 1129, 1203, 1205, 1213, 1226, 1317, 1927];

async function asking<T>({ host, port }: Pick<ServerLogin, 'host' | 'port'>, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (thrown) {
    const { errno = 0, code = 'no code' } = thrown as { errno?: number; code?: string };
    // The server's errors begin at 1000; below are the system's, and the driver's have none.
    if (errno < 1000 && code !== 'HANDSHAKE_NO_SSL_SUPPORT') throw new ServerUnreachable(host, port, code);
    if (passingNumbers.includes(errno)) throw new ServerUnreachable(host, port, `error ${errno}`);
    throw new MysqlRefused(errno < 1000 ? code : `error ${errno}`);
  }
}
