import { describe, expect, it } from 'vitest';
import type { OperationInput, Principal } from '../../../rehearsal/aws/service.ts';
import type { Rehearsal } from '../../../rehearsal/rehearsal.ts';
import { databasesWorld, ground, instance, replica, secret } from './databases-world.ts';
import { startsAt } from './services-world.ts';
import { ask } from './small-world.ts';

const role = (name: string, actions: readonly string[]) => ({
  Type: 'AWS::IAM::Role',
  Properties: {
    RoleName: name,
    AssumeRolePolicyDocument: {
      Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
    },
    Policies: [
      { PolicyName: 'own', PolicyDocument: { Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }] } },
    ],
  },
});

async function asRole(rehearsal: Rehearsal, name: string, region: string): Promise<OperationInput> {
  const principal: Principal = { kind: 'role', roleArn: `arn:aws:iam::111111111111:role/${name}`, sessionName: 'task' };
  const input = { SecretId: 'master' };
  let outcome: { output?: OperationInput; error?: unknown } | undefined;
  rehearsal.account.call({ service: 'secretsmanager', operation: 'GetSecretValue', input, principal, region }).then(
    (output) => {
      outcome = { output };
    },
    (error: unknown) => {
      outcome = { error };
    },
  );
  await rehearsal.kernel.run({ done: () => outcome !== undefined });
  if (outcome?.output) return outcome.output;
  throw outcome?.error;
}

describe('a secret', () => {
  it('is generated from its template, the same for the same seed, and stands in no line of the log', async () => {
    const first = await databasesWorld({ 'us-east-1': { ...ground, Secret: secret } });
    const value = JSON.parse(
      String((await ask(first.rehearsal, 'secretsmanager', 'GetSecretValue', { SecretId: 'master' }))['SecretString']),
    );
    expect(value).toEqual({ username: 'chief', password: expect.stringMatching(/^[A-Za-z0-9]{20}$/) });
    const second = await databasesWorld({ 'us-east-1': { ...ground, Secret: secret } });
    expect(second.secrets.field('us-east-1', 'master', 'password')).toBe(value.password);
    expect(first.rehearsal.log.toLines()).not.toContain(value.password);
  });

  it('is read by a role that may use its key as well, and by no other', async () => {
    const { rehearsal } = await databasesWorld({
      'us-east-1': {
        ...ground,
        Secret: secret,
        Reader: role('reader', ['secretsmanager:GetSecretValue', 'kms:Decrypt']),
        Keyless: role('keyless', ['secretsmanager:GetSecretValue']),
      },
    });
    expect(await asRole(rehearsal, 'reader', 'us-east-1')).toMatchObject({ Name: 'master' });
    await expect(asRole(rehearsal, 'keyless', 'us-east-1')).rejects.toThrow(/not authorized to perform: kms:Decrypt/);
  });

  it('has a copy under the key of the other region, which has to be there first', async () => {
    const copied = {
      ...secret,
      Properties: { ...secret.Properties, ReplicaRegions: [{ Region: 'us-west-2', KmsKeyId: 'alias/secrets' }] },
    };
    const { secrets } = await databasesWorld({ 'us-west-2': ground, 'us-east-1': { ...ground, Secret: copied } });
    const password = secrets.field('us-east-1', 'master', 'password');
    expect(secrets.field('us-west-2', 'master', 'password')).toBe(password);
    await expect(databasesWorld({ 'us-east-1': { ...ground, Secret: copied } })).rejects.toThrow(
      /alias\/secrets of the secret master does not exist in us-west-2/,
    );
  });

  it('with its value in the template is not modelled', async () => {
    const written = { Type: secret.Type, Properties: { Name: 'written', SecretString: 'x' } };
    await expect(databasesWorld({ 'us-east-1': { Written: written } })).rejects.toThrow(/SecretString/);
  });

  it('is told where its database is', async () => {
    const attachment = {
      Type: 'AWS::SecretsManager::SecretTargetAttachment',
      Properties: { SecretId: { Ref: 'Secret' }, TargetId: { Ref: 'Instance' }, TargetType: 'AWS::RDS::DBInstance' },
    };
    const { rehearsal } = await databasesWorld({
      'us-east-1': { ...ground, Secret: secret, Instance: instance, Attachment: attachment },
    });
    const { SecretString: text } = await ask(rehearsal, 'secretsmanager', 'GetSecretValue', { SecretId: 'master' });
    expect(JSON.parse(String(text))).toMatchObject({
      username: 'chief',
      engine: 'postgres',
      host: expect.stringMatching(/^shop\.[0-9a-f]{12}\.us-east-1\.rds\.amazonaws\.com$/),
      port: 5432,
      dbInstanceIdentifier: 'shop',
    });
  });
});

describe('an instance', () => {
  it('takes its time to be available, and its master comes from the secret', async () => {
    const { rehearsal, rds } = await databasesWorld({ 'us-east-1': { ...ground, Secret: secret, Instance: instance } });
    expect(rehearsal.kernel.now() - startsAt).toBeGreaterThan(12 * 60_000);
    expect(rds.instance('us-east-1', 'shop')).toMatchObject({ status: 'available', tlsForced: true, encrypted: true });
    expect(rds.instance('us-east-1', 'shop')?.model.master).toBe('chief');
  });

  it('needs a secret that there is', async () => {
    const { DependsOn: _none, ...alone } = instance;
    await expect(databasesWorld({ 'us-east-1': { ...ground, Instance: alone } })).rejects.toThrow(
      /can't find the specified secret/,
    );
  });

  it('of another engine is not modelled', async () => {
    const mysql = { ...instance, Properties: { ...instance.Properties, Engine: 'mysql' } };
    await expect(databasesWorld({ 'us-east-1': { ...ground, Secret: secret, Instance: mysql } })).rejects.toThrow(
      /engine mysql is not modelled/,
    );
  });
});

