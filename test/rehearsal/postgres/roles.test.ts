import { describe, expect, it } from 'vitest';
import { DatabaseRefused } from '../../../domain/database-errors.ts';
import type { DatabaseLogin } from '../../../lambdas/ports/databases.ts';
import { databaseAdministration } from '../../../lambdas/postgres/administration.ts';
import { postgresServer } from '../../../lambdas/postgres/login-server.ts';
import { passwordVerifier } from '../../../lambdas/postgres/password-verifier.ts';
import type { SqlSession, WithSession } from '../../../lambdas/postgres/session.ts';
import { DatabaseModel, type Transaction } from '../../../rehearsal/postgres/database.ts';
import { parseVerifier, verifierOf } from '../../../rehearsal/postgres/scram.ts';
import { SqlError } from '../../../rehearsal/postgres/sql-error.ts';

const salt = Buffer.alloc(16, 7);
const host = 'db.example';
const login = (user: string, password: string) => ({ host, port: 5432, user, password, database: 'shop' });
const master = login('chief', 'm');

/** The model behind the functions' own port, without a wire between them. */
function world() {
  const server = { now: () => 0, parameters: {} };
  const model = new DatabaseModel('shop', 'chief', verifierOf('m', salt), server);
  const open = ({ user, password }: DatabaseLogin): SqlSession => {
    const known = model.verifier(user);
    if (!known?.storedKey.equals(verifierOf(password, known.salt).storedKey))
      throw new DatabaseRefused(host, 'password authentication failed', '28P01');
    if (!model.mayConnect(user)) throw new DatabaseRefused(host, 'permission denied', '42501');
    let transaction: Transaction | undefined;
    return {
      async query(text, values = []) {
        if (text === 'BEGIN') transaction = model.begin();
        else if (text === 'COMMIT') transaction?.commit();
        else return answered(model, transaction, text, values, user);
        return [];
      },
    };
  };
  const sessions: WithSession = (asked, use) => Promise.resolve().then(() => use(open(asked)));
  return { model, sessions, server: postgresServer(sessions) };
}

function answered(
  model: DatabaseModel,
  transaction: Transaction | undefined,
  text: string,
  values: readonly unknown[],
  user: string,
): Record<string, unknown>[] {
  const own = transaction ?? model.begin();
  try {
    const { columns = [], rows = [] } = own.run(text, values.map(String), user);
    if (!transaction) own.commit();
    const value = (type: string, shown: string): unknown => (type === 'bool' ? shown === 't' : shown);
    return rows.map((row) =>
      Object.fromEntries(columns.map(({ name, type }, index) => [name, value(type, row[index] ?? '')])),
    );
  } catch (error) {
    if (error instanceof SqlError) throw new DatabaseRefused(host, error.message, error.sqlState);
    throw error;
  }
}

/** An application's user as the deployment makes it, on a database that is closed to everybody else. */
async function withUser() {
  const made = world();
  await made.sessions(master, async (session) => {
    const administration = databaseAdministration(session);
    await administration.closeToPublic('shop');
    await administration.putUser('app', 'old');
    await administration.grantApplication('shop', 'app');
  });
  return made;
}

