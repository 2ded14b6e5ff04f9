import {
  CreateDBSnapshotCommand,
  DescribeExportTasksCommand,
  type DescribeExportTasksCommandOutput,
  StartExportTaskCommand,
} from '@aws-sdk/client-rds';
import { describe, expect, it } from 'vitest';
import { createS3, type S3 } from '../../../rehearsal/aws/s3.ts';
import { minute, primary, type RdsWorld, rdsWorld } from './rds-world.ts';

/** The role that writes, let in by this service. */
function writer(service: string, action: string) {
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      RoleName: 'writer',
      AssumeRolePolicyDocument: {
        Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
      },
      Policies: [
        {
          PolicyName: 'own',
          PolicyDocument: {
            Statement: [{ Effect: 'Allow', Action: action, Resource: 'arn:aws:s3:::exports/*' }],
          },
        },
      ],
    },
  };
}

const exporter = 'export.rds.amazonaws.com';

async function withSnapshot(role = writer(exporter, 's3:PutObject')): Promise<RdsWorld> {
  const world = await rdsWorld({
    primaryResources: { Bucket: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'exports' } }, Writer: role },
    modules: [createS3],
  });
  await world.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier: 'shop', DBSnapshotIdentifier: 'first' }));
  await world.wait(5 * minute);
  return world;
}

const start = (world: RdsWorld, name: string, more: object = {}) =>
  world.send(
    new StartExportTaskCommand({
      ExportTaskIdentifier: name,
      SourceArn: world.arn(primary, 'snapshot', 'first'),
      S3BucketName: 'exports',
      S3Prefix: 'daily',
      IamRoleArn: 'arn:aws:iam::111111111111:role/writer',
      KmsKeyId: 'alias/secrets',
      ...more,
    }),
  );

async function tasks(world: RdsWorld, input: object = {}) {
  const answer = await world.send<DescribeExportTasksCommandOutput>(new DescribeExportTasksCommand(input));
  return answer.ExportTasks ?? [];
}

describe('an export', () => {
  it('writes a snapshot into the bucket as the role', async () => {
    const world = await withSnapshot();
    expect(await start(world, 'one')).toMatchObject({ ExportTaskIdentifier: 'one', PercentProgress: 0 });
    await world.wait(10 * minute);
    expect(await tasks(world, { ExportTaskIdentifier: 'one' })).toMatchObject([{ Status: 'IN_PROGRESS' }]);
    await world.wait(31 * minute);
    expect(await tasks(world)).toMatchObject([{ Status: 'COMPLETE', PercentProgress: 100 }]);
    const { keys } = world.rehearsal.account.service<S3>('s3').buckets.require('exports', primary);
    expect(keys).toContain('daily/one/export_info_one.json');
  });

  it.each([
    ['a role that may not write', writer(exporter, 's3:GetObject'), /s3:PutObject/],
    ['a role that does not let RDS in', writer('lambda.amazonaws.com', 's3:PutObject'), /trust policy/],
  ])('with %s fails, and says why', async (_what, role, cause) => {
    const world = await withSnapshot(role);
    await start(world, 'one');
    await world.wait(45 * minute);
    expect(await tasks(world)).toMatchObject([{ Status: 'FAILED', FailureCause: expect.stringMatching(cause) }]);
  });

  it('runs beside four others at most', async () => {
    const world = await withSnapshot();
    for (let number = 0; number < 6; number++) await start(world, `task-${number}`);
    await world.wait(minute);
    const states = (await tasks(world)).map(({ Status }) => Status);
    expect(states.filter((status) => status === 'IN_PROGRESS')).toHaveLength(5);
    expect(states.at(-1)).toBe('STARTING');
    await world.wait(85 * minute);
    expect(new Set((await tasks(world)).map(({ Status }) => Status))).toEqual(new Set(['COMPLETE']));
  });

  it('is refused under a name that is taken, with a colon in the prefix, and of no snapshot', async () => {
    const world = await withSnapshot();
    await start(world, 'one');
    await expect(start(world, 'one')).rejects.toMatchObject({ name: 'ExportTaskAlreadyExistsFault' });
    await expect(start(world, 'two', { S3Prefix: 'a:b' })).rejects.toMatchObject({ name: 'InvalidParameterValue' });
    await expect(tasks(world, { ExportTaskIdentifier: 'none' })).rejects.toMatchObject({
      name: 'ExportTaskNotFoundFault',
    });
  });
});
