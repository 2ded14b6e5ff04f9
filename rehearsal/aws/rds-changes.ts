import { databaseChangeMilliseconds, databaseDeletionMilliseconds, databaseRestartMilliseconds } from './durations.ts';
import { rdsArn, resourceTags } from './rds-access.ts';
import { beginBackups, newSnapshot, takeSnapshot } from './rds-backups.ts';
import { drawn, inBackground, pause, type RdsContext } from './rds-context.ts';
import { describeInstance } from './rds-describe.ts';
import { type DatabaseInstanceState, requireStatus } from './rds-instances.ts';
import { snapshotIdentifier } from './rds-snapshots.ts';
import { AwsError, type Operation, type OperationInput, Unmodelled } from './service.ts';

/** The decision on one action on one instance. */
export function onInstance(context: RdsContext, operation: string): Operation['authorise'] {
  return (input, call) => {
    const name = String(input['DBInstanceIdentifier']);
    const conditions = resourceTags('db', context.instances.find(call.region, name)?.tags ?? new Map());
    return [{ action: `rds:${operation}`, resources: [rdsArn(call, 'db', name)], conditions }];
  };
}

/** https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html and its like. */
export function changeOperations(context: RdsContext): Record<string, Operation> {
  return { ModifyDBInstance: modifyInstance(context), DeleteDBInstance: deleteInstance(context) };
}

function modifyInstance(context: RdsContext): Operation {
  const { instances } = context;
  return {
    inputs: [
      'DBInstanceIdentifier',
      'ApplyImmediately',
      'BackupRetentionPeriod',
      'PreferredBackupWindow',
      'MultiAZ',
      'DeletionProtection',
      'CopyTagsToSnapshot',
      'NewDBInstanceIdentifier',
    ],
    authorise: onInstance(context, 'ModifyDBInstance'),
    run: (input, { region }) => {
      const instance = instances.require(region, input['DBInstanceIdentifier']);
      requireStatus(instance, 'available');
      if (input['MultiAZ'] !== undefined && input['ApplyImmediately'] !== true) {
        throw new Unmodelled('ModifyDBInstance without ApplyImmediately is not modelled: no maintenance happens.');
      }
      if (input['BackupRetentionPeriod'] === 0 && instances.replicasOf(instance).length > 0) {
        throw new AwsError('InvalidParameterCombination', `${instance.identifier} has replicas: its backups stay on.`);
      }
      const name = input['NewDBInstanceIdentifier'];
      if (name !== undefined && (input['ApplyImmediately'] !== true || input['MultiAZ'] !== undefined)) {
        throw new Unmodelled(
          'ModifyDBInstance gives another identifier at once, and changes nothing else that takes time.',
        );
      }
      if (name !== undefined) instances.requireFree(region, String(name));
      // At once: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.DBInstance.Modifying.html
      if (input['DeletionProtection'] !== undefined) instance.deletionProtection = input['DeletionProtection'];
      if (input['CopyTagsToSnapshot'] !== undefined) instance.copyTagsToSnapshot = input['CopyTagsToSnapshot'];
      const lasting = ['BackupRetentionPeriod', 'PreferredBackupWindow', 'MultiAZ'].some(
        (name) => input[name] !== undefined,
      );
      if (name !== undefined) inBackground(context, () => rename(context, instance, String(name).toLowerCase()));
      if (lasting) inBackground(context, () => apply(context, instance, input));
      return { DBInstance: describeInstance(context, instance) };
    },
  };
}

/**
 * 'When you rename a DB instance, … the DB instance is rebooted'; replicas go on following, and so does an outage that comes meanwhile.
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_RenameInstance.html
 */
async function rename(context: RdsContext, instance: DatabaseInstanceState, name: string): Promise<void> {
  const { instances, sessions, lostRegions } = context;
  instances.become(instance, 'renaming');
  instance.outage ??= 'restarting';
  sessions.end(instance);
  await pause(context, drawn(context, 'restart', databaseRestartMilliseconds), `rename ${instance.identifier}`);
  if (!instances.stands(instance)) return;
  instances.rename(instance, name);
  instances.become(instance, 'rebooting');
  if (lostRegions.has(instance.region)) return;
  delete instance.outage;
  instances.become(instance, 'available');
}

