import { approvalsTableName, severities, topicName } from '../../domain/names.ts';
import type { RetentionSettings } from '../../domain/workflows/image-retention.ts';
import type { Environment } from '../environment.ts';
import type { ClusterAccess } from '../stacks/cluster-stack.ts';

/** What a function is told, in the words of `lambdas/handling/environment.ts`. */
export type Setting = 'cluster' | 'topics' | 'approvals' | 'retention';

/** Environment variables of a task's function: no more than it reads. */
export function taskEnvironment(
  settings: readonly Setting[],
  environment: Environment,
  cluster: ClusterAccess,
): Record<string, string> {
  const of: Record<Setting, () => Record<string, string>> = {
    cluster: () => clusterEnvironment(cluster),
    topics: () => topicEnvironment(environment),
    approvals: () => ({ MAINSTAY_APPROVALS_TABLE: approvalsTableName(environment.name) }),
    retention: () => ({ MAINSTAY_IMAGE_RETENTION: JSON.stringify(retentionSettingsOf(environment)) }),
  };
  return Object.assign({ MAINSTAY_ENVIRONMENT: environment.name }, ...settings.map((setting) => of[setting]()));
}

function clusterEnvironment(cluster: ClusterAccess): Record<string, string> {
  return {
    MAINSTAY_CLUSTER_NAME: cluster.name,
    MAINSTAY_CLUSTER_ENDPOINT: cluster.endpoint,
    MAINSTAY_CLUSTER_CA: cluster.certificateAuthority,
  };
}

function topicEnvironment(environment: Environment): Record<string, string> {
  const region = environment.platform.regions.primary.name;
  return Object.fromEntries(
    severities.map((severity) => [
      `MAINSTAY_TOPIC_${severity.toUpperCase()}`,
      `arn:aws:sns:${region}:${environment.account}:${topicName(environment.name, severity)}`,
    ]),
  );
}

function retentionSettingsOf({ platform, stage }: Environment): RetentionSettings {
  const { primary, images } = platform.regions;
  return {
    platform: platform.name,
    stage,
    tagConvention: platform.images.tagConvention,
    retentionDays: platform.settings.imageRetentionDays,
    keepNewest: platform.images.keepNewest,
    regions: [primary.name, ...images.filter((region) => region !== primary.name)],
  };
}
