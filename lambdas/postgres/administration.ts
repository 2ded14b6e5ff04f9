import { randomBytes } from 'node:crypto';
import { heartbeatTable } from '../../domain/databases.ts';
import type { DatabaseAdministration } from '../ports/databases.ts';
import { passwordVerifier, saltBytes } from './password-verifier.ts';
import type { SqlSession } from './session.ts';

/** What the master user does, over one connection. */
export function databaseAdministration(session: SqlSession): DatabaseAdministration {
  const { schema, name } = heartbeatTable;
  return {
    async putUser(user, password) {
      const [found] = await session.query('SELECT 1 AS found FROM pg_roles WHERE rolname = $1', [user]);
      // A verifier in the password's place: the password reaches neither the server nor its log.
      const verifier = passwordVerifier(password, randomBytes(saltBytes));
      await session.query(`${found ? 'ALTER' : 'CREATE'} ROLE ${identifier(user)} LOGIN PASSWORD '${verifier}'`);
    },
    async closeToPublic(database) {
      await session.query(`REVOKE ALL ON DATABASE ${identifier(database)} FROM PUBLIC`);
    },
    async grantApplication(database, user) {
      await session.query(
        `GRANT CONNECT, CREATE, TEMPORARY ON DATABASE ${identifier(database)} TO ${identifier(user)}`,
      );
      await session.query(`GRANT USAGE, CREATE ON SCHEMA public TO ${identifier(user)}`);
    },
    async putHeartbeat(database, user, epoch) {
      await session.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
      await session.query(
        `CREATE TABLE IF NOT EXISTS ${schema}.${name} (id smallint PRIMARY KEY CHECK (id = 1), epoch bigint NOT NULL, beaten_at timestamptz NOT NULL)`,
      );
      await session.query(
        `INSERT INTO ${schema}.${name} (id, epoch, beaten_at) VALUES (1, $1, to_timestamp(0)) ON CONFLICT (id) DO NOTHING`,
        [epoch],
      );
      await session.query(`GRANT CONNECT ON DATABASE ${identifier(database)} TO ${identifier(user)}`);
      await session.query(`GRANT USAGE ON SCHEMA ${schema} TO ${identifier(user)}`);
      await session.query(`GRANT SELECT, UPDATE (beaten_at) ON ${schema}.${name} TO ${identifier(user)}`);
    },
  };
}

/** Quoted, and of such letters only as our own names have: statements about users take no parameters. Throws RangeError. */
function identifier(name: string): string {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(name)) {
    throw new RangeError(`'${name}' is no name for a user or database: letters, digits and _, 63 at most.`);
  }
  return `"${name}"`;
}
