import { backupVariables } from '../../domain/backups.ts';
import { interlockTableName } from '../../domain/interlock.ts';
import { approvalsTableName, severities, stateMachineName, topicName, type WorkflowName } from '../../domain/names.ts';
import { rotationVariables } from '../../domain/rotation.ts';
import type { RetentionSettings } from '../../domain/workflows/image-retention.ts';
import { backupSettingsOf } from '../backup/settings.ts';
import type { Environment } from '../environment.ts';
import type { ClusterAccess } from '../stacks/cluster-stack.ts';

/** What a function is told, in the words of `lambdas/handling/environment.ts`. */
export type Setting =
  | 'cluster'
  | 'topics'
  | 'approvals'
  | 'interlock'
  | 'reign'
  | 'retention'
  | 'promotion'
  | 'rollout'
  | 'backups'
  | 'authorities'
  | 'restores';

/** Environment variables of a task's function: no more than it reads. */
export function taskEnvironment(
  settings: readonly Setting[],
  environment: Environment,
  cluster: ClusterAccess,
  region = environment.platform.regions.primary.name,
): Record<string, string> {
  const of: Record<Setting, () => Record<string, string>> = {
    cluster: () => clusterEnvironment(cluster),
    topics: () => topicEnvironment(environment, region),
    approvals: () => ({ MAINSTAY_APPROVALS_TABLE: approvalsTableName(environment.name) }),
    interlock: () => ({ [rotationVariables.interlockTable]: interlockTableName(environment.name) }),
    reign: () => ({
      [rotationVariables.interlockTable]: interlockTableName(environment.name),
      MAINSTAY_PRIMARY_REGION: environment.platform.regions.primary.name,
    }),
    rollout: () => ({ [rotationVariables.rolloutStateMachine]: machineArn(environment, region, 'secret-rollout') }),
    backups: () => backupEnvironment(environment),
    authorities: () => authorities,
    // From names that their stack makes: it adds them itself.
    restores: () => ({}),
    promotion: () => ({ MAINSTAY_PROMOTION: machineArn(environment, region, 'canary-promotion') }),
    retention: () => ({ MAINSTAY_IMAGE_RETENTION: JSON.stringify(retentionSettingsOf(environment)) }),
  };
  return Object.assign({ MAINSTAY_ENVIRONMENT: environment.name }, ...settings.map((setting) => of[setting]()));
}

/** With what every backup asks first: who reigns, and whether a failover is on. */
function backupEnvironment(environment: Environment): Record<string, string> {
  return {
    [backupVariables.settings]: JSON.stringify(backupSettingsOf(environment)),
    [rotationVariables.interlockTable]: interlockTableName(environment.name),
    MAINSTAY_PRIMARY_REGION: environment.platform.regions.primary.name,
  };
}

function clusterEnvironment(cluster: ClusterAccess): Record<string, string> {
  return {
    MAINSTAY_CLUSTER_NAME: cluster.name,
    MAINSTAY_CLUSTER_ENDPOINT: cluster.endpoint,
    MAINSTAY_CLUSTER_CA: cluster.certificateAuthority,
  };
}

function topicEnvironment(environment: Environment, region: string): Record<string, string> {
  return Object.fromEntries(
    severities.map((severity) => [
      `MAINSTAY_TOPIC_${severity.toUpperCase()}`,
      `arn:aws:sns:${region}:${environment.account}:${topicName(environment.name, severity)}`,
    ]),
  );
}

function machineArn({ name, account }: Environment, region: string, workflow: WorkflowName): string {
  return `arn:aws:states:${region}:${account}:stateMachine:${stateMachineName(name, workflow)}`;
}

/**
 * RDS signs its certificates by authorities that Node does not know; the runtime brings them, unread unless asked for.
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html#nodejs-certificate-loading
 */
export const authorities = { NODE_EXTRA_CA_CERTS: '/var/runtime/ca-cert.pem' } as const;

function retentionSettingsOf({ platform, stage }: Environment): RetentionSettings {
  const { primary, standby, images } = platform.regions;
  return {
    platform: platform.name,
    stage,
    tagConvention: platform.images.tagConvention,
    retentionDays: platform.settings.imageRetentionDays,
    keepNewest: platform.images.keepNewest,
    regions: [primary.name, ...images.filter((region) => region !== primary.name)],
    recoverySetRegions: [primary.name, ...(standby ? [standby.name] : [])],
  };
}
