import { pointInTimeRestoreMilliseconds, restoreMilliseconds } from './durations.ts';
import { creation, rdsArn, resourceTags, tagsOf, useKeyForRds } from './rds-access.ts';
import { beginBackups } from './rds-backups.ts';
import { drawn, inBackground, pause, type RdsContext, serverOf } from './rds-context.ts';
import { identityOf, tlsForcedBy, zonesOf } from './rds-creation.ts';
import { describeInstance } from './rds-describe.ts';
import type { DatabaseInstanceState } from './rds-instances.ts';
import { restorableWindow } from './rds-point-in-time.ts';
import { type Snapshot, type SnapshotData, type SnapshotSource, sourceOf } from './rds-snapshots.ts';
import { LazyStorage } from './rds-storage.ts';
import {
  type AuthorisationRequest,
  AwsError,
  type CallContext,
  type Operation,
  type OperationInput,
  Unmodelled,
} from './service.ts';

/** What a restored instance is given; the rest is its source's. */
const inputs = [
  'DBInstanceClass',
  'DBSubnetGroupName',
  'VpcSecurityGroupIds',
  'DBParameterGroupName',
  'Port',
  'MultiAZ',
  'StorageType',
  'BackupRetentionPeriod',
  'PreferredBackupWindow',
  'DeletionProtection',
  'CopyTagsToSnapshot',
  'Tags',
  // Without effect here: no packets flow, nothing is maintained, no log is written.
  'PubliclyAccessible',
  'AutoMinorVersionUpgrade',
  'CACertificateIdentifier',
  'EnableCloudwatchLogsExports',
] as const;

/** What is restored. */
interface Origin {
  readonly source: SnapshotSource;
  readonly keyArn?: string;
  /** Taken when the restore begins, so that it does not depend on a snapshot that is deleted meanwhile (assumed). */
  readonly data: SnapshotData;
  readonly milliseconds: number;
}

/** https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RestoreDBInstanceFromDBSnapshot.html and …ToPointInTime. */
export function restoreOperations(context: RdsContext): Record<string, Operation> {
  const { instances, snapshots } = context;
  return {
    RestoreDBInstanceFromDBSnapshot: {
      inputs: ['DBInstanceIdentifier', 'DBSnapshotIdentifier', ...inputs],
      authorise: (input, call) => {
        const name = String(input['DBSnapshotIdentifier']).replace(/^arn:.*:snapshot:/, '');
        const tags = snapshots.find(call.region, name)?.tags ?? new Map();
        const from = { arn: rdsArn(call, 'snapshot', name), conditions: resourceTags('snapshot', tags) };
        return rights(context, 'RestoreDBInstanceFromDBSnapshot', input['DBInstanceIdentifier'], [from], input, call);
      },
      run: (input, call) => {
        const origin = snapshotOrigin(context, snapshots.require(call.region, input['DBSnapshotIdentifier']));
        return {
          DBInstance: restore(context, String(input['DBInstanceIdentifier']).toLowerCase(), origin, input, call),
        };
      },
    },
    RestoreDBInstanceToPointInTime: {
      inputs: [
        'SourceDBInstanceIdentifier',
        'TargetDBInstanceIdentifier',
        'RestoreTime',
        'UseLatestRestorableTime',
        ...inputs,
      ],
      authorise: (input, call) => {
        const name = String(input['SourceDBInstanceIdentifier']);
        const tags = instances.find(call.region, name)?.tags ?? new Map();
        const from = { arn: rdsArn(call, 'db', name), conditions: resourceTags('db', tags) };
        return rights(
          context,
          'RestoreDBInstanceToPointInTime',
          input['TargetDBInstanceIdentifier'],
          [from],
          input,
          call,
        );
      },
      run: (input, call) => {
        const origin = pointOrigin(context, input, call);
        const target = String(input['TargetDBInstanceIdentifier']).toLowerCase();
        return { DBInstance: restore(context, target, origin, input, call) };
      },
    },
  };
}

/** 'db*, og*, pg*, snapshot*, subgrp*': https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonrds.html */
function rights(
  { instances, snapshots }: RdsContext,
  operation: string,
  identifier: unknown,
  from: readonly { readonly arn: string; readonly conditions?: Record<string, string | readonly string[]> }[],
  input: OperationInput,
  call: CallContext,
): AuthorisationRequest[] {
  const source =
    snapshots.find(call.region, String(input['DBSnapshotIdentifier']))?.source ??
    instances.find(call.region, String(input['SourceDBInstanceIdentifier']));
  const major = majorOf(source?.figures.engineVersion ?? '18');
  const made = rdsArn(call, 'db', String(identifier));
  const others = [
    rdsArn(call, 'subgrp', String(input['DBSubnetGroupName'] ?? 'default')),
    rdsArn(call, 'pg', String(input['DBParameterGroupName'] ?? `default.postgres${major}`)),
    rdsArn(call, 'og', `default:postgres-${major}`),
  ];
  const resources = [{ arn: made }, ...from, ...others.map((arn) => ({ arn }))];
  return creation(operation, resources, { arn: made, tags: tagsOf(input) });
}

function majorOf(version: string): string {
  return version.split('.')[0] ?? '';
}

