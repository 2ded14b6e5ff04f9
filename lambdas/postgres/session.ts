import pg from 'pg';
import { DatabaseRefused, DatabaseUnavailable } from '../../domain/database-errors.ts';
import type { DatabaseLogin } from '../ports/databases.ts';

/** One connection to a PostgreSQL server. */
export interface SqlSession {
  /** Rows of one statement. Throws DatabaseUnavailable, DatabaseRefused. */
  query(text: string, values?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>;
}

const connectTimeoutMilliseconds = 5_000;
const statementTimeoutMilliseconds = 5_000;

/** What a connection demands of the server's certificate: checked against the authorities that Node was started with. */
const checkedCertificate: pg.ClientConfig['ssl'] = { rejectUnauthorized: true, minVersion: 'TLSv1.2' };

/** Runs `use` over one connection and closes it. */
export type WithSession = <T>(login: DatabaseLogin, use: (session: SqlSession) => Promise<T>) => Promise<T>;

/**
 * Connects, with TLS and a checked certificate, runs `use`, and closes the connection whatever happens. Throws DatabaseUnavailable, DatabaseRefused,
 * and what `use` throws.
 */
export const withSession: WithSession = sessionsWith(checkedCertificate);

/** The same, for statements that read whole tables: a function ends before they do. */
export const withLongSession: WithSession = sessionsWith(checkedCertificate, 900_000);

/** Sessions that demand something else of the certificate. */
export function sessionsWith(
  ssl: pg.ClientConfig['ssl'],
  queryMilliseconds: number = statementTimeoutMilliseconds,
): WithSession {
  return (login, use) => runSession(login, ssl, queryMilliseconds, use);
}

async function runSession<T>(
  login: DatabaseLogin,
  ssl: pg.ClientConfig['ssl'],
  queryMilliseconds: number,
  use: (session: SqlSession) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({
    ...login,
    ...(ssl === undefined ? {} : { ssl }),
    application_name: 'mainstay',
    connectionTimeoutMillis: connectTimeoutMilliseconds,
    query_timeout: queryMilliseconds,
  });
  // A connection that breaks between two statements says so here, and again at the next statement.
  client.on('error', () => undefined);
  await asking(login, () => client.connect());
  try {
    return await use({
      query: async (text, values = []) => {
        // Without values it is one simple query, with them a prepared one.
        const answer = await asking(login, () =>
          values.length === 0 ? client.query(text) : client.query(text, [...values]),
        );
        return answer.rows;
      },
    });
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Commits what `use` does, or nothing of it. */
export async function inTransaction<T>(session: SqlSession, use: () => Promise<T>): Promise<T> {
  await session.query('BEGIN');
  const result = await use();
  // Without this the server undoes the transaction when the connection closes.
  await session.query('COMMIT');
  return result;
}

/** Classes of SQLSTATE that a later try may not meet: connection, resources, operator's intervention, system. */
const transientClasses = ['08', '53', '57', '58'];

async function asking<T>({ host }: DatabaseLogin, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (thrown) {
    const { code = '', message } = thrown as Error & { code?: string };
    const sqlState = /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
    if (sqlState && !transientClasses.includes(sqlState.slice(0, 2)))
      throw new DatabaseRefused(host, message, sqlState);
    throw new DatabaseUnavailable(host, code ? `${code}: ${message}` : message, code);
  }
}
