import { describe, expect, it } from 'vitest';
import { actionsOf, propertiesWhere, resourcesOf, taskStatements, templates } from '../synthesized.ts';

const all = templates();
const both = [
  ['us-east-1', all['AeonBackups'], 'us-west-2'],
  ['us-west-2', all['AeonStandbyBackups'], 'us-east-1'],
] as const;

const tasks = [
  'create-volume-snapshots',
  'look-at-volume-snapshots',
  'copy-volume-snapshots',
  'look-at-copied-volumes',
  'export-cluster-state',
  'record-versions',
  'copy-objects',
  'start-export',
  'look-at-export',
  'archive-export',
  'watch-backups',
];

describe.each(both)('backups in %s', (region, template, other) => {
  const statements = (task: string) => taskStatements(template, `mainstay-aeon-${task}`);
  const resourcesFor = (task: string, action: string): string[] =>
    statements(task)
      .filter(({ Action }) => [Action].flat().includes(action))
      .flatMap(({ Resource }) => [Resource].flat() as string[]);

  it('are looked after five and twelve minutes past each hour, by a schedule that is on in both regions', () => {
    const rule = propertiesWhere(template, 'AWS::Events::Rule', 'Name', 'mainstay-aeon-watch-backups');
    expect(rule).toMatchObject({ ScheduleExpression: 'cron(5,12 * * * ? *)', State: 'ENABLED' });
  });

  it.each([
    ['backup-missed', 'BackupsMissed', 'critical'],
    ['backup-failed', 'BackupsFailed', 'critical'],
    ['backup-late', 'BackupsLate', 'warning'],
    ['backup-not-copied', 'BackupCopiesNotVerified', 'warning'],
  ])(
    '%s alarms at the first bad value, and silence between two looks neither rings nor ends it',
    (name, metric, severity) => {
      const alarm = propertiesWhere(template, 'AWS::CloudWatch::Alarm', 'AlarmName', `mainstay-aeon-${name}`);
      expect(alarm).toMatchObject({
        Namespace: 'Mainstay',
        MetricName: metric,
        Dimensions: [{ Name: 'Environment', Value: 'aeon' }],
        Threshold: 1,
        Period: 60,
        EvaluationPeriods: 1,
        TreatMissingData: 'ignore',
        AlarmActions: [`arn:aws:sns:${region}:111111111111:mainstay-aeon-${severity}`],
      });
    },
  );

  it('read no value of a secret, delete no object, and unlock nothing', () => {
    const actions = tasks.flatMap((task) => actionsOf(statements(task)));
    for (const never of [
      'secretsmanager:GetSecretValue',
      's3:DeleteObject',
      's3:DeleteObjectVersion',
      's3:BypassGovernanceRetention',
    ])
      expect(actions).not.toContain(never);
  });

  it('delete snapshots of volumes with the tag of this environment alone', () => {
    for (const task of tasks) {
      for (const { Action, Condition } of statements(task)) {
        if (![Action].flat().includes('ec2:DeleteSnapshot')) continue;
        expect(Condition).toEqual({ StringEquals: { 'aws:ResourceTag/mainstay.dev/environment': 'aeon' } });
      }
    }
    expect(resourcesFor('create-volume-snapshots', 'ec2:DeleteSnapshot')).toEqual([
      `arn:aws:ec2:${region}::snapshot/*`,
    ]);
    expect(resourcesFor('copy-volume-snapshots', 'ec2:DeleteSnapshot')).toEqual([`arn:aws:ec2:${other}::snapshot/*`]);
  });

  it('are written to places of their own, and to the other region by who copies alone', () => {
    const sets = (where: string) => `arn:aws:s3:::mainstay-aeon-sets-111111111111-${where}`;
    expect(resourcesFor('export-cluster-state', 's3:PutObject')).toEqual([`${sets(region)}/cluster-state/*`]);
    expect(resourcesFor('copy-objects', 's3:PutObject')).toEqual([`${sets(other)}/*`]);
    expect(resourcesFor('archive-export', 's3:PutObject')).toEqual([
      `arn:aws:s3:::mainstay-aeon-archive-111111111111-${region}/*`,
    ]);
  });

  it('are measured under our own namespace alone, and the watcher asks nothing of the other region', () => {
    const measured = statements('watch-backups').find(({ Action }) =>
      [Action].flat().includes('cloudwatch:PutMetricData'),
    );
    expect(measured?.['Condition']).toEqual({ StringEquals: { 'cloudwatch:namespace': 'Mainstay' } });
    expect(JSON.stringify(statements('watch-backups'))).not.toContain(other);
  });
});

it('every function of the parts is there in both regions', () => {
  for (const [, template] of both) {
    const names = Object.values(resourcesOf(template, 'AWS::Lambda::Function')).map(
      ({ Properties }) => Properties['FunctionName'],
    );
    expect(names).toEqual(expect.arrayContaining(tasks.map((task) => `mainstay-aeon-${task}`)));
  }
});
