import { rdsArn } from './rds-access.ts';
import type { RdsContext } from './rds-context.ts';
import type { DatabaseInstanceState } from './rds-instances.ts';
import type { Operation } from './service.ts';

const day = 24 * 60 * 60_000;
/** 'RDS uploads transaction logs for DB instances to Amazon S3 every five minutes': https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIT.html */
const logUploadMilliseconds = 5 * 60_000;

/** Times to which an instance can be restored; undefined for one without automated backups. */
export function restorableWindow(
  { world }: RdsContext,
  { backupRetentionDays, status, createdAt }: DatabaseInstanceState,
): { readonly earliest: number; readonly latest: number } | undefined {
  if (backupRetentionDays === 0 || status === 'creating') return undefined;
  const now = world.account.kernel.now();
  const latest = Math.floor(now / logUploadMilliseconds) * logUploadMilliseconds;
  return { earliest: Math.max(createdAt, now - backupRetentionDays * day), latest };
}

/** https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBInstanceAutomatedBackups.html Those of instances that are gone are not kept. */
export function automatedBackupOperations(context: RdsContext): Record<string, Operation> {
  return {
    DescribeDBInstanceAutomatedBackups: {
      inputs: ['DBInstanceIdentifier'],
      authorise: (_input, call) => [
        { action: 'rds:DescribeDBInstanceAutomatedBackups', resources: [rdsArn(call, 'auto-backup', '*')] },
      ],
      run: (input, { region }) => {
        const asked = input['DBInstanceIdentifier'];
        const here = context.instances.all.filter(
          (instance) => instance.region === region && (asked === undefined || instance.identifier === asked),
        );
        const backups = here.flatMap((instance) => {
          const window = restorableWindow(context, instance);
          if (!window) return [];
          return [
            {
              DBInstanceIdentifier: instance.identifier,
              DBInstanceArn: instance.arn,
              DbiResourceId: instance.resourceId,
              Region: region,
              Status: 'active',
              RestoreWindow: { EarliestTime: new Date(window.earliest), LatestTime: new Date(window.latest) },
              BackupRetentionPeriod: instance.backupRetentionDays,
              Encrypted: instance.encrypted,
              ...(instance.keyArn === undefined ? {} : { KmsKeyId: instance.keyArn }),
            },
          ];
        });
        return { DBInstanceAutomatedBackups: backups };
      },
    },
  };
}