/** Throws AwsError InvalidDBSnapshotState. */
function snapshotOrigin(context: RdsContext, snapshot: Snapshot): Origin {
  const { source, keyArn, data, status, identifier } = snapshot;
  if (status !== 'available' || !data) {
    throw new AwsError(
      'InvalidDBSnapshotState',
      `The snapshot ${identifier} is ${status}: only one that is available is restored.`,
    );
  }
  if (context.world.postgres && !data.real) {
    throw new Unmodelled(`The restore of the automated ${identifier} is not modelled with real servers.`);
  }
  const milliseconds = drawn(context, 'restore', restoreMilliseconds);
  return { source, data, milliseconds, ...(keyArn === undefined ? {} : { keyArn }) };
}

/** Throws AwsError PointInTimeRestoreNotEnabled, InvalidParameterValue, InvalidParameterCombination; Unmodelled with a real server. */
function pointOrigin(context: RdsContext, input: OperationInput, { region }: CallContext): Origin {
  const instance = context.instances.require(region, input['SourceDBInstanceIdentifier']);
  const window = restorableWindow(context, instance);
  if (!window) {
    throw new AwsError('PointInTimeRestoreNotEnabled', `${instance.identifier} has no automated backups.`);
  }
  const latest = input['UseLatestRestorableTime'] === true;
  if (latest === (input['RestoreTime'] !== undefined)) {
    throw new AwsError('InvalidParameterCombination', 'Either RestoreTime or UseLatestRestorableTime has to come.');
  }
  const at = latest ? window.latest : (input['RestoreTime'] as Date).getTime();
  if (at < window.earliest || at > window.latest) {
    const [from, to] = [window.earliest, window.latest].map((time) => new Date(time).toISOString());
    throw new AwsError(
      'InvalidParameterValue',
      `${instance.identifier} can be restored to a time from ${from} to ${to}.`,
    );
  }
  if (instance.real) throw new Unmodelled('A restore to a point in time is not modelled with real servers.');
  const { parameters } = instance.model.server;
  const model = instance.model.copy({ server: { parameters, now: () => at }, asOf: at });
  const milliseconds = drawn(context, 'restore', pointInTimeRestoreMilliseconds);
  const { keyArn } = instance;
  return {
    source: sourceOf(instance),
    data: { takenAt: at, model },
    milliseconds,
    ...(keyArn === undefined ? {} : { keyArn }),
  };
}

/** Begins; the instance is `creating`. Throws AwsError where RDS would refuse. */
function restore(
  context: RdsContext,
  identifier: string,
  origin: Origin,
  input: OperationInput,
  call: CallContext,
): OperationInput {
  const { instances, quotas } = context;
  instances.requireFree(call.region, identifier);
  if (instances.all.filter(({ region }) => region === call.region).length >= quotas.instances) {
    throw new AwsError(
      'InstanceQuotaExceeded',
      `${call.region} has ${quotas.instances} instances, as many as its quota allows.`,
    );
  }
  if (origin.keyArn !== undefined) useKeyForRds(context.world.account, call, origin.keyArn);
  const instance = made(context, identifier, origin, input, call.region);
  instances.add(instance);
  inBackground(context, () => fill(context, instance, origin));
  return describeInstance(context, instance);
}

async function fill(
  context: RdsContext,
  instance: DatabaseInstanceState,
  { data, milliseconds }: Origin,
): Promise<void> {
  const { instances, groups, world } = context;
  const { region, identifier } = instance;
  await pause(context, milliseconds, `restore ${identifier}`);
  if (!instances.stands(instance)) return;
  const { parameters } = groups.parameters(region, instance.parameterGroup);
  const { kernel } = world.account;
  instance.model = data.model.copy({ server: serverOf(context, region, parameters), asOf: data.takenAt });
  const { postgres } = world;
  const { real } = data;
  if (postgres && real) {
    instance.real = await kernel.hold(() => postgres.restore(real, `${region}/${identifier}`, parameters));
  }
  instance.storage = new LazyStorage(context.faults.coldRestores);
  instances.become(instance, 'available');
  beginBackups(context, instance, { first: true });
}

function made(
  context: RdsContext,
  identifier: string,
  { source, keyArn, data }: Origin,
  input: OperationInput,
  region: string,
): DatabaseInstanceState {
  const { groups, world } = context;
  const { figures } = source;
  const subnets = groups.subnets(region, String(input['DBSubnetGroupName'] ?? 'default'));
  const named = input['DBParameterGroupName'] ?? `default.postgres${majorOf(figures.engineVersion)}`;
  const group = groups.parameters(region, String(named));
  const begun = world.account.kernel.now();
  return {
    ...identityOf(context, { region, identifier, origin: `restored/${identifier}/${begun}` }),
    port: Number(input['Port'] ?? source.port),
    vpcId: subnets.vpcId,
    subnetGroup: subnets.name,
    parameterGroup: group.name,
    tlsForced: tlsForcedBy(group),
    encrypted: keyArn !== undefined,
    ...(keyArn === undefined ? {} : { keyArn }),
    figures: {
      ...figures,
      instanceClass: input['DBInstanceClass'] ?? figures.instanceClass,
      storageType: input['StorageType'] ?? figures.storageType,
      // The VPC's own group, where none is given.
      securityGroupIds: input['VpcSecurityGroupIds'] ?? [],
    },
    status: 'creating',
    // 'default: the snapshot's': https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RestoreDBInstanceFromDBSnapshot.html
    backupRetentionDays: input['BackupRetentionPeriod'] ?? source.backupRetentionDays,
    backupWindow: input['PreferredBackupWindow'] ?? source.backupWindow,
    ...zonesOf(region, input['MultiAZ'] === true),
    deletionProtection: input['DeletionProtection'] === true,
    copyTagsToSnapshot: input['CopyTagsToSnapshot'] === true,
    tags: tagsOf(input),
    model: data.model,
  };
}
