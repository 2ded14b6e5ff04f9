import { databaseRestartMilliseconds, firstBackupDelayMilliseconds, promotionMilliseconds } from './durations.ts';
import { beginBackups } from './rds-backups.ts';
import { onInstance } from './rds-changes.ts';
import { drawn, inBackground, pause, type RdsContext, serverOf } from './rds-context.ts';
import { describeInstance } from './rds-describe.ts';
import { type DatabaseInstanceState, requireStatus } from './rds-instances.ts';
import { AwsError, type Operation } from './service.ts';

/** https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_PromoteReadReplica.html */
export function promotionOperations(context: RdsContext): Record<string, Operation> {
  return {
    PromoteReadReplica: {
      inputs: ['DBInstanceIdentifier', 'BackupRetentionPeriod', 'PreferredBackupWindow'],
      authorise: onInstance(context, 'PromoteReadReplica'),
      run: (input, { region }) => {
        const replica = context.instances.require(region, input['DBInstanceIdentifier']);
        if (replica.replicaOf === undefined) {
          throw new AwsError('InvalidDBInstanceState', `DB Instance ${replica.identifier} is not a read replica.`);
        }
        // 'a read replica cannot be promoted to a standalone instance when it is in the backing-up status'
        requireStatus(replica, 'available');
        const backups = {
          days: Number(input['BackupRetentionPeriod'] ?? 1),
          window: String(input['PreferredBackupWindow'] ?? replica.backupWindow),
        };
        context.instances.become(replica, 'modifying');
        // Nothing more is taken from the source: what it commits from now on is lost to this one.
        context.replication.cut(replica, 'promotion');
        inBackground(context, () => promote(context, replica, backups));
        return { DBInstance: describeInstance(context, replica) };
      },
    },
  };
}

async function promote(
  context: RdsContext,
  replica: DatabaseInstanceState,
  backups: { readonly days: number; readonly window: string },
): Promise<void> {
  const { instances, faults } = context;
  const whole = drawn(context, 'promotion', promotionMilliseconds);
  const restart = drawn(context, 'restart', databaseRestartMilliseconds);
  const hangs = faults.promotionHangsMilliseconds;
  if (!Number.isFinite(hangs)) return;
  await pause(context, whole - restart + hangs, `promote ${replica.identifier}`);
  if (!instances.stands(replica) || replica.status !== 'modifying') return;
  instances.become(replica, 'rebooting');
  await standAlone(context, replica);
  await pause(context, restart, `restart ${replica.identifier}`);
  if (!instances.stands(replica)) return;
  replica.backupRetentionDays = backups.days;
  replica.backupWindow = backups.window;
  if (replica.outage === 'restarting') delete replica.outage;
  instances.become(replica, 'available');
  await pause(context, firstBackupDelayMilliseconds, `first backup of ${replica.identifier}`);
  const stands = instances.find(replica.region, replica.identifier);
  if (stands === replica) beginBackups(context, replica, { first: stands.status === 'available' });
}

/** It has its own data from here on: those that had come. */
async function standAlone(context: RdsContext, replica: DatabaseInstanceState): Promise<void> {
  const { sessions, replication, groups, world } = context;
  const { kernel, log } = world.account;
  const position = replication.positionOf(replica);
  const { parameters } = groups.parameters(replica.region, replica.parameterGroup);
  replica.outage = 'restarting';
  sessions.end(replica);
  replica.model = replication
    .modelOf(replica)
    .copy({ server: serverOf(context, replica.region, parameters), asOf: position });
  const { real } = replica;
  if (real) {
    await kernel.hold(async () => {
      await real.promote();
      await real.reboot();
    });
  }
  const { identifier, region, replicaOf } = replica;
  log.write('database.promoted', {
    database: identifier,
    region,
    source: replicaOf,
    position: new Date(position).toISOString(),
  });
  delete replica.replicaOf;
  replication.forget(replica);
}
