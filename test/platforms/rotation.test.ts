import { describe, expect, it } from 'vitest';
import { aeon } from '../../platforms/aeon.ts';
import { rotationsOf } from '../../platforms/rotation.ts';
import { platformAt } from '../../platforms/stage.ts';

describe('what rotates', () => {
  it('of aeon: the application, the master, the heartbeat where there is a standby, and who reads manifests', () => {
    const plans = rotationsOf(platformAt(aeon, 'production'), 'aeon');
    expect(plans[0]).toEqual({
      environment: 'aeon',
      secret: 'aeon-dt-postgres',
      secretName: 'mainstay/aeon/secrets/aeon-dt-postgres',
      kind: 'postgres',
      users: 'alternating',
      everyDays: 30,
      windowHours: 3,
      opens: 'aeon-dt',
      endpointParameter: '/mainstay/aeon/databases/aeon-dt/endpoint',
      superuserSecretName: 'mainstay/aeon/databases/aeon-dt/master',
      consumers: ['aeon-dt-api', 'aeon-dt-worker', 'aeon-dt-openspg'],
      overlapSeconds: 0,
    });
    expect(plans.slice(1)).toMatchObject([
      {
        secret: 'aeon-dt-master',
        secretName: 'mainstay/aeon/databases/aeon-dt/master',
        users: 'single',
        consumers: [],
      },
      { secret: 'aeon-dt-heartbeat', superuserSecretName: 'mainstay/aeon/databases/aeon-dt/master', everyDays: 30 },
      { secret: 'aeon-dt-manifest', superuserSecretName: 'mainstay/aeon/databases/aeon-dt/master', everyDays: 30 },
    ]);
    // Who sets its own password has no superuser.
    expect(plans[1]).not.toHaveProperty('superuserSecretName');
    const staging = rotationsOf(platformAt(aeon, 'staging'), 'aeon-staging');
    expect(staging.map(({ secret }) => secret)).toEqual(['aeon-dt-postgres', 'aeon-dt-master', 'aeon-dt-manifest']);
  });

  it('follows the days of an entry, and a key verifies for its overlap', () => {
    const [login] = aeon.secrets.entries;
    if (!login) throw new Error('aeon has no secret');
    const entries = [
      login,
      { name: 'tokens', kind: 'jwt' as const, consumers: ['aeon-dt-api'], overlapHours: 48, rotateEveryDays: 90 },
    ];
    const plans = rotationsOf({ databases: aeon.databases, secrets: { readsAudited: true, entries } }, 'aeon');
    expect(plans).toMatchObject([{ secret: 'tokens', everyDays: 90, overlapSeconds: 172_800, kind: 'jwt' }]);
    expect(plans[0]).not.toHaveProperty('opens');
  });

  it("a store's password is set by its administrator's entry", () => {
    const store = { kind: 'rabbitmq' as const, opens: 'messages', consumers: ['orders'], users: 'single' as const };
    const entries = [
      { ...store, name: 'messages-admin' },
      { ...store, name: 'messages', superuser: 'messages-admin' },
    ];
    const secrets = { readsAudited: true, rotateEveryDays: 90, entries };
    expect(rotationsOf({ databases: [], secrets }, 'critter')[1]).toMatchObject({
      secretName: 'mainstay/critter/secrets/messages',
      superuserSecretName: 'mainstay/critter/secrets/messages-admin',
    });
  });
});
