import { createHash } from 'node:crypto';
import { ServerRefused } from '../../domain/rotation-errors.ts';
import type { LoginServer, PasswordChange, ServerLogin, UserPreparation } from '../ports/rotation.ts';
import { RedisRefused, type RedisSession, redisSessionsWith, type WithRedisSession } from './session.ts';

/**
 * Users of a Redis from 6 on, or of a Valkey, that keeps its users in a file (`aclfile`) and lets its superuser change them. ElastiCache and MemoryDB do
 * not: there users are AWS resources, and a rotation is refused by the server's own word.
 */
export function redisServer(sessions: WithRedisSession = redisSessionsWith({})): LoginServer {
  return {
    async canLogIn(login) {
      try {
        await sessions(login, async () => undefined);
        return true;
      } catch (error) {
        if (error instanceof RedisRefused && error.code === 'WRONGPASS') return false;
        throw named(error, login, 'log in');
      }
    },
    async changePassword(change) {
      const { by, next } = change;
      await sessions(by, (session) => addPassword(session, change)).catch((error: unknown) => {
        throw named(error, by, `set the password of '${next.user}'`);
      });
    },
    async prepareUser(preparation) {
      const { superuser, next } = preparation;
      await sessions(superuser, (session) => prepareSecondUser(session, preparation)).catch((error: unknown) => {
        throw named(error, superuser, `prepare the user '${next.user}'`);
      });
    },
  };
}

/** Both passwords open afterwards, and no older one: nobody is denied, and the former goes with the rotation after. */
async function addPassword(session: RedisSession, { by, current, next, publish }: PasswordChange): Promise<void> {
  await keepUsers(session);
  const rules = await rulesOf(session, next);
  const stay = [current, next, ...(by.user === next.user ? [by] : [])].map(hashOf);
  const older = rules.filter((rule) => rule.startsWith('#') && !stay.includes(rule)).map((hash) => `!${hash.slice(1)}`);
  await session.ask('ACL', 'SETUSER', next.user, hashOf(next), ...older);
  await keepUsers(session);
  await publish();
}

/**
 * The next user becomes what the one in use is, in one command. Of two lists of rules, in which a later one takes back an earlier one, no third can be made
 * that has both: what was given to the user that is not in use is lost.
 */
async function prepareSecondUser(session: RedisSession, { current, next }: UserPreparation): Promise<void> {
  await keepUsers(session);
  const rules = (await rulesOf(session, current)).filter((rule) => !rule.startsWith('#') && !switches.includes(rule));
  await session.ask('ACL', 'SETUSER', next.user, 'reset', 'on', ...rules, hashOf(next));
  await keepUsers(session);
}

/** Not those of the user in use: the other one has a password and opens. */
const switches = ['on', 'off', 'nopass'];

/** Writes the users into the server's file. Refused where it has none: a restart would bring the former passwords back. */
async function keepUsers(session: RedisSession): Promise<void> {
  await session.ask('ACL', 'SAVE');
}

/** `user <name> on #<hash> ~* &* +@all (~x +get)`: what stands in brackets is one rule. */
async function rulesOf(session: RedisSession, { user, host }: ServerLogin): Promise<readonly string[]> {
  const lines = await session.ask('ACL', 'LIST');
  const line = Array.isArray(lines) ? lines.map(String).find((each) => each.startsWith(`user ${user} `)) : undefined;
  if (line === undefined) throw new ServerRefused(host, `find the user '${user}'`, 'it does not exist');
  return line.slice(`user ${user} `.length).match(/\([^)]*\)|\S+/g) ?? [];
}

/** In the password's place, which so reaches neither the server's log nor its list of slow commands. */
function hashOf({ password }: ServerLogin): string {
  return `#${createHash('sha256').update(password, 'utf8').digest('hex')}`;
}

/** What `publish` throws comes through as it is. */
function named(error: unknown, { host }: ServerLogin, what: string): unknown {
  return error instanceof RedisRefused ? new ServerRefused(host, what, error.code) : error;
}
