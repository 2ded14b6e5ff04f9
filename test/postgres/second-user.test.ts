import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RightsNotCarried, ServerRefused } from '../../domain/rotation-errors.ts';
import type { ServerLogin } from '../../lambdas/ports/rotation.ts';
import { postgresServer } from '../../lambdas/postgres/login-server.ts';
import { plainSessions, RealServer } from './server.ts';

let real: RealServer;
const server = postgresServer(plainSessions);

beforeAll(async () => {
  real = await RealServer.start();
  await real.run(
    real.superuser,
    'CREATE ROLE migrator NOLOGIN',
    'CREATE ROLE reader NOLOGIN',
    'CREATE ROLE reporting NOLOGIN',
    'GRANT migrator TO mainstay_master WITH INHERIT TRUE, SET TRUE',
    'CREATE SCHEMA stock AUTHORIZATION migrator',
    'CREATE TABLE stock.items (id int, price int, cost int)',
    'CREATE SEQUENCE stock.numbers',
    "CREATE FUNCTION stock.total() RETURNS int LANGUAGE sql AS 'SELECT 7'",
    'REVOKE EXECUTE ON FUNCTION stock.total() FROM PUBLIC',
    'ALTER TABLE stock.items OWNER TO migrator',
    'ALTER SEQUENCE stock.numbers OWNER TO migrator',
    'ALTER FUNCTION stock.total() OWNER TO migrator',
    'INSERT INTO stock.items VALUES (1, 10, 5)',
    'REVOKE migrator FROM mainstay_master',
  );
}, 60_000);
afterAll(() => real?.stop());

let pairs = 0;

/** A pair of its own for one test, as prepare-database makes its first user. */
async function newPair(): Promise<{ base: string; clone: string; first: ServerLogin }> {
  const base = `shop_${++pairs}`;
  await real.run(
    real.superuser,
    `CREATE ROLE ${base} LOGIN PASSWORD 'p0'`,
    `GRANT CONNECT, CREATE, TEMPORARY ON DATABASE shop TO ${base}`,
    `GRANT USAGE, CREATE ON SCHEMA public TO ${base}`,
  );
  return { base, clone: `${base}_clone`, first: real.login(base, 'p0') };
}

/** One rotation after the other: who logs in afterwards. */
async function rotated(current: ServerLogin, password: string): Promise<ServerLogin> {
  const user = current.user.endsWith('_clone') ? current.user.slice(0, -'_clone'.length) : `${current.user}_clone`;
  const next = { ...current, user, password };
  await server.prepareUser({ superuser: real.superuser, current, next });
  return next;
}

/** Everything that stands in the catalogs under a name, but for the pair's own membership. */
function namedIn(database: string, user: string): Promise<readonly Record<string, unknown>[]> {
  return real.asOwner(database, [
    `SELECT pg_describe_object(classid, objid, objsubid) AS what FROM pg_shdepend WHERE refobjid = '${user}'::regrole ORDER BY 1`,
  ]);
}

