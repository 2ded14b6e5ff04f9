import { RightsNotCarried, ServerRefused } from '../../domain/rotation-errors.ts';
import type { UserPreparation } from '../ports/rotation.ts';
import { type Account, accountText, type Grant, grantsOf, hostsOf, settingsOf } from './accounts.ts';
import { type Dialect, dialectOf } from './dialect.ts';
import { MysqlRefused, type MysqlSession } from './session.ts';

/**
 * Makes the two users equal at every host: each gets what the other has and it lacks, the next one the TLS requirement, limits, rules and default roles
 * of the one in use, and at last its password. MySQL has no transactions for this: the next user stays locked, or keeps its former
 * password, until it has everything. Throws RightsNotCarried, ServerRefused.
 */
export async function prepareSecondUser(session: MysqlSession, preparation: UserPreparation): Promise<void> {
  const { current, next } = preparation;
  const dialect = await dialectOf(session);
  const hosts = await hostsOf(session, current.user);
  if (hosts.length === 0) throw new ServerRefused(next.host, `find the user '${current.user}'`, 'it does not exist');
  for (const host of hosts) {
    await session.query(`CREATE USER IF NOT EXISTS ${accountText({ user: next.user, host })} ACCOUNT LOCK`);
    await makeEqual(session, preparation, host);
  }
  // Also where the one in use has no account: the server takes the account whose host fits best.
  for (const host of await hostsOf(session, next.user)) {
    for (const statement of opening({ user: next.user, host }, dialect, next.password)) await session.query(statement);
  }
}

function opening(account: Account, dialect: Dialect, password: string): readonly string[] {
  const text = accountText(account);
  return [
    // A password that a rotation of this user alone has kept would open for ever.
    ...(dialect.addPassword ? [`ALTER USER ${text} DISCARD OLD PASSWORD`] : []),
    dialect.setPassword(text, password),
    `ALTER USER ${text} ACCOUNT UNLOCK`,
  ];
}

async function makeEqual(session: MysqlSession, { current, next }: UserPreparation, host: string): Promise<void> {
  const inUse: Account = { user: current.user, host };
  const other: Account = { user: next.user, host };
  const given = await grantsOf(session, inUse);
  const found = await grantsOf(session, other);
  const unread = [...given.unread, ...found.unread];
  if (unread.length > 0) throw new RightsNotCarried(next.host, current.user, next.user, unread);
  const settings = await settingsOf(session, inUse);
  for (const statement of settings.give(other)) await session.query(statement);
  await give(session, given.grants, other, { from: current.user, at: next.host });
  for (const statement of settings.giveDefaultRoles(other)) await session.query(statement);
  // The one in use only gains.
  const had = new Set(given.grants.map(({ what }) => what));
  const gained = found.grants.filter(({ kind, what }) => kind === 'grant' && !had.has(what));
  await give(session, gained, inUse, { from: next.user, at: next.host });
}

/** ER_DBACCESS_DENIED_ERROR, ER_ACCESS_DENIED_ERROR, ER_TABLEACCESS_DENIED_ERROR and others: the superuser may not give this. */
const mayNotGive = [1044, 1045, 1142, 1143, 1227, 1370, 1410, 1698, 1959].map((number) => `error ${number}`);
/** ER_NO_SUCH_TABLE, ER_SP_DOES_NOT_EXIST and others: what the right was for is gone; the server keeps the row, and refuses to write it again. */
const isGone = [1146, 1305, 1049].map((number) => `error ${number}`);

async function give(
  session: MysqlSession,
  grants: readonly Grant[],
  to: Account,
  { from, at }: { readonly from: string; readonly at: string },
): Promise<void> {
  for (const grant of grants) {
    try {
      await session.query(grant.give(to));
    } catch (error) {
      if (!(error instanceof MysqlRefused) || ![...mayNotGive, ...isGone].includes(error.code)) throw error;
      if (mayNotGive.includes(error.code)) throw new RightsNotCarried(at, from, to.user, [grant.what.trim()]);
    }
  }
}
