import { describe, expect, it } from 'vitest';
import { type RotationPlan, rotationSteps } from '../../../domain/rotation.ts';
import { rotate } from '../../../lambdas/rotation/steps.ts';
import { plans, secretName, superuserName, worldOf } from './cases.ts';
import type { World } from './world.ts';

const token = 'c'.repeat(36);
const { alternating, single } = plans;
const otherClaim = {
  subject: 'service/worker',
  work: 'promotion',
  holder: 'arn:promotion',
  until: '2026-11-20T23:00:00Z',
} as const;

/** Changes a field of what a secret holds; undefined takes it away. */
function edit(world: World, name: string, fields: Record<string, unknown>): void {
  const secret = world.secrets.get(name);
  const version = secret?.versions.get(`${name}-v1`);
  if (version) version.text = JSON.stringify({ ...JSON.parse(version.text ?? ''), ...fields });
}

interface Refusal {
  readonly what: string;
  readonly error: string;
  readonly says: string;
  readonly plan?: RotationPlan;
  arrange(world: World): void;
}

const refusals: readonly Refusal[] = [
  {
    what: 'a secret that is not ours',
    error: 'NotOurSecret',
    says: "'theirs/secret' is not rotated here. Allowed is 'theirs/secret'",
    plan: { ...single, secretName: 'theirs/secret' },
    arrange: (world) => world.put('theirs/secret', { username: 'shop', password: 'hush-first' }),
  },
  {
    what: 'a secret that does not exist',
    error: 'NotOurSecret',
    says: 'is not rotated here',
    plan: { ...single, secretName: 'mainstay/aeon/secrets/gone' },
    arrange: () => undefined,
  },
  {
    what: 'a secret of another engine than its plan says',
    error: 'UnknownSecretKind',
    says: "is of the kind 'oracle'. Allowed here: 'postgres'",
    arrange: (world) => edit(world, secretName, { engine: 'oracle' }),
  },
  {
    what: 'a secret without the fields that its kind needs',
    error: 'SecretFieldMissing',
    says: "lacks 'host', 'password'",
    arrange: (world) => edit(world, secretName, { host: undefined, password: '' }),
  },
  {
    what: 'a secret that is no JSON',
    error: 'SecretFieldMissing',
    says: "lacks 'JSON'",
    arrange: (world) =>
      world.secrets.get(secretName)?.versions.set(`${secretName}-v1`, { text: 'hush-first', createdAt: 0 }),
  },
  {
    what: 'a PostgreSQL secret without a database',
    error: 'SecretFieldMissing',
    says: "lacks 'dbname'",
    arrange: (world) => edit(world, secretName, { dbname: undefined }),
  },
  {
    what: 'keys that are none',
    error: 'SecretFieldMissing',
    says: "lacks 'keys'",
    plan: plans.keys,
    arrange: (world) => world.put(secretName, { keys: [] }),
  },
  {
    what: 'a server that can’t be reached',
    error: 'ServerUnreachable',
    says: 'did not answer',
    arrange: (world) => {
      world.reachable = false;
    },
  },
  {
    what: 'two users without a superuser’s secret in plan or secret',
    error: 'SuperuserSecretMissing',
    says: 'names a superuser',
    plan: (({ superuserSecretName: _none, ...plan }) => plan)(alternating),
    arrange: () => undefined,
  },
  {
    what: 'a superuser’s secret that does not exist',
    error: 'SuperuserSecretMissing',
    says: `The superuser's secret '${superuserName}' of '${secretName}' does not exist`,
    arrange: (world) => world.secrets.delete(superuserName),
  },
  {
    what: 'a superuser’s secret that opens another server',
    error: 'SuperuserElsewhere',
    says: `opens db.example:5432, its superuser's secret '${superuserName}' opens other.example:5432`,
    arrange: (world) => edit(world, superuserName, { host: 'other.example' }),
  },
  {
    what: 'a superuser that does not log in',
    error: 'SuperuserRefused',
    says: 'does not log in',
    arrange: (world) => world.passwords.set('master', 'another'),
  },
  {
    what: 'a single user that logs in with no version',
    error: 'LoginRefused',
    says: "'shop' of the secret",
    plan: single,
    arrange: (world) => world.passwords.set('shop', 'another'),
  },
  {
    what: 'other work on a consumer',
    error: 'WorkInProgress',
    says: "holds 'service/worker'",
    arrange: (world) => {
      world.claims = [otherClaim];
    },
  },
  {
    what: 'a plan that is none',
    error: 'InvalidRotationPlan',
    says: 'does not say how to rotate',
    arrange: (world) => world.parameters.set('/mainstay/aeon/secrets/shop/rotation', '{"secret": "shop"}'),
  },
];

