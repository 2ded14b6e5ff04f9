import { ServerRefused } from '../../domain/rotation-errors.ts';
import type { UserPreparation } from '../ports/rotation.ts';
import type { KeptPassword, RabbitmqManagement, RabbitmqPermission, RabbitmqTopicPermission } from './management.ts';

/**
 * Makes the two users equal: each gets the permissions for what it lacks; where both have some for the same virtual host or exchange, and for
 * limits, those of the user in use count. The next one has the tags of both, and at last its password: until then nobody comes
 * in as a new user, and an older one keeps its former password.
 */
export async function prepareSecondUser(
  management: RabbitmqManagement,
  { current, next }: UserPreparation,
  password: KeptPassword,
): Promise<void> {
  const inUse = await management.user(current.user);
  if (!inUse) throw new ServerRefused(current.host, `find the user '${current.user}'`, 'it does not exist');
  const found = await management.user(next.user);
  const tags = [...new Set([...inUse.tags, ...(found?.tags ?? [])])];
  if (!found) await management.putUser(next.user, undefined, tags);
  await giveEachOther<RabbitmqPermission>(
    [current.user, next.user],
    ({ vhost }) => vhost,
    (name) => management.permissions(name),
    (name, permission) => management.putPermission(name, permission),
  );
  await giveEachOther<RabbitmqTopicPermission>(
    [current.user, next.user],
    ({ vhost, exchange }) => JSON.stringify([vhost, exchange]),
    (name) => management.topicPermissions(name),
    (name, permission) => management.putTopicPermission(name, permission),
  );
  const limits = await management.limits(current.user);
  const former = await management.limits(next.user);
  for (const limit of new Set([...Object.keys(limits), ...Object.keys(former)]))
    if (limits[limit] !== former[limit]) await management.putLimit(next.user, limit, limits[limit]);
  await management.putUser(next.user, password, tags);
}

async function giveEachOther<T>(
  [inUse, other]: readonly [string, string],
  keyOf: (permission: T) => string,
  permissionsOf: (name: string) => Promise<readonly T[]>,
  put: (name: string, permission: T) => Promise<void>,
): Promise<void> {
  const mine = new Map((await permissionsOf(inUse)).map((each) => [keyOf(each), each]));
  const others = new Map((await permissionsOf(other)).map((each) => [keyOf(each), each]));
  for (const [key, permission] of mine)
    if (JSON.stringify(others.get(key)) !== JSON.stringify(permission)) await put(other, permission);
  for (const [key, permission] of others) if (!mine.has(key)) await put(inUse, permission);
}
