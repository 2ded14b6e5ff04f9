import {
  applicationSecretName,
  databaseInstanceName,
  databasesKeyAlias,
  masterSecretName,
} from '../../domain/databases.ts';
import { drillParameterName } from '../../domain/failover-plan.ts';
import { clusterName, functionName, repositoryName, standbyReleaseParameterName } from '../../domain/names.ts';
import { failoverWorkflow } from '../../domain/readiness-permissions.ts';
import type { DrillReport } from '../../domain/workflows/failover-drill.ts';
import type { Eks } from '../aws/eks.ts';
import type { Kms } from '../aws/kms.ts';
import type { LambdaService } from '../aws/lambda.ts';
import type { Rds } from '../aws/rds.ts';
import { BackupSets } from './backup-sets.ts';
import type { ReadinessRunFault } from './readiness-request.ts';
import type { Stage } from './stage.ts';

export interface ReadinessScene {
  readonly stage: Stage;
  readonly regions: { readonly from: string; readonly to: string };
  readonly database: string;
  /** Digest of each service's first version. */
  readonly digests: ReadonlyMap<string, string>;
}

const day = 86_400_000;
const lagMilliseconds = 120_000;
/** A deletion ends, a lease runs out, a launch fails and is seen, an old value is read no more. */
const settlesSeconds = 600;

type Meddle = (scene: ReadinessScene) => Promise<void> | void;

