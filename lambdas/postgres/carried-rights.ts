import pg from 'pg';
import { RightsNotCarried } from '../../domain/rotation-errors.ts';
import { type Holding, holdingsOf } from './holdings.ts';
import type { UserPair } from './second-user.ts';
import type { SqlSession } from './session.ts';

const { escapeIdentifier: quoted } = pg;

/**
 * What the clone has by its own name in this database becomes the base's: objects, rights, memberships, rights on later objects,
 * policies. Each is granted by whom it was granted by, and then taken from the clone, so that a right that the base loses later
 * does not come back with the next rotation. Throws RightsNotCarried, and the caller's transaction then changes nothing.
 */
export async function carryRights(session: SqlSession, pair: UserPair, host: string): Promise<void> {
  const { base, clone } = pair;
  const found = await holdingsOf(session, clone, base);
  const mine = found.filter((holding) => isOfClone(holding, clone));
  if (mine.length === 0) return;
  const acting = await Acting.as(session, [base, clone, ...mine.map(({ grantor }) => grantor)]);
  if (mine.some(({ what }) => what === 'owned'))
    await session.query(`REASSIGN OWNED BY ${quoted(clone)} TO ${quoted(base)}`);
  // What was its own has other grantors now.
  const holdings = await holdingsOf(session, clone, base);
  const carried = new Carried(session, pair, acting);
  for (const holding of holdings) if (isOfClone(holding, clone)) await carried.give(holding, holdings);
  demandCarried(await holdingsOf(session, clone, base), pair, host);
  // First what it gave on: it counts as having the right still, through the base, so that CASCADE would leave that.
  const givenOn = (holding: Holding): number => (holding.grantor === clone ? 0 : 1);
  for (const holding of [...holdings].sort((a, b) => givenOn(a) - givenOn(b)))
    if (isOfClone(holding, clone)) await carried.take(holding);
  await acting.end();
}

/** Not the base's, which stands beside it for comparison. */
function isOfClone({ what, target, grantee, grantor }: Holding, clone: string): boolean {
  return grantee === clone || grantor === clone || (what === 'role' && target === clone);
}

/** One holding after the other, given to the base and taken from the clone. */
class Carried {
  readonly #session: SqlSession;
  readonly #pair: UserPair;
  readonly #acting: Acting;

  constructor(session: SqlSession, pair: UserPair, acting: Acting) {
    this.#session = session;
    this.#pair = pair;
    this.#acting = acting;
  }