describe('the second user', () => {
  it('logs in beside the first, is it in every right, and what it makes is the first’s', async () => {
    const { base, first } = await newPair();
    await real.run(first, `CREATE TABLE ${base}_orders (id int)`);
    const second = await rotated(first, 'p1');
    expect([await server.canLogIn(first), await server.canLogIn(second)]).toEqual([true, true]);
    await real.run(second, `INSERT INTO ${base}_orders VALUES (1)`, `CREATE TABLE ${base}_more (id int)`);
    await real.run(second, `ALTER TABLE ${base}_orders ADD note text`, `DROP TABLE ${base}_orders`);
    const [made] = await real.run(second, `SELECT tableowner::text FROM pg_tables WHERE tablename = '${base}_more'`);
    expect(made).toEqual({ tableowner: base });
  });

  it('gives way to the first again, whose password of before opens no more', async () => {
    const { first } = await newPair();
    const second = await rotated(first, 'p1');
    const third = await rotated(second, 'p2');
    expect(third.user).toBe(first.user);
    const logins = [first, second, third].map((login) => server.canLogIn(login));
    expect(await Promise.all(logins)).toEqual([false, true, true]);
  });

  it('has what was given to the first while the second was in use, at once', async () => {
    const { base, first } = await newPair();
    const second = await rotated(first, 'p1');
    await expect(real.run(second, 'SELECT id FROM stock.items')).rejects.toThrow('permission denied');
    await real.asOwner('shop', [`GRANT USAGE ON SCHEMA stock TO ${base}`, `GRANT SELECT ON stock.items TO ${base}`]);
    expect(await real.run(second, 'SELECT id FROM stock.items')).toEqual([{ id: 1 }]);
  });

  it('made twice, also at the same time, is made once', async () => {
    const { first } = await newPair();
    await Promise.all(Array.from({ length: 8 }, () => rotated(first, 'p1')));
    const second = await rotated(first, 'p1');
    expect(await server.canLogIn(second)).toBe(true);
  });

  it('has the first’s limits and settings, those of a single database and lists of names too', async () => {
    const { base, clone, first } = await newPair();
    await real.run(
      real.superuser,
      `ALTER ROLE ${base} CONNECTION LIMIT 40 VALID UNTIL '2099-01-01 00:00:00+00'`,
      `ALTER ROLE ${base} SET statement_timeout TO '7s'`,
      `ALTER ROLE ${base} SET search_path TO "$user", stock, "Odd, name"`,
      `ALTER ROLE ${base} SET application_name TO 'o''neil'`,
      `ALTER ROLE ${base} IN DATABASE ledger SET work_mem TO '8MB'`,
    );
    const second = await rotated(first, 'p1');
    const [seen] = await real.run(
      second,
      "SELECT current_setting('statement_timeout') AS timeout, current_setting('search_path') AS path, current_setting('application_name') AS name",
    );
    expect(seen).toEqual({ timeout: '7s', path: '"$user", stock, "Odd, name"', name: "o'neil" });
    await real.run(
      real.superuser,
      `ALTER ROLE ${base} RESET statement_timeout`,
      `ALTER ROLE ${base} SET search_path TO stock`,
    );
    const fourth = await rotated(await rotated(second, 'p2'), 'p3');
    const [later] = await real.run(
      fourth,
      "SELECT current_setting('statement_timeout') AS timeout, current_setting('search_path') AS path, current_user::text AS user",
    );
    expect(later).toEqual({ timeout: '0', path: 'stock', user: base });
    const [limits] = await real.run(
      real.superuser,
      `SELECT rolconnlimit, extract(year FROM rolvaliduntil)::int AS until FROM pg_roles WHERE rolname = '${clone}'`,
    );
    expect(limits).toEqual({ rolconnlimit: 40, until: 2099 });
  });

  it('takes the role that the first takes, where that is another', async () => {
    const { base, first } = await newPair();
    await real.run(
      real.superuser,
      `CREATE ROLE ${base}_owner NOLOGIN`,
      `GRANT ${base}_owner TO ${base}`,
      `ALTER ROLE ${base} SET role TO ${base}_owner`,
    );
    const second = await rotated(first, 'p1');
    expect(await real.run(second, 'SELECT current_user::text AS me')).toEqual([{ me: `${base}_owner` }]);
  });

  it('is not made where the first is missing, or the superuser does not administer it; nothing is changed', async () => {
    const missing = rotated(real.login('never_made', 'p0'), 'p1');
    await expect(missing).rejects.toThrow(ServerRefused);
    await real.asOwner('shop', ["CREATE ROLE theirs LOGIN PASSWORD 'p0'"]);
    const refused = await rotated(real.login('theirs', 'p0'), 'p1').catch((thrown: unknown) => String(thrown));
    expect(refused).toContain('SQLSTATE 42501');
    const made = await real.asOwner('shop', [
      "SELECT rolname FROM pg_roles WHERE rolname IN ('never_made_clone', 'theirs_clone')",
    ]);
    expect(made).toEqual([]);
  });

  it('leaves the superuser no membership that it did not have', async () => {
    const { base, clone, first } = await newPair();
    const second = await rotated(first, 'p1');
    await real.run(real.superuser, `GRANT SELECT ON TABLE pg_catalog.pg_class TO ${base}`).catch(() => undefined);
    await real.asOwner('shop', [
      `ALTER TABLE stock.items OWNER TO migrator`,
      `GRANT SELECT ON stock.items TO ${clone}`,
    ]);
    await rotated(second, 'p2');
    const memberships = await real.asOwner('shop', [
      `SELECT r.rolname FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid JOIN pg_roles g ON g.oid = m.grantor
       WHERE m.member = 'mainstay_master'::regrole AND g.rolname = 'mainstay_master' AND m.roleid IN ('${base}'::regrole, '${clone}'::regrole, 'migrator'::regrole)`,
    ]);
    expect(memberships).toEqual([]);
  });
});