/** What somebody, or the world, has done to the standby. */
const meddling: Readonly<Record<ReadinessRunFault, Meddle>> = {
  'replica-gone': async ({ stage, regions, database }) => {
    const DBInstanceIdentifier = databaseInstanceName(stage.environment, database);
    stage.engineer.tell(`deletes the replica ${DBInstanceIdentifier}`);
    const open = { DBInstanceIdentifier, DeletionProtection: false, ApplyImmediately: true };
    await stage.during(stage.engineer.call('rds', 'ModifyDBInstance', open, regions.to));
    await stage.pass(120);
    const input = { DBInstanceIdentifier, SkipFinalSnapshot: true };
    await stage.during(stage.engineer.call('rds', 'DeleteDBInstance', input, regions.to));
  },
  lag: ({ stage, regions, database }) => {
    const rds = stage.rehearsal.account.service<Rds>('rds');
    const replica = rds.instance(regions.to, databaseInstanceName(stage.environment, database));
    if (replica) rds.delayReplica(replica, lagMilliseconds);
  },
  'lease-not-armed': ({ stage }) => stage.takeRightAway('guard-primary', 'dynamodb:PutItem'),
  'image-missing': async ({ stage, regions, digests }) => {
    const { platform } = stage.request;
    const [service, imageDigest] = [...digests][0] ?? [];
    const image = platform.services.find(({ name }) => name === service)?.image ?? '';
    stage.engineer.tell(`deletes the image of ${service} in ${regions.to}`);
    const input = { repositoryName: repositoryName(platform.name, image), imageIds: [{ imageDigest }] };
    await stage.during(stage.engineer.call('ecr', 'BatchDeleteImage', input, regions.to));
  },
  'secret-missing': async ({ stage, regions, database }) => {
    const { environment, request } = stage;
    const [entry] = request.platform.secrets.entries;
    const SecretId = entry ? applicationSecretName(environment, entry.name) : masterSecretName(environment, database);
    stage.engineer.tell(`ends the replication of ${SecretId}`);
    const input = { SecretId, RemoveReplicaRegions: [regions.to] };
    await stage.during(stage.engineer.call('secretsmanager', 'RemoveRegionsFromReplication', input, regions.from));
  },
  'key-disabled': async ({ stage, regions }) => {
    const alias = `alias/${databasesKeyAlias(stage.environment)}`;
    const KeyId = stage.rehearsal.account.service<Kms>('kms').find(regions.to, alias)?.arn;
    stage.engineer.tell(`disables ${alias} in ${regions.to}`);
    await stage.during(stage.engineer.call('kms', 'DisableKey', { KeyId }, regions.to));
  },
  'permission-denied': ({ stage, regions }) => {
    const { account, iam } = stage.rehearsal;
    const task = functionName(stage.environment, 'promote-database');
    stage.engineer.tell(`denies rds:PromoteReadReplica to ${task}`);
    iam.denyInRole(account.service<LambdaService>('lambda').roleOf(task, regions.to), 'rds:PromoteReadReplica');
  },
  'quota-short': ({ stage, regions }) => {
    const rds = stage.rehearsal.account.service<Rds>('rds');
    rds.quotas.instances = rds.instances.filter(({ region }) => region === regions.to).length;
  },
  'no-capacity': async ({ stage, regions }) => {
    const { nodeGroups } = stage.rehearsal.account.service<Eks>('eks');
    const [group] = nodeGroups.all.filter(({ cluster }) => cluster.options.region === regions.to);
    if (!group) return;
    nodeGroups.capacity.push({ region: regions.to, left: 0 });
    const { minimum, maximum, desired } = group.scaling;
    stage.engineer.tell(`asks for one more node of ${group.options.name}`);
    const input = {
      clusterName: clusterName(stage.environment),
      nodegroupName: group.options.name,
      scalingConfig: { minSize: minimum, maxSize: Math.max(maximum, desired + 1), desiredSize: desired + 1 },
    };
    await stage.during(stage.engineer.call('eks', 'UpdateNodegroupConfig', input, regions.to));
  },
  'no-set': async ({ stage, regions }) => {
    const sets = new BackupSets(stage.rehearsal, stage.environment);
    stage.engineer.tell(`deletes the records of the recovery sets in ${regions.to}`);
    for (const { setId } of sets.entries(regions.to)) {
      const input = { TableName: sets.table, Key: { setId: { S: setId } } };
      await stage.during(stage.engineer.call('dynamodb', 'DeleteItem', input, regions.to));
    }
  },
  'release-behind': async ({ stage, regions, digests }) => {
    const [service = ''] = digests.keys();
    const Name = standbyReleaseParameterName(stage.environment, service);
    stage.engineer.tell(`empties ${Name}`);
    const input = { Name, Value: 'none', Type: 'String', Overwrite: true };
    await stage.during(stage.engineer.call('ssm', 'PutParameter', input, regions.to));
  },
  'drill-old': (scene) => reportDrill(scene, 120, []),
  'drill-failed': (scene) => reportDrill(scene, 3, ['The copy did not take a write.']),
  'not-seen': ({ stage }) => stage.takeRightAway('look-at-readiness', 'iam:SimulatePrincipalPolicy'),
};

async function reportDrill({ stage, regions }: ReadinessScene, days: number, findings: readonly string[]) {
  const { kernel, account } = stage.rehearsal;
  const at = new Date(kernel.now() - days * day).toISOString();
  const name = 'drill';
  const report: DrillReport = {
    environment: stage.environment,
    region: regions.to,
    execution: { arn: `arn:aws:states:${regions.to}:${account.account}:execution:${failoverWorkflow}:${name}`, name },
    startedAt: at,
    endedAt: at,
    passed: findings.length === 0,
    rtoSeconds: 700,
    rpoSeconds: 2,
    steps: [],
    findings: [...findings],
    left: [],
  };
  const Name = drillParameterName(stage.environment);
  const input = { Name, Value: JSON.stringify(report), Type: 'String', Overwrite: true };
  await stage.during(stage.engineer.call('ssm', 'PutParameter', input, regions.to));
}

/** Does what the faults say, and lets it come to pass. */
export async function meddleWithStandby(scene: ReadinessScene, faults: ReadonlySet<string>): Promise<void> {
  for (const [name, meddle] of Object.entries(meddling)) if (faults.has(name)) await meddle(scene);
  await scene.stage.pass(settlesSeconds);
}