  async give(holding: Holding, all: readonly Holding[]): Promise<void> {
    const { what, target, privilege, grantor, grantee, grantable } = holding;
    const to = this.#heir(grantee);
    const option = grantable ? ' WITH GRANT OPTION' : '';
    if (what === 'right') {
      await this.#as(this.#nameOfHeir(grantor), `GRANT ${privilege} ON ${target} TO ${to}${option}`);
    } else if (what === 'default') {
      const { base, clone } = this.#pair;
      if (grantor === base && grantee === clone) return;
      const where =
        grantor === clone ? target.replace(/^FOR ROLE (?:"(?:[^"]|"")*"|\S+)/, `FOR ROLE ${quoted(base)}`) : target;
      await this.#session.query(`ALTER DEFAULT PRIVILEGES ${where} GRANT ${privilege} TO ${to}${option}`);
    } else if (what === 'role') {
      const role = quoted(this.#nameOfHeir(target));
      const by = grantor === this.#pair.clone ? ` GRANTED BY ${quoted(this.#pair.base)}` : '';
      if (role !== to) await this.#session.query(`GRANT ${role} TO ${to} WITH ${this.#options(holding, all)}${by}`);
    } else if (what === 'policy') {
      const roles = [quoted(this.#pair.base), ...(privilege === '' ? [] : [privilege])].join(', ');
      await this.#session.query(`ALTER POLICY ${target} TO ${roles}`);
    }
  }

  /** Where nobody can act as who granted it, it stays beside what the base has now. */
  async take({ what, target, privilege, grantor, grantee }: Holding): Promise<void> {
    if (!this.#acting.can(grantor)) return;
    const from = grantee === undefined ? 'PUBLIC' : quoted(grantee);
    if (what === 'right') {
      await this.#as(grantor, `REVOKE ${privilege} ON ${target} FROM ${from} CASCADE`);
    } else if (what === 'default') {
      await this.#session.query(`ALTER DEFAULT PRIVILEGES ${target} REVOKE ${privilege} FROM ${from}`);
    } else if (what === 'role' && grantor !== this.#pair.clone) {
      await this.#session.query(`REVOKE ${quoted(target)} FROM ${from} GRANTED BY ${quoted(grantor)} CASCADE`);
    }
  }

  /** What the heir had already it keeps. */
  #options({ target, grantee, grantable, options }: Holding, all: readonly Holding[]): string {
    const heir = this.#nameOfHeir(grantee ?? '');
    const had = all.filter((other) => other.what === 'role' && other.target === target && other.grantee === heir);
    const on = (option: string): boolean =>
      [options, ...had.map((other) => other.options)].some((text) => text.includes(option));
    const said = (yes: boolean): string => (yes ? 'TRUE' : 'FALSE');
    const admin = grantable || had.some((other) => other.grantable);
    return `ADMIN ${said(admin)}, INHERIT ${said(on('INHERIT'))}, SET ${said(on('SET'))}`;
  }

  #nameOfHeir(name: string): string {
    return name === this.#pair.clone ? this.#pair.base : name;
  }

  #heir(name: string | undefined): string {
    return name === undefined ? 'PUBLIC' : quoted(this.#nameOfHeir(name));
  }

  /** A right stands in the catalog with who gave it; only that role can take it back. */
  async #as(role: string, statement: string): Promise<void> {
    const { can } = this.#acting;
    if (can(role)) await this.#session.query(`SET LOCAL ROLE ${quoted(role)}`);
    await this.#session.query(statement);
    if (can(role)) await this.#session.query('SET LOCAL ROLE NONE');
  }
}

/** A GRANT by one who may not only warns: the catalogs say whether it worked. */
function demandCarried(holdings: readonly Holding[], { base, clone }: UserPair, host: string): void {
  const left = holdings.filter((holding) => {
    if (holding.what === 'owned' || holding.what === 'other' || holding.what === 'policy') return true;
    if (holding.grantee !== clone || holding.what === 'default') return false;
    return !holdings.some(
      ({ what, target, privilege, grantee, grantable }) =>
        what === holding.what &&
        target === holding.target &&
        privilege === holding.privilege &&
        grantee === base &&
        (grantable || !holding.grantable),
    );
  });
  if (left.length === 0) return;
  const shown = left.map(({ what, privilege, target }) =>
    what === 'right' ? `${privilege} on ${target}` : `${what} ${target}`,
  );
  throw new RightsNotCarried(host, clone, base, [...new Set(shown)]);
}

/**
 * The roles in whose name the superuser can act. RDS's master is no superuser of the server: from PostgreSQL 16 on it administers the
 * roles that it made, and has to make itself their member. Memberships that it takes here end with `end`, before the commit.
 * https://www.postgresql.org/docs/current/role-attributes.html
 */
class Acting {
  readonly #session: SqlSession;
  readonly #able: ReadonlySet<string>;
  readonly #taken: readonly string[];

  private constructor(session: SqlSession, able: ReadonlySet<string>, taken: readonly string[]) {
    this.#session = session;
    this.#able = able;
    this.#taken = taken;
    this.can = this.can.bind(this);
  }

  static async as(session: SqlSession, roles: readonly string[]): Promise<Acting> {
    const rows = await session.query(
      `/* mainstay: roles to act as */ SELECT r.rolname::text AS name, pg_has_role(r.oid, 'USAGE') AND pg_has_role(r.oid, 'SET') AS able,
         pg_has_role(r.oid, 'USAGE WITH ADMIN OPTION') OR pg_has_role(r.oid, 'MEMBER WITH ADMIN OPTION') AS administers
       FROM pg_catalog.pg_roles r WHERE r.rolname = ANY ($1::text[]) ORDER BY 1`,
      [[...new Set(roles)]],
    );
    const able = new Set(rows.filter((row) => row['able'] === true).map(({ name }) => String(name)));
    const taken = rows
      .filter((row) => row['able'] !== true && row['administers'] === true)
      .map(({ name }) => String(name));
    for (const role of taken) {
      await session.query(`GRANT ${quoted(role)} TO CURRENT_USER WITH INHERIT TRUE, SET TRUE`);
      able.add(role);
    }
    return new Acting(session, able, taken);
  }

  can(role: string): boolean {
    return this.#able.has(role);
  }

  async end(): Promise<void> {
    for (const role of this.#taken) {
      await this.#session.query(`REVOKE ${quoted(role)} FROM CURRENT_USER GRANTED BY CURRENT_USER`);
    }
  }
}