describe('what was given to the second user by its name', () => {
  it('is the first’s after the next rotation: every kind of right, and nothing is left under its name', async () => {
    const { base, clone, first } = await newPair();
    const second = await rotated(first, 'p1');
    await real.asOwner('shop', [
      `SET ROLE migrator`,
      `GRANT USAGE ON SCHEMA stock TO ${clone}`,
      `GRANT SELECT (id, price), UPDATE (price) ON stock.items TO ${clone}`,
      `GRANT DELETE ON stock.items TO ${clone} WITH GRANT OPTION`,
      `GRANT USAGE ON SEQUENCE stock.numbers TO ${clone}`,
      `GRANT EXECUTE ON FUNCTION stock.total() TO ${clone}`,
    ]);
    const third = await rotated(second, 'p2');
    const fourth = await rotated(third, 'p3');
    for (const login of [third, fourth]) {
      await real.run(login, 'SELECT id, price FROM stock.items', 'UPDATE stock.items SET price = 11');
      await real.run(login, "SELECT nextval('stock.numbers')", 'SELECT stock.total()');
      await real.run(login, 'GRANT DELETE ON stock.items TO reader');
      await expect(real.run(login, 'SELECT cost FROM stock.items')).rejects.toThrow('permission denied');
      await real.run(login, 'REVOKE DELETE ON stock.items FROM reader');
    }
    expect(await namedIn('shop', clone)).toEqual([]);
    expect(await namedIn('shop', base)).not.toEqual([]);
  });

  it('does not come back once the first has lost it', async () => {
    const { base, clone, first } = await newPair();
    const second = await rotated(first, 'p1');
    await real.asOwner('shop', [
      'SET ROLE migrator',
      `GRANT USAGE ON SCHEMA stock TO ${clone}`,
      `GRANT SELECT ON stock.items TO ${clone}`,
    ]);
    const third = await rotated(second, 'p2');
    await real.run(third, 'SELECT cost FROM stock.items');
    await real.asOwner('shop', ['SET ROLE migrator', `REVOKE SELECT ON stock.items FROM ${base}`]);
    const fourth = await rotated(third, 'p3');
    for (const login of [third, fourth])
      await expect(real.run(login, 'SELECT cost FROM stock.items')).rejects.toThrow('permission denied');
  });

  it('was given on by it: those who have it keep it', async () => {
    const { clone, first } = await newPair();
    const second = await rotated(first, 'p1');
    await real.asOwner('shop', [
      'SET ROLE migrator',
      `GRANT USAGE ON SCHEMA stock TO ${clone}, reader`,
      `GRANT INSERT ON stock.items TO ${clone} WITH GRANT OPTION`,
    ]);
    await real.run(second, 'SET ROLE NONE', 'GRANT INSERT ON stock.items TO reader');
    await rotated(second, 'p2');
    await real.asOwner('shop', ['SET ROLE reader', 'INSERT INTO stock.items VALUES (2, 2, 2)']);
    expect(await namedIn('shop', clone)).toEqual([]);
  });

  it('roles, with what may be done with them, and who became a member of it', async () => {
    const { base, clone, first } = await newPair();
    const second = await rotated(first, 'p1');
    await real.run(
      real.superuser,
      `CREATE ROLE ${base}_person LOGIN PASSWORD 'person'`,
      `GRANT reporting TO ${clone} WITH ADMIN TRUE, INHERIT FALSE, SET TRUE`,
      `GRANT ${clone} TO ${base}_person WITH INHERIT TRUE`,
    );
    const third = await rotated(second, 'p2');
    await real.run(third, 'SET ROLE reporting', 'RESET ROLE', `GRANT reporting TO ${base}_person`);
    const memberships = await real.asOwner('shop', [
      `SELECT m.member::regrole::text AS member, m.roleid::regrole::text AS role, admin_option AS admin, inherit_option AS inherits
       FROM pg_auth_members m WHERE m.member IN ('${base}'::regrole, '${clone}'::regrole, '${base}_person'::regrole)
         AND m.roleid <> 'reporting'::regrole OR m.member = '${base}'::regrole ORDER BY 1, 2`,
    ]);
    expect(memberships).toEqual([
      { member: base, role: 'reporting', admin: true, inherits: false },
      { member: clone, role: base, admin: false, inherits: true },
      { member: `${base}_person`, role: base, admin: false, inherits: true },
    ]);
  });

  it('rights on what others make later, and on what it makes', async () => {
    const { base, clone, first } = await newPair();
    const second = await rotated(first, 'p1');
    await real.asOwner('shop', [
      'SET ROLE migrator',
      `ALTER DEFAULT PRIVILEGES IN SCHEMA stock GRANT SELECT ON TABLES TO ${clone}`,
      `GRANT USAGE ON SCHEMA stock TO ${clone}`,
    ]);
    await real.asOwner('shop', [
      `ALTER DEFAULT PRIVILEGES FOR ROLE ${clone} IN SCHEMA public GRANT SELECT ON TABLES TO reader`,
    ]);
    const third = await rotated(second, 'p2');
    await real.asOwner('shop', ['SET ROLE migrator', `CREATE TABLE stock.later_${base} (id int)`]);
    await real.run(third, `SELECT * FROM stock.later_${base}`, `CREATE TABLE public.made_${base} (id int)`);
    await real.asOwner('shop', ['SET ROLE reader', `SELECT * FROM public.made_${base}`]);
    expect(await namedIn('shop', clone)).toEqual([]);
  });

  it('what it made without taking the first’s name, in another database too, and a policy for it', async () => {
    const { base, clone, first } = await newPair();
    const second = await rotated(first, 'p1');
    await real.run(second, 'SET ROLE NONE', `CREATE TABLE public.its_own_${base} (id int)`);
    await real.run(
      second,
      `CREATE TABLE public.rows_${base} (id int)`,
      `ALTER TABLE public.rows_${base} ENABLE ROW LEVEL SECURITY`,
    );
    await real.run(second, `CREATE POLICY "mine, too" ON public.rows_${base} TO ${clone}, reader USING (true)`);
    await real.run(
      { ...real.superuser, database: 'ledger' },
      `CREATE TABLE entries_${base} (id int)`,
      `GRANT SELECT ON entries_${base} TO ${clone}`,
    );
    const third = await rotated(second, 'p2');
    const [owner] = await real.run(
      third,
      `SELECT tableowner::text AS owner FROM pg_tables WHERE tablename = 'its_own_${base}'`,
    );
    expect(owner).toEqual({ owner: base });
    const [policy] = await real.run(third, `SELECT roles::text FROM pg_policies WHERE tablename = 'rows_${base}'`);
    expect(policy).toEqual({ roles: `{reader,${base}}` });
    await real.run({ ...third, database: 'ledger' }, `SELECT * FROM entries_${base}`);
    expect([await namedIn('shop', clone), await namedIn('ledger', clone)]).toEqual([[], []]);
  });

  it('and can’t be carried is named; nothing is changed', async () => {
    const { clone, first } = await newPair();
    const second = await rotated(first, 'p1');
    await real.asOwner('shop', [
      'CREATE TABLE public.secret_files (id int)',
      `GRANT SELECT ON public.secret_files TO ${clone}`,
    ]);
    const error = await rotated(second, 'p2').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RightsNotCarried);
    expect(String(error)).toContain("'SELECT on TABLE public.secret_files'");
    const logins = [first, second, { ...first, password: 'p2' }].map((login) => server.canLogIn(login));
    expect(await Promise.all(logins)).toEqual([true, true, false]);
  });
});
