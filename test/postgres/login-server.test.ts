import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServerRefused, ServerUnreachable } from '../../domain/rotation-errors.ts';
import type { ServerLogin } from '../../lambdas/ports/rotation.ts';
import { postgresServer } from '../../lambdas/postgres/login-server.ts';
import { plainSessions, RealServer } from './server.ts';

let real: RealServer;
const server = postgresServer(plainSessions);

beforeAll(async () => {
  real = await RealServer.start();
});
afterAll(() => real?.stop());

let users = 0;

/** A user of its own for one test. */
async function newUser(password: string): Promise<ServerLogin> {
  const login = real.login(`single_${++users}`, password);
  await real.run(real.superuser, `CREATE ROLE ${login.user} LOGIN PASSWORD '${password}'`);
  return login;
}

const nothing = async (): Promise<void> => undefined;

describe('a login', () => {
  it('opens with its password and with no other', async () => {
    const login = await newUser('right');
    expect(await server.canLogIn(login)).toBe(true);
    expect(await server.canLogIn({ ...login, password: 'wrong' })).toBe(false);
    expect(await server.canLogIn({ ...login, user: 'nobody' })).toBe(false);
  });

  it('of a role that may not log in does not open', async () => {
    const login = await newUser('right');
    await real.run(real.superuser, `ALTER ROLE ${login.user} NOLOGIN`);
    expect(await server.canLogIn(login)).toBe(false);
  });

  it('to a server that is not there is an error of another kind than a wrong password', async () => {
    const nowhere = { ...real.login('shop', 'hunter22'), port: 1 };
    const error = await server.canLogIn(nowhere).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ServerUnreachable);
    expect(String(error)).toContain('ECONNREFUSED');
    expect(String(error)).not.toContain('hunter22');
  });

  it('to a database that it may not enter is refused by name of the code alone', async () => {
    const login = { ...(await newUser('right')), database: 'no_such_database' };
    await expect(server.canLogIn(login)).rejects.toThrow('SQLSTATE 3D000');
  });
});

describe('a password that changes', () => {
  it.each(['itself', 'the superuser'])('is set by %s, without right of its own', async (who) => {
    const current = await newUser('first');
    const next = { ...current, password: 'second' };
    const by = who === 'itself' ? current : real.superuser;
    await server.changePassword({ by, current, next, publish: nothing });
    expect([await server.canLogIn(current), await server.canLogIn(next)]).toEqual([false, true]);
  });

  it('is the master’s own', async () => {
    const next = { ...real.superuser, password: 'masterssecond' };
    await server.changePassword({ by: real.superuser, current: real.superuser, next, publish: nothing });
    expect([await server.canLogIn(real.superuser), await server.canLogIn(next)]).toEqual([false, true]);
    await server.changePassword({ by: next, current: next, next: real.superuser, publish: nothing });
    expect(await server.canLogIn(real.superuser)).toBe(true);
  });

  it('is published while the former one still opens, and opens itself right afterwards', async () => {
    const current = await newUser('first');
    const next = { ...current, password: 'second' };
    const seen: boolean[] = [];
    const publish = async (): Promise<void> => {
      seen.push(await server.canLogIn(current), await server.canLogIn(next));
    };
    await server.changePassword({ by: current, current, next, publish });
    expect(seen).toEqual([true, false]);
    expect(await server.canLogIn(next)).toBe(true);
  });

  it('stays as it was when it can’t be published, and says why', async () => {
    const current = await newUser('first');
    const next = { ...current, password: 'second' };
    const publish = async (): Promise<void> => {
      throw new Error('Secrets Manager is not there');
    };
    const changed = server.changePassword({ by: current, current, next, publish });
    await expect(changed).rejects.toThrow('Secrets Manager is not there');
    expect([await server.canLogIn(current), await server.canLogIn(next)]).toEqual([true, false]);
  });

  it('is refused for a user of somebody else’s, and the error tells no password', async () => {
    const stranger = await newUser('strangers');
    const next = { ...real.login('rdsadmin', 'taken') };
    const changed = server.changePassword({ by: stranger, current: next, next, publish: nothing });
    const error = await changed.catch((thrown: unknown) => thrown as Error);
    expect(error).toBeInstanceOf(ServerRefused);
    expect(String(error)).toContain('SQLSTATE 42501');
    expect(`${error} ${JSON.stringify(error)} ${(error as Error).stack}`).not.toMatch(/taken|strangers|SCRAM/);
    expect(await server.canLogIn(real.login('rdsadmin', 'rdsadmin'))).toBe(true);
  });

  it('reaches the server as a verifier, never in clear', async () => {
    const current = await newUser('first');
    const next = { ...current, password: 'secretsecret' };
    await server.changePassword({ by: current, current, next, publish: nothing });
    const [stored] = await real.asOwner('postgres', [
      `SELECT rolpassword FROM pg_authid WHERE rolname = '${current.user}'`,
    ]);
    expect(String(stored?.['rolpassword'])).toMatch(/^SCRAM-SHA-256\$4096:/);
  });
});
