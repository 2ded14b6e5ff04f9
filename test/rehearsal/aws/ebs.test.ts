import {
  CopySnapshotCommand,
  CreateSnapshotCommand,
  CreateTagsCommand,
  CreateVolumeCommand,
  DeleteSnapshotCommand,
  DeleteVolumeCommand,
  DescribeSnapshotsCommand,
  DescribeVolumesCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';
import { createEc2, type Ec2 } from '../../../rehearsal/aws/ec2-inert.ts';
import { addVolume } from '../../../rehearsal/aws/ec2-volumes.ts';
import { createKms, type Kms } from '../../../rehearsal/aws/kms.ts';
import { account } from '../assembly/small-assembly.ts';
import { callerRole, type SdkWorld, sdkWorld } from './sdk.ts';

const minute = 60_000;
const key = { Type: 'AWS::KMS::Key', Properties: {} };
const everything = { Effect: 'Allow', Action: ['ec2:*', 'kms:*'], Resource: '*' };

interface World extends SdkWorld {
  readonly ec2: Ec2;
  volume(tags?: Record<string, string>): string;
  keyOf(region: string): string;
  // biome-ignore lint/suspicious/noExplicitAny: each test names the members of the answer that it looks at
  send(command: object, region?: string): Promise<any>;
}

async function world(...statements: readonly object[]): Promise<World> {
  const roles = callerRole(...(statements.length === 0 ? [everything] : statements));
  const made = await sdkWorld(
    [
      { name: 'Small', resources: { Role: roles, Key: key } },
      {
        name: 'Standby',
        region: 'us-west-2',
        resources: {
          Key: key,
          Alias: { Type: 'AWS::KMS::Alias', Properties: { AliasName: 'alias/backups', TargetKeyId: { Ref: 'Key' } } },
        },
      },
    ],
    [createKms, createEc2],
  );
  const { kernel } = made.rehearsal;
  const client = (region: string) => {
    const ec2 = new EC2Client(made.settings(region) as never);
    Object.defineProperty(ec2.config, 'systemClockOffset', { get: () => kernel.now() - Date.now(), set: () => {} });
    return ec2;
  };
  const clients: Readonly<Record<string, EC2Client>> = {
    'us-east-1': client('us-east-1'),
    'us-west-2': client('us-west-2'),
  };
  const ec2 = made.rehearsal.account.service<Ec2>('ec2');
  const kms = made.rehearsal.account.service<Kms>('kms');
  const standby = kms.find('us-west-2', 'alias/backups');
  return {
    ...made,
    ec2,
    keyOf: () => standby?.arn ?? '',
    volume: (tags = {}) => {
      const volume = { region: 'us-east-1', zone: 'us-east-1a', gibibytes: 500, type: 'gp3', encrypted: true };
      return addVolume(ec2.blocks, { ...volume, tags: new Map(Object.entries(tags)) }).id;
    },
    send: (command, region = 'us-east-1') => made.settled(clients[region]?.send(command as never) as Promise<never>),
  };
}

const errorOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'none',
    (error: Error) => error.name,
  );
const tagged = (ResourceType: 'snapshot' | 'volume', Value: string) => ({
  TagSpecifications: [{ ResourceType, Tags: [{ Key: 'set', Value }] }],
});
const withTag = (Value: string) => ({ Filters: [{ Name: 'tag:set', Values: [Value] }] });

