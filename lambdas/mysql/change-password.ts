import { ServerRefused } from '../../domain/rotation-errors.ts';
import type { PasswordChange } from '../ports/rotation.ts';
import { accountText, hostsOf, settingsOf } from './accounts.ts';
import { type Dialect, dialectOf } from './dialect.ts';
import { MysqlRefused, type MysqlSession } from './session.ts';

/** ER_SPECIFIC_ACCESS_DENIED_ERROR: the user may not have two passwords at once. */
const mayNot = 'error 1227';
/** ER_CREDENTIALS_CONTRADICT_TO_HISTORY: the rules forbid a password that was there before. */
const wasThereBefore = 'error 3638';

/**
 * Where the server lets two passwords open at once, nobody is denied: the former one opens until the rotation after. Elsewhere the new one is published
 * directly after its statement, and the former one comes back when that fails.
 */
export async function changePassword(session: MysqlSession, change: PasswordChange): Promise<void> {
  const { by, current, next, publish } = change;
  const dialect = await dialectOf(session);
  const accounts = await accountsOf(session, change, dialect);
  if (await addPassword(session, dialect, accounts, change)) return publish();
  await setPassword(session, dialect, accounts, next.password);
  try {
    await publish();
  } catch (error) {
    // The connection is still who it was when it opened.
    await setPassword(session, dialect, accounts, (by.user === next.user ? by : current).password);
    throw error;
  }
}

/** The user itself, or every account of its name where a superuser asks. Throws ServerRefused. */
async function accountsOf(
  session: MysqlSession,
  { by, next }: PasswordChange,
  dialect: Dialect,
): Promise<readonly (string | undefined)[]> {
  const own = by.user === next.user;
  const hosts = own ? [] : await hostsOf(session, next.user);
  if (!own && hosts.length === 0)
    throw new ServerRefused(next.host, `find the user '${next.user}'`, 'it does not exist');
  const accounts = own ? [undefined] : hosts.map((host) => ({ user: next.user, host }));
  for (const account of accounts) {
    const { plugin } = await settingsOf(session, account);
    if (dialect.plugin !== undefined && plugin !== undefined && plugin !== dialect.plugin)
      throw new ServerRefused(next.host, `set the password of '${next.user}'`, `its plugin is ${plugin}`);
  }
  return accounts.map((account) => account && accountText(account));
}

/** False: the server can't, or the user may not. Nothing was changed then. */
async function addPassword(
  session: MysqlSession,
  dialect: Dialect,
  accounts: readonly (string | undefined)[],
  { current, next }: PasswordChange,
): Promise<boolean> {
  const { addPassword: statement } = dialect;
  if (!statement) return false;
  for (const account of accounts) {
    const add = (password: string) => session.query(statement(account, password));
    try {
      // Kept is what was set last: after an undone rotation that is not the password in use, so it is set last once more.
      await add(current.password);
    } catch (error) {
      if (!(error instanceof MysqlRefused)) throw error;
      if (error.code === mayNot) return false;
      if (error.code !== wasThereBefore) throw error;
    }
    await add(next.password);
  }
  return true;
}

async function setPassword(
  session: MysqlSession,
  dialect: Dialect,
  accounts: readonly (string | undefined)[],
  password: string,
): Promise<void> {
  for (const account of accounts) await session.query(dialect.setPassword(account, password));
}