async function apply(context: RdsContext, instance: DatabaseInstanceState, input: OperationInput): Promise<void> {
  const { instances } = context;
  const { BackupRetentionPeriod: days, PreferredBackupWindow: window, MultiAZ: multiAz } = input;
  instances.become(instance, 'modifying');
  await pause(context, drawn(context, 'change', databaseChangeMilliseconds), `change ${instance.identifier}`);
  if (!instances.stands(instance)) return;
  const hadBackups = instance.backupRetentionDays > 0;
  const planned = days !== undefined || window !== undefined;
  if (days !== undefined) instance.backupRetentionDays = days;
  if (window !== undefined) instance.backupWindow = window;
  if (multiAz !== undefined) {
    instance.multiAz = multiAz;
    if (multiAz) instance.secondaryZone = `${instance.region}${instance.zone.endsWith('a') ? 'b' : 'a'}`;
    else delete instance.secondaryZone;
  }
  if (instance.status === 'modifying') instances.become(instance, 'available');
  // 'When you enable automated backups, an immediate backup is taken': .../UserGuide/USER_WorkingWithAutomatedBackups.Enabling.html
  if (planned && (!hadBackups || window !== undefined)) beginBackups(context, instance, { first: !hadBackups });
}

function deleteInstance(context: RdsContext): Operation {
  const { instances, snapshots } = context;
  return {
    inputs: ['DBInstanceIdentifier', 'SkipFinalSnapshot', 'FinalDBSnapshotIdentifier', 'DeleteAutomatedBackups'],
    authorise: onInstance(context, 'DeleteDBInstance'),
    run: (input, { region }) => {
      const instance = instances.require(region, input['DBInstanceIdentifier']);
      if (input['DeleteAutomatedBackups'] === false)
        throw new Unmodelled('Retained automated backups are not modelled.');
      // That one being created or restarted is refused as well is assumed; the page names only those being deleted.
      requireStatus(instance, 'available', 'backing-up');
      if (instance.deletionProtection) {
        throw new AwsError(
          'InvalidParameterCombination',
          'Cannot delete protected DB Instance, please disable deletion protection and try again.',
        );
      }
      const skip = input['SkipFinalSnapshot'] === true;
      const final = input['FinalDBSnapshotIdentifier'];
      if (skip !== (final === undefined)) {
        throw new AwsError(
          'InvalidParameterCombination',
          'FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified, and refused with it.',
        );
      }
      const name = skip ? undefined : snapshotIdentifier(final);
      if (name !== undefined) snapshots.requireRoom(region, name);
      instances.become(instance, 'deleting');
      inBackground(context, () => remove(context, instance, name));
      return { DBInstance: describeInstance(context, instance) };
    },
  };
}

async function remove(context: RdsContext, instance: DatabaseInstanceState, final: string | undefined): Promise<void> {
  const { instances, snapshots, replication, world } = context;
  if (final !== undefined) {
    const snapshot = newSnapshot(context, instance, { identifier: final, type: 'manual', tags: new Map() });
    await takeSnapshot(context, instance, snapshot);
    instances.become(instance, 'deleting');
  }
  await pause(context, drawn(context, 'deletion', databaseDeletionMilliseconds), `delete ${instance.identifier}`);
  for (const replica of instances.replicasOf(instance)) replication.cut(replica, 'source');
  const { postgres, account } = world;
  const { real } = instance;
  if (postgres && real) await account.kernel.hold(() => postgres.remove(real));
  const own = snapshots
    .in(instance.region)
    .filter(({ type, source }) => type === 'automated' && source.resourceId === instance.resourceId);
  for (const snapshot of own) snapshots.remove(snapshot);
  replication.forget(instance);
  context.sessions.end(instance);
  instances.remove(instance);
}
