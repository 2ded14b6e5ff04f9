import type { RotationPlan } from '../../../domain/rotation.ts';
import { World } from './world.ts';

export const secretName = 'mainstay/aeon/secrets/shop';
export const superuserName = 'mainstay/aeon/databases/shop/master';

export const plans = {
  alternating: {
    environment: 'aeon',
    secret: 'shop',
    secretName,
    kind: 'postgres',
    users: 'alternating',
    everyDays: 30,
    opens: 'shop',
    superuserSecretName: superuserName,
    consumers: ['api', 'worker'],
    overlapSeconds: 0,
  },
  single: {
    environment: 'aeon',
    secret: 'shop',
    secretName,
    kind: 'postgres',
    users: 'single',
    everyDays: 30,
    opens: 'shop',
    consumers: [],
    overlapSeconds: 0,
  },
  'single by a superuser': {
    environment: 'aeon',
    secret: 'shop',
    secretName,
    kind: 'postgres',
    users: 'single',
    everyDays: 30,
    opens: 'shop',
    superuserSecretName: superuserName,
    consumers: ['api'],
    overlapSeconds: 0,
  },
  keys: {
    environment: 'aeon',
    secret: 'shop',
    secretName,
    kind: 'jwt',
    users: 'single',
    everyDays: 90,
    consumers: ['api'],
    overlapSeconds: 86_400,
  },
} as const satisfies Record<string, RotationPlan>;
export type Case = keyof typeof plans;
export const cases = Object.keys(plans) as Case[];

const server = { engine: 'postgres', host: 'db.example', port: 5432, dbname: 'shop' };

/** A world with one secret that rotates by this plan, and the server that it opens. */
export function worldOf(plan: RotationPlan): World {
  const world = new World();
  world.plan(plan);
  world.put(superuserName, { ...server, username: 'master', password: 'hush-master' });
  if (plan.kind === 'jwt') world.put(secretName, { key: 'hush-key' });
  else world.put(secretName, { ...server, username: 'shop', password: 'hush-first', note: 'kept' });
  world.passwords.set('master', 'hush-master').set('shop', 'hush-first');
  return world;
}
