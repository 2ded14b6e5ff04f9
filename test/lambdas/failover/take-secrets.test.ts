import { describe, expect, it } from 'vitest';
import { AwsRefused, AwsUnavailable } from '../../../domain/errors.ts';
import { type RotationPlan, rotationPlanParameterName } from '../../../domain/rotation.ts';
import { takeSecrets } from '../../../lambdas/failover/take-secrets.ts';
import { parametersOf, run } from './world.ts';

const endpointParameter = '/mainstay/aeon/databases/aeon-dt/endpoint';
const master = 'mainstay/aeon/databases/aeon-dt/master';
const user = 'mainstay/aeon/secrets/aeon-dt-postgres';
const key = 'mainstay/aeon/secrets/jwt';
const alone = 'mainstay/aeon/secrets/unrotated';
const arnOf = (name: string, region = 'us-west-2') =>
  `arn:aws:secretsmanager:${region}:111111111111:secret:${name}-abcdef`;

const planOf = (secret: string, secretName: string, more: Partial<RotationPlan> = {}): RotationPlan => ({
  ...{ environment: 'aeon', secret, secretName, kind: 'postgres', users: 'single', everyDays: 7, windowHours: 4 },
  ...{ consumers: [], overlapSeconds: 0, endpointParameter },
  ...more,
});
const { endpointParameter: _, ...keyPlan } = planOf('jwt', key, { kind: 'jwt' });
const parameters = parametersOf({
  [rotationPlanParameterName('aeon', 'aeon-dt-postgres')]: planOf('aeon-dt-postgres', user, {
    superuserSecretName: master,
  }),
  [rotationPlanParameterName('aeon', 'aeon-dt-master')]: planOf('aeon-dt-master', master),
  [rotationPlanParameterName('aeon', 'jwt')]: keyPlan,
  [endpointParameter]: { host: 'here', port: 5433 },
});

function world() {
  const values = new Map([
    [user, { host: 'there', port: 5432, username: 'aeon_dt', password: 'p', masterarn: arnOf(master, 'us-east-1') }],
    [master, { host: 'there', port: 5432, username: 'mainstay_master', password: 'q' }],
    [key, { keys: [] }],
    [alone, {}],
  ] as [string, object][]);
  const copies = new Set(values.keys());
  const calls: string[] = [];
  const nameOf = (id: string) => [...values.keys()].find((name) => id === name || id === arnOf(name)) ?? '';
  const refuse = new Map<string, Error>();
  const ports = {
    environment: 'aeon',
    region: 'us-west-2',
    parameters,
    index: { currentVersions: async () => new Map([...values.keys()].map((name) => [name, 'v1'])) },
    secrets: {
      describe: async (id: string) => ({
        ...{ arn: arnOf(nameOf(id)), name: nameOf(id), versions: new Map() },
        ...(copies.has(nameOf(id)) && { copyOf: 'us-east-1' }),
      }),
      read: async (id: string) => ({
        versionId: 'v1',
        text: JSON.stringify(values.get(nameOf(id))),
        createdAt: new Date(0),
      }),
    },
    copies: {
      takeOver: async (id: string) => {
        const error = refuse.get(nameOf(id));
        if (error) throw error;
        calls.push(`take ${nameOf(id)}`);
        copies.delete(nameOf(id));
      },
      put: async (id: string, text: string) => {
        calls.push(`put ${nameOf(id)}`);
        values.set(nameOf(id), JSON.parse(text) as object);
      },
      schedule: async (id: string, by: object) => {
        calls.push(`schedule ${nameOf(id)} ${JSON.stringify(by)}`);
        return true;
      },
    },
  };
  return { values, calls, refuse, take: () => takeSecrets({ run }, ports) };
}

describe('take-secrets', () => {
  it("makes every copy a secret of this region, a superuser's before its users'", async () => {
    const { calls, take } = world();
    expect(await take()).toEqual({ taken: [master, user, key, alone].sort(), remarks: [] });
    const taken = calls.filter((call) => call.startsWith('take')).map((call) => call.slice(5));
    expect(taken).toHaveLength(4);
    expect(taken.at(-1)).toBe(user);
  });
  it('writes into the values where the server and the superuser are here, and nothing else', async () => {
    const { values, take } = world();
    await take();
    expect(values.get(user)).toEqual({
      ...{ host: 'here', port: 5433, username: 'aeon_dt', password: 'p' },
      masterarn: arnOf(master),
    });
    expect(values.get(master)).toEqual({ host: 'here', port: 5433, username: 'mainstay_master', password: 'q' });
    expect(values.get(key)).toEqual({ keys: [] });
  });
  it('has each rotate by the function of this region in its own days', async () => {
    const { calls, take } = world();
    await take();
    const functionArn = 'arn:aws:lambda:us-west-2:111111111111:function:mainstay-aeon-rotate-aeon-dt-postgres';
    const rules = { scheduleExpression: 'rate(7 days)', duration: '4h' };
    expect(calls).toContain(`schedule ${user} ${JSON.stringify({ functionArn, rules })}`);
    expect(calls.filter((call) => call.startsWith('schedule'))).toHaveLength(3);
  });
  it('delivered again writes no value and takes nothing over twice', async () => {
    const { calls, take } = world();
    await take();
    calls.length = 0;
    await take();
    expect(calls.filter((call) => !call.startsWith('schedule'))).toEqual([]);
  });
  it('tells of one that is refused and goes on with the others', async () => {
    const { refuse, calls, take } = world();
    refuse.set(master, new AwsRefused('no right'));
    expect((await take()).remarks).toEqual([`${master}: no right`]);
    expect(calls).toContain(`take ${user}`);
  });
  it('is tried again where AWS does not answer', async () => {
    const { refuse, take } = world();
    refuse.set(user, new AwsUnavailable('later'));
    await expect(take()).rejects.toMatchObject({ name: 'AwsUnavailable' });
  });
});