describe('a password', () => {
  it('is changed by the user itself or by the master, and by no other user', async () => {
    const { server } = await withUser();
    const publish = async () => undefined;
    const current = login('app', 'old');
    await server.changePassword({ by: current, current, next: login('app', 'new'), publish });
    expect(await server.canLogIn(login('app', 'new'))).toBe(true);
    expect(await server.canLogIn(current)).toBe(false);
    await server.changePassword({ by: master, current, next: login('app', 'newer'), publish });
    expect(await server.canLogIn(login('app', 'newer'))).toBe(true);
    const next = login('chief', 'taken');
    await expect(
      server.changePassword({ by: login('app', 'newer'), current: master, next, publish }),
    ).rejects.toMatchObject({ name: 'ServerRefused' });
  });

  it('is the old one until the transaction is committed, and stays so when publishing fails', async () => {
    const { server } = await withUser();
    const current = login('app', 'old');
    const publish = async () => {
      expect(await server.canLogIn(current)).toBe(true);
      throw new Error('not published');
    };
    await expect(server.changePassword({ by: current, current, next: login('app', 'new'), publish })).rejects.toThrow(
      'not published',
    );
    expect(await server.canLogIn(current)).toBe(true);
  });

  it('goes with LOGIN only where somebody else sets it', async () => {
    const { model } = await withUser();
    const verifier = passwordVerifier('new', salt);
    expect(() => model.begin().run(`ALTER ROLE "app" LOGIN PASSWORD '${verifier}'`, [], 'app')).toThrow(
      'permission denied to alter role',
    );
    expect(() => model.begin().run(`ALTER ROLE "app" LOGIN PASSWORD 'clear'`, [], 'chief')).toThrow(/SCRAM/);
  });
});

describe('the second user of a pair', () => {
  it('is made, follows the first, comes in by its rights, and takes turns', async () => {
    const { server, model } = await withUser();
    const first = login('app', 'old');
    const second = login('app_clone', 'two');
    await server.prepareUser({ superuser: master, current: first, next: second });
    expect(await server.canLogIn(second)).toBe(true);
    expect(await server.canLogIn(first)).toBe(true);
    expect(model.mayConnect('app_clone')).toBe(true);
    await server.prepareUser({ superuser: master, current: second, next: login('app', 'three') });
    expect(await server.canLogIn(login('app', 'three'))).toBe(true);
    expect(await server.canLogIn(second)).toBe(true);
    await server.prepareUser({ superuser: master, current: login('app', 'three'), next: login('app_clone', 'four') });
    expect(await server.canLogIn(login('app_clone', 'four'))).toBe(true);
    expect(await server.canLogIn(second)).toBe(false);
  });

  it('without a password lets nobody in', async () => {
    const { model, server } = await withUser();
    const transaction = model.begin();
    transaction.run('CREATE ROLE "app_clone" LOGIN', [], 'chief');
    transaction.commit();
    expect(await server.canLogIn(login('app_clone', ''))).toBe(false);
  });

  it('with rights of its own is not modelled', async () => {
    const { model, server } = await withUser();
    await server.prepareUser({ superuser: master, current: login('app', 'old'), next: login('app_clone', 'two') });
    const transaction = model.begin();
    transaction.run('GRANT USAGE ON SCHEMA public TO "app_clone"', [], 'chief');
    transaction.commit();
    await expect(
      server.prepareUser({ superuser: master, current: login('app', 'old'), next: login('app_clone', 'three') }),
    ).rejects.toThrow(/does not carry rights/);
  });
});

describe('two transactions at a time', () => {
  const password = (user: string) => `ALTER ROLE "${user}" PASSWORD '${passwordVerifier('new', salt)}'`;

  it('that change different users are both committed', async () => {
    const { model, server } = await withUser();
    const [first, second] = [model.begin(), model.begin()];
    first.run(password('app'), [], 'chief');
    second.run(password('chief'), [], 'chief');
    first.commit();
    second.commit();
    expect(await server.canLogIn(login('app', 'new'))).toBe(true);
    expect(await server.canLogIn(login('chief', 'new'))).toBe(true);
  });

  it('that change the same user are not modelled', async () => {
    const { model } = await withUser();
    const [first, second] = [model.begin(), model.begin()];
    first.run(password('app'), [], 'chief');
    second.run(password('app'), [], 'chief');
    first.commit();
    expect(() => second.commit()).toThrow(/change the same \(roles app\)/);
  });
});

it('reads a verifier as the functions write it', () => {
  expect(parseVerifier(passwordVerifier('x', salt))).toEqual(verifierOf('x', salt));
});