describe('volumes', () => {
  it('are found by their tags, page by page', async () => {
    const { send, volume, wait } = await world();
    const ids = Array.from({ length: 7 }, (_, index) => volume({ store: 'graph', number: String(index) }));
    volume({ store: 'queue' });
    await wait(minute);
    const Filters = [
      { Name: 'tag:store', Values: ['gr*'] },
      { Name: 'tag-key', Values: ['number'] },
    ];
    const first = await send(new DescribeVolumesCommand({ Filters, MaxResults: 5 }));
    expect(first.Volumes[0]).toMatchObject({
      VolumeId: ids[0],
      Size: 500,
      State: 'available',
      Encrypted: true,
      Iops: 3000,
    });
    const second = await send(new DescribeVolumesCommand({ Filters, MaxResults: 5, NextToken: first.NextToken }));
    expect([...first.Volumes, ...second.Volumes].map(({ VolumeId }) => VolumeId)).toEqual(ids);
    expect(second.NextToken).toBeUndefined();
    expect(await errorOf(send(new DescribeVolumesCommand({ VolumeIds: ['vol-1'] })))).toBe('InvalidVolume.NotFound');
  });
});

describe('a snapshot', () => {
  it('is pending with a percentage, then completed, and becomes a volume', async () => {
    const { send, volume, wait } = await world();
    const VolumeId = volume();
    const made = await send(
      new CreateSnapshotCommand({ VolumeId, Description: 'hourly', ...tagged('snapshot', 'one') }),
    );
    expect(made).toMatchObject({
      State: 'pending',
      Progress: '0%',
      VolumeSize: 500,
      Tags: [{ Key: 'set', Value: 'one' }],
    });
    const { SnapshotId } = made;
    const described = async () =>
      (await send(new DescribeSnapshotsCommand({ OwnerIds: ['self'], ...withTag('one') }))).Snapshots[0];
    await wait(5 * minute);
    expect((await described()).Progress).toMatch(/^[4-6]\d%$/);
    const create = new CreateVolumeCommand({
      SnapshotId,
      AvailabilityZone: 'us-east-1b',
      VolumeType: 'gp3',
      ClientToken: 'test',
      ...tagged('volume', 'one'),
    });
    expect(await errorOf(send(create))).toBe('IncorrectState');
    await wait(7 * minute);
    expect(await described()).toMatchObject({ State: 'completed', Progress: '100%', CompletionTime: expect.any(Date) });
    const restored = await send(create);
    expect(restored).toMatchObject({ State: 'creating', Size: 500, Encrypted: true, SnapshotId });
    expect((await send(create)).VolumeId).toBe(restored.VolumeId);
    await wait(minute);
    expect((await send(new DescribeVolumesCommand(withTag('one')))).Volumes).toMatchObject([{ State: 'available' }]);
    await send(new DeleteVolumeCommand({ VolumeId: restored.VolumeId }));
    await send(new DeleteSnapshotCommand({ SnapshotId }));
    expect(await errorOf(send(new DeleteSnapshotCommand({ SnapshotId })))).toBe('InvalidSnapshot.NotFound');
  });

  it('of one volume: not within 15 seconds of the last, and five at a time', async () => {
    const { send, volume, wait } = await world();
    const VolumeId = volume();
    const create = () => errorOf(send(new CreateSnapshotCommand({ VolumeId })));
    expect([await create(), await create()]).toEqual(['none', 'SnapshotCreationPerVolumeRateExceeded']);
    for (let more = 0; more < 4; more++) {
      await wait(15_000);
      expect(await create()).toBe('none');
    }
    await wait(15_000);
    expect(await create()).toBe('ConcurrentSnapshotLimitExceeded');
  });
});

