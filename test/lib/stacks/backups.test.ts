import { describe, expect, it } from 'vitest';
import { backupSettingsOf } from '../../../lib/backup/settings.ts';
import { environmentOf } from '../../../lib/environment.ts';
import { aeon } from '../../../platforms/aeon.ts';
import { propertiesWhere, resourcesOf, templates } from '../synthesized.ts';

const production = templates();
const staging = templates('staging');
const stacks = { AeonBackups: 'us-east-1', AeonStandbyBackups: 'us-west-2' };
const both = Object.entries(stacks);

interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: Record<string, Record<string, unknown>>;
}

/** Statements of a function's own role, by the action. */
function grantsOf(stack: string, task: string, action: string): readonly Statement[] {
  const roles = resourcesOf(production[stack], 'AWS::IAM::Role');
  const role = Object.values(roles).find(
    ({ Properties }) => Properties['Description'] === `Runs mainstay-aeon-${task}`,
  );
  const policies = (role?.Properties['Policies'] ?? []) as { PolicyDocument: { Statement: Statement[] } }[];
  return policies
    .flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
    .filter(({ Action }) => [Action].flat().includes(action));
}

describe.each(both)('%s', (stack, region) => {
  const template = production[stack];
  const bucket = (name: string) =>
    propertiesWhere(template, 'AWS::S3::Bucket', 'BucketName', `mainstay-aeon-${name}-111111111111-${region}`);

  it('keeps records and sets under a key of its own, when the stack goes as well', () => {
    expect(propertiesWhere(template, 'AWS::KMS::Alias', 'AliasName', 'alias/mainstay/aeon/backups')).toBeDefined();
    const table = propertiesWhere(template, 'AWS::DynamoDB::Table', 'TableName', 'mainstay-aeon-recovery-sets');
    expect(table).toMatchObject({
      SSESpecification: { SSEType: 'KMS' },
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      DeletionProtectionEnabled: true,
    });
    const kept = Object.values(resourcesOf(template)).filter(({ Type }) =>
      ['AWS::KMS::Key', 'AWS::DynamoDB::Table', 'AWS::S3::Bucket'].includes(Type),
    );
    expect(kept.map(({ DeletionPolicy }) => DeletionPolicy)).toEqual([
      'Retain',
      'Retain',
      'Retain',
      'Retain',
      'Retain',
    ]);
  });

  it('has buckets that are versioned, encrypted and never public', () => {
    for (const name of ['sets', 'exports', 'archive']) {
      expect(bucket(name)).toMatchObject({
        VersioningConfiguration: { Status: 'Enabled' },
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' } }],
        },
        PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true },
      });
    }
  });

  it('locks the archive for the years of the definition, and nothing else', () => {
    expect(bucket('archive')).toMatchObject({
      ObjectLockEnabled: true,
      ObjectLockConfiguration: { Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Days: 7 * 366 } } },
    });
    expect(bucket('sets')['ObjectLockEnabled']).toBeUndefined();
    expect(bucket('exports')['ObjectLockEnabled']).toBeUndefined();
  });

  it('lets objects go by what they are, and those of the archive never', () => {
    const days = (name: string) => {
      const { Rules } = bucket(name)['LifecycleConfiguration'] as { Rules: Record<string, unknown>[] };
      return Object.fromEntries(
        Rules.filter(({ Prefix }) => Prefix).map((rule) => [rule['Prefix'], rule['ExpirationInDays']]),
      );
    };
    expect(days('sets')).toEqual({
      'manifests/': 396,
      'configuration/': 396,
      'cluster-state/': 7,
      'application-data/': 7,
    });
    expect(days('exports')).toEqual({ 'exports/': 1 });
    expect(days('archive')).toEqual({});
  });

  it('starts the workflow each hour, in either region, with the due minute', () => {
    const rule = propertiesWhere(template, 'AWS::Events::Rule', 'Name', 'mainstay-aeon-hourly-backup');
    expect(rule).toMatchObject({ ScheduleExpression: 'cron(0 * * * ? *)', State: 'ENABLED' });
    const [target] = rule['Targets'] as { InputTransformer: object }[];
    expect(target?.InputTransformer).toMatchObject({
      InputPathsMap: { time: '$.time' },
      InputTemplate: '{"dueAt":<time>}',
    });
  });

  it('deletes snapshots by the tag of the environment alone, in both regions', () => {
    const [grant] = grantsOf(stack, 'thin-snapshots', 'rds:DeleteDBSnapshot');
    expect(grant?.Condition).toEqual({ StringEquals: { 'aws:ResourceTag/mainstay.dev/environment': 'aeon' } });
    expect([grant?.Resource].flat()).toHaveLength(2);
  });

  it('gives the right to make, delete or copy a snapshot to the task that does it', () => {
    const tasks = ['begin-recovery-set', 'look-at-database-snapshot', 'verify-copy', 'close-recovery-set'];
    for (const action of ['rds:CreateDBSnapshot', 'rds:DeleteDBSnapshot', 'rds:CopyDBSnapshot', 's3:PutObject']) {
      for (const task of tasks) expect(grantsOf(stack, task, action), `${task} ${action}`).toEqual([]);
    }
    expect(grantsOf(stack, 'create-database-snapshot', 'rds:CreateDBSnapshot')).toHaveLength(2);
    expect(grantsOf(stack, 'archive-export', 's3:BypassGovernanceRetention')).toEqual([]);
  });

  it('names what a snapshot is copied to: the key of the other region, by its alias', () => {
    const other = Object.values(stacks).find((each) => each !== region);
    const [grant] = grantsOf(stack, 'copy-database-snapshot', 'kms:CreateGrant');
    expect(grant?.Condition).toEqual({
      StringEquals: { 'kms:ViaService': `rds.${other}.amazonaws.com` },
      'ForAnyValue:StringEquals': { 'kms:ResourceAliases': 'alias/mainstay/aeon/backups' },
    });
  });
});

describe('a stage without a standby', () => {
  it('backs up into its own region', () => {
    const environment = environmentOf(aeon, 'staging', '111111111111');
    const settings = backupSettingsOf(environment);
    const { standby } = environment.platform.regions;
    expect(settings.copiedToStandby).toBe(standby !== undefined);
    expect(Object.keys(staging).filter((name) => name.endsWith('Backups'))).toHaveLength(standby ? 2 : 1);
  });
});