const withScheduler = {
  Type: 'AWS::RDS::DBParameterGroup',
  Properties: {
    Family: 'postgres18',
    Parameters: { shared_preload_libraries: 'pg_cron', 'cron.database_name': 'shop', 'cron.log_run': 'off' },
  },
};

/** What prepare-database says. */
const beating: readonly (readonly [string, readonly string[]])[] = [
  ['CREATE SCHEMA IF NOT EXISTS mainstay', []],
  [
    'CREATE TABLE IF NOT EXISTS mainstay.heartbeat (id smallint PRIMARY KEY CHECK (id = 1), epoch bigint NOT NULL, beaten_at timestamptz NOT NULL)',
    [],
  ],
  [
    'INSERT INTO mainstay.heartbeat (id, epoch, beaten_at) VALUES (1, $1, to_timestamp(0)) ON CONFLICT (id) DO NOTHING',
    ['1'],
  ],
  ['CREATE EXTENSION IF NOT EXISTS pg_cron', []],
  [
    'SELECT cron.schedule($1, $2, $3) AS job',
    [
      'mainstay-heartbeat',
      '2 seconds',
      'UPDATE mainstay.heartbeat SET beaten_at = now() WHERE id = 1 AND beaten_at < now()',
    ],
  ],
];

describe('a replica', () => {
  const source = { ...ground, Secret: secret, Instance: instance };

  /** What the replica publishes, minute by minute. */
  async function lagOf({ rehearsal }: Awaited<ReturnType<typeof databasesWorld>>, minutes: number) {
    const from = rehearsal.kernel.now();
    await rehearsal.kernel.run({ until: from + minutes * 60_000 });
    const Metric = {
      Namespace: 'AWS/RDS',
      MetricName: 'ReplicaLag',
      Dimensions: [{ Name: 'DBInstanceIdentifier', Value: 'shop' }],
    };
    const input = {
      MetricDataQueries: [{ Id: 'lag', MetricStat: { Metric, Period: 60, Stat: 'Maximum' } }],
      StartTime: new Date(from),
      EndTime: new Date(rehearsal.kernel.now() + 60_000),
    };
    const principal = { kind: 'person', name: 'engineer' } as const;
    let values: readonly number[] | undefined;
    void rehearsal.account
      .call({ service: 'cloudwatch', operation: 'GetMetricData', principal, input, region: 'us-west-2' })
      .then((output) => {
        values = output['MetricDataResults'][0].Values;
      });
    await rehearsal.kernel.run({ done: () => values !== undefined });
    return values ?? [];
  }

  it('follows its source in the other region', async () => {
    const { rds } = await databasesWorld({ 'us-east-1': source, 'us-west-2': { ...ground, Instance: replica() } });
    expect(rds.instance('us-west-2', 'shop')?.replicaOf).toBe('arn:aws:rds:us-east-1:111111111111:db:shop');
  });

  it('of a source to which nobody writes looks later and later, until the log is switched after five minutes', async () => {
    const world = await databasesWorld({ 'us-east-1': source, 'us-west-2': { ...ground, Instance: replica() } });
    const lags = await lagOf(world, 15);
    expect(Math.max(...lags)).toBeGreaterThan(200);
    expect(Math.max(...lags)).toBeLessThan(302);
    expect(lags.filter((lag) => lag > 5).length).toBeGreaterThan(lags.length / 2);
  });

  it('of a source whose job writes every two seconds is never three seconds late', async () => {
    const scheduling = { ...ground, Secret: secret, Instance: instance, Parameters: withScheduler };
    const world = await databasesWorld({ 'us-east-1': scheduling, 'us-west-2': { ...ground, Instance: replica() } });
    const { model } = world.rds.instance('us-east-1', 'shop') ?? {};
    const transaction = model?.begin();
    for (const [text, values] of beating) transaction?.run(text, values, 'chief');
    transaction?.commit();
    const lags = await lagOf(world, 60);
    expect(Math.max(...lags.slice(0, -1))).toBeLessThan(3);
    expect(lags.length).toBeGreaterThan(55);
  });

  it.each([
    ['a source that there is not', ground, replica(), /does not exist/],
    [
      'a source without backups',
      { ...source, Instance: { ...instance, Properties: { ...instance.Properties, BackupRetentionPeriod: 0 } } },
      replica(),
      /Automated backups are not enabled/,
    ],
    [
      'an encrypted source without a key of its own region',
      source,
      replica({ KmsKeyId: { Ref: 'AWS::NoValue' } }),
      /needs a key of us-west-2/,
    ],
  ])('of %s is refused', async (_what, first, second, message) => {
    await expect(databasesWorld({ 'us-east-1': first, 'us-west-2': { ...ground, Instance: second } })).rejects.toThrow(
      message,
    );
  });
});