describe('a copy', () => {
  it('has a key and tags of its own, and 20 go to a region at a time', async () => {
    const { send, volume, wait, keyOf } = await world();
    const { SnapshotId } = await send(new CreateSnapshotCommand({ VolumeId: volume(), ...tagged('snapshot', 'one') }));
    const copy = new CopySnapshotCommand({
      SourceRegion: 'us-east-1',
      SourceSnapshotId: SnapshotId,
      Encrypted: true,
      KmsKeyId: 'alias/backups',
      ...tagged('snapshot', 'copy'),
    });
    expect(await errorOf(send(copy, 'us-west-2'))).toBe('IncorrectState');
    await wait(15 * minute);
    for (let number = 0; number < 20; number++) await send(copy, 'us-west-2');
    expect(await errorOf(send(copy, 'us-west-2'))).toBe('ResourceLimitExceeded');
    await wait(15 * minute);
    const { Snapshots } = await send(new DescribeSnapshotsCommand(withTag('copy')), 'us-west-2');
    expect(Snapshots).toHaveLength(20);
    expect(Snapshots[0]).toMatchObject({ State: 'completed', KmsKeyId: keyOf('us-west-2') });
  });

  it('under a key that the caller may not use is made and ends as an error', async () => {
    const { send, volume, wait } = await world({ Effect: 'Allow', Action: 'ec2:*', Resource: '*' });
    const { SnapshotId } = await send(new CreateSnapshotCommand({ VolumeId: volume() }));
    await wait(15 * minute);
    const copy = new CopySnapshotCommand({
      SourceRegion: 'us-east-1',
      SourceSnapshotId: SnapshotId,
      KmsKeyId: 'alias/backups',
    });
    const copied = await send(copy, 'us-west-2');
    const { Snapshots } = await send(new DescribeSnapshotsCommand({ SnapshotIds: [copied.SnapshotId] }), 'us-west-2');
    expect(Snapshots).toMatchObject([{ State: 'error', StateMessage: 'Given key ID is not accessible' }]);
  });
});

describe('rights', () => {
  it('a snapshot is judged by its volume, by itself and by its tags', async () => {
    const statement = (Action: string, Resource: string, more: object = {}) => ({
      Effect: 'Allow',
      Action,
      Resource,
      ...more,
    });
    const ofStore = statement('ec2:CreateSnapshot', `arn:aws:ec2:us-east-1:${account}:volume/*`, {
      Condition: { StringEquals: { 'aws:ResourceTag/store': 'graph' } },
    });
    const made = statement('ec2:CreateSnapshot', 'arn:aws:ec2:us-east-1::snapshot/*', {
      Condition: { StringEquals: { 'aws:RequestTag/set': 'one' } },
    });
    const tags = statement('ec2:CreateTags', 'arn:aws:ec2:us-east-1::snapshot/*', {
      Condition: { StringEquals: { 'ec2:CreateAction': 'CreateSnapshot' } },
    });
    const create = async (statements: readonly object[], store: string, set: string) => {
      const { send, volume } = await world(...statements);
      const command = new CreateSnapshotCommand({ VolumeId: volume({ store }), ...tagged('snapshot', set) });
      return errorOf(send(command));
    };
    expect(await create([ofStore, made, tags], 'graph', 'one')).toBe('none');
    expect(await create([ofStore, made, tags], 'queue', 'one')).toBe('UnauthorizedOperation');
    expect(await create([ofStore, made, tags], 'graph', 'two')).toBe('UnauthorizedOperation');
    expect(await create([ofStore, made], 'graph', 'one')).toBe('UnauthorizedOperation');
    const withAccount = { ...made, Resource: `arn:aws:ec2:us-east-1:${account}:snapshot/*` };
    expect(await create([ofStore, withAccount, tags], 'graph', 'one')).toBe('UnauthorizedOperation');
  });

  it('tags come later by a right of their own', async () => {
    const { send, volume } = await world();
    const { SnapshotId } = await send(new CreateSnapshotCommand({ VolumeId: volume() }));
    await send(new CreateTagsCommand({ Resources: [SnapshotId], Tags: [{ Key: 'complete', Value: 'yes' }] }));
    const { Snapshots } = await send(
      new DescribeSnapshotsCommand({ Filters: [{ Name: 'tag:complete', Values: ['yes'] }] }),
    );
    expect(Snapshots).toHaveLength(1);
    const reserved = new CreateTagsCommand({ Resources: [SnapshotId], Tags: [{ Key: 'aws:x', Value: '' }] });
    expect(await errorOf(send(reserved))).toBe('InvalidParameterValue');
  });
});