describe('createSecret refuses', () => {
  it.each(refusals)('$what', async ({ plan = alternating, arrange, error, says }) => {
    const world = worldOf(alternating);
    world.plan(plan);
    arrange(world);
    if (world.secrets.has(plan.secretName)) world.announce(plan.secretName, token);
    const passwords = new Map(world.passwords);
    const claims = [...world.claims];
    const thrown = await world.step(plan, 'createSecret', token).catch((reason: unknown) => reason as Error);
    expect([(thrown as Error).name, (thrown as Error).message]).toEqual([error, expect.stringContaining(says)]);
    expect([world.passwords, world.claims, world.prepared]).toEqual([passwords, claims, []]);
    expect(world.secrets.get(plan.secretName)?.versions.get(token)?.text).toBeUndefined();
  });

  it('a kind that its function does not rotate', async () => {
    const world = worldOf(plans.keys);
    world.announce(secretName, token);
    const event = { Step: 'createSecret', SecretId: secretName, ClientRequestToken: token } as const;
    const settings = { environment: 'aeon', secret: 'shop', kinds: ['postgres'] } as const;
    await expect(rotate(event, settings, world.ports())).rejects.toThrow("of the kind 'jwt'. Allowed here: 'postgres'");
  });

  it('nothing of a secret that it can rotate', async () => {
    const world = worldOf(alternating);
    world.announce(secretName, token);
    await expect(world.step(alternating, 'createSecret', token)).resolves.toMatchObject({ step: 'createSecret' });
  });
});

describe('a version that is not pending', () => {
  it.each(rotationSteps)('is refused by %s, and nothing is changed', async (step) => {
    const world = worldOf(alternating);
    await expect(world.step(alternating, step, token)).rejects.toMatchObject({ name: 'RotationNotPending' });
    await world.rotateAll(alternating, token);
    world.endRollouts();
    await world.rotateAll(alternating, 'd'.repeat(36));
    const before = { passwords: new Map(world.passwords), stages: world.stages(secretName) };
    await expect(world.step(alternating, step, token)).rejects.toThrow('has the stage AWSPREVIOUS');
    expect({ passwords: world.passwords, stages: world.stages(secretName) }).toEqual(before);
  });

  it.each(['setSecret', 'testSecret', 'finishSecret'] as const)('is one without a value to %s', async (step) => {
    const world = worldOf(alternating);
    world.announce(secretName, token);
    await expect(world.step(alternating, step, token)).rejects.toThrow('has no value yet');
    expect(world.stages(secretName)).toEqual({ AWSCURRENT: `${secretName}-v1`, AWSPENDING: token });
  });

  it('is one that follows from another version than the current one: the user in use is not touched', async () => {
    const world = worldOf(alternating);
    world.announce(secretName, token);
    await world.step(alternating, 'createSecret', token);
    edit(world, secretName, { username: 'shop_clone', password: 'in use' });
    world.passwords.set('shop_clone', 'in use');
    await expect(world.step(alternating, 'setSecret', token)).rejects.toThrow("after AWSCURRENT comes 'shop'");
    expect(world.passwords.get('shop_clone')).toBe('in use');
  });

  it('is one that does not log in when it is tested', async () => {
    const world = worldOf(alternating);
    world.announce(secretName, token);
    for (const step of ['createSecret', 'setSecret'] as const) await world.step(alternating, step, token);
    world.passwords.set('shop_clone', 'changed by somebody');
    await expect(world.step(alternating, 'testSecret', token)).rejects.toMatchObject({ name: 'PendingLoginRefused' });
  });
});

describe('a step that is asked for another secret', () => {
  it('is refused before AWS is asked about it, which would only say that the function may not', async () => {
    const world = worldOf(alternating);
    const ports = world.ports();
    const describe = () => Promise.reject(new Error('not authorized'));
    const SecretId = 'arn:aws:secretsmanager:us-east-1:111111111111:secret:theirs/secret-a1b2c3';
    const asked = rotate(
      { Step: 'createSecret', SecretId, ClientRequestToken: token },
      { environment: alternating.environment, secret: alternating.secret, kinds: [alternating.kind] },
      { ...ports, secrets: { ...ports.secrets, describe } },
    );
    await expect(asked).rejects.toMatchObject({ name: 'NotOurSecret' });
  });
});

describe('the critical steps', () => {
  it('do not begin when other work has claimed the database since', async () => {
    const world = worldOf(alternating);
    world.announce(secretName, token);
    await world.step(alternating, 'createSecret', token);
    world.claims = [{ ...otherClaim, subject: 'database/shop', work: 'failover' }];
    await expect(world.step(alternating, 'setSecret', token)).rejects.toMatchObject({ name: 'WorkInProgress' });
    expect(world.passwords.has('shop_clone')).toBe(false);
  });
});
