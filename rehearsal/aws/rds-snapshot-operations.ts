import { snapshotDeletionMilliseconds } from './durations.ts';
import type { Kms } from './kms.ts';
import { creation, keyNotAccessible, rdsArn, resourceTags, tagsOf } from './rds-access.ts';
import { newSnapshot, takeSnapshot } from './rds-backups.ts';
import { drawn, inBackground, pause, type RdsContext } from './rds-context.ts';
import { describeSnapshot, filtered, part } from './rds-describe.ts';
import { type DatabaseInstanceState, requireStatus } from './rds-instances.ts';
import { type Snapshot, snapshotIdentifier } from './rds-snapshots.ts';
import {
  type AuthorisationRequest,
  AwsError,
  type CallContext,
  type Operation,
  type OperationInput,
} from './service.ts';

/** https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBSnapshot.html and its like. */
export function snapshotOperations(context: RdsContext): Record<string, Operation> {
  return {
    CreateDBSnapshot: createSnapshot(context),
    DeleteDBSnapshot: deleteSnapshot(context),
    DescribeDBSnapshots: describeSnapshots(context),
  };
}

function createSnapshot(context: RdsContext): Operation {
  const { instances, snapshots } = context;
  return {
    inputs: ['DBSnapshotIdentifier', 'DBInstanceIdentifier', 'Tags'],
    authorise: (input, call) => {
      const instance = instances.find(call.region, String(input['DBInstanceIdentifier']));
      const arn = rdsArn(call, 'snapshot', String(input['DBSnapshotIdentifier']));
      const source = {
        arn: rdsArn(call, 'db', String(input['DBInstanceIdentifier'])),
        conditions: resourceTags('db', instance?.tags ?? new Map()),
      };
      return creation('CreateDBSnapshot', [source, { arn }], { arn, tags: tagsOf(input) });
    },
    run: (input, { region }) => {
      const identifier = snapshotIdentifier(input['DBSnapshotIdentifier']);
      const instance = instances.require(region, input['DBInstanceIdentifier']);
      snapshots.requireRoom(region, identifier);
      // 'storage-optimization', the other state in which RDS takes one, is not modelled.
      requireStatus(instance, 'available');
      requireUsableKey(context, instance);
      const snapshot = newSnapshot(context, instance, { identifier, type: 'manual', tags: tagsOf(input) });
      inBackground(context, () => takeSnapshot(context, instance, snapshot));
      return { DBSnapshot: describeSnapshot(snapshot) };
    },
  };
}

/** Throws AwsError KMSKeyNotAccessibleFault where the key is disabled or gone. */
function requireUsableKey({ world }: RdsContext, { region, keyArn }: DatabaseInstanceState): void {
  if (keyArn === undefined) return;
  if (world.account.service<Kms>('kms').find(region, keyArn)?.enabled !== true) throw keyNotAccessible(keyArn);
}

function deleteSnapshot(context: RdsContext): Operation {
  const { snapshots } = context;
  return {
    inputs: ['DBSnapshotIdentifier'],
    authorise: (input, call) => {
      const name = String(input['DBSnapshotIdentifier']);
      const tags = snapshots.find(call.region, name)?.tags ?? new Map();
      const conditions = resourceTags('snapshot', tags);
      return [{ action: 'rds:DeleteDBSnapshot', resources: [rdsArn(call, 'snapshot', name)], conditions }];
    },
    run: (input, { region }) => {
      const snapshot = snapshots.require(region, input['DBSnapshotIdentifier']);
      if (snapshot.type === 'automated') {
        throw new AwsError(
          'InvalidDBSnapshotState',
          `${snapshot.identifier} is an automated snapshot: RDS deletes it.`,
        );
      }
      // 'The DB snapshot must be in the available state to be deleted'; that a failed one can be is assumed.
      if (snapshot.status !== 'available' && snapshot.status !== 'failed') {
        throw new AwsError(
          'InvalidDBSnapshotState',
          `Snapshot ${snapshot.identifier} is currently ${snapshot.status}: it has to be available to be deleted.`,
        );
      }
      snapshots.become(snapshot, 'deleting');
      inBackground(context, async () => {
        const milliseconds = drawn(context, 'snapshot-deletion', snapshotDeletionMilliseconds);
        await pause(context, milliseconds, `deletion of ${snapshot.identifier}`);
        snapshots.remove(snapshot);
      });
      return { DBSnapshot: describeSnapshot(snapshot) };
    },
  };
}

const filters = {
  'db-instance-id': ({ source, region, arn }: Snapshot) => [
    source.identifier,
    rdsArn({ region, account: arn.split(':')[4] ?? '' }, 'db', source.identifier),
  ],
  'db-snapshot-id': ({ identifier, arn }: Snapshot) => [identifier, arn],
  'dbi-resource-id': ({ source }: Snapshot) => [source.resourceId],
  'snapshot-type': ({ type }: Snapshot) => [type],
  engine: () => ['postgres'],
};

function describeSnapshots({ snapshots }: RdsContext): Operation {
  return {
    inputs: [
      'DBInstanceIdentifier',
      'DBSnapshotIdentifier',
      'DbiResourceId',
      'SnapshotType',
      'Filters',
      'MaxRecords',
      'Marker',
    ],
    authorise: (input, call) => listing(input, call),
    run: (input, { region }) => {
      const { DBInstanceIdentifier: instance, DBSnapshotIdentifier: name, DbiResourceId: resource } = input;
      const type = input['SnapshotType'];
      const all = name === undefined ? snapshots.in(region) : [snapshots.require(region, name)];
      const chosen = all.filter(
        (snapshot) =>
          (instance === undefined || snapshot.source.identifier === String(instance).toLowerCase()) &&
          (resource === undefined || snapshot.source.resourceId === resource) &&
          (type === undefined || snapshot.type === type),
      );
      const { items, marker } = part(filtered(chosen, input['Filters'], filters), input);
      return { DBSnapshots: items.map(describeSnapshot), ...marker };
    },
  };
}

/**
 * 'db, snapshot' in the service authorization reference. By which of them RDS decides is assumed: the snapshot where one is named,
 * else the instance, else every snapshot.
 */
function listing(input: OperationInput, call: CallContext): AuthorisationRequest[] {
  const { DBInstanceIdentifier: instance, DBSnapshotIdentifier: name } = input;
  const snapshot = rdsArn(call, 'snapshot', String(name ?? '*').replace(/^arn:.*:snapshot:/, ''));
  const arn = name === undefined && instance !== undefined ? rdsArn(call, 'db', String(instance)) : snapshot;
  return [{ action: 'rds:DescribeDBSnapshots', resources: [arn] }];
}
