import { otherRegion } from '../../domain/failover-plan.ts';
import { failoverMetrics } from '../../domain/failover-settings.ts';
import { readinessMetrics } from '../../domain/readiness.ts';
import { recoverySetsTableName } from '../../domain/recovery-set.ts';
import { lookAtReadinessInput } from '../../domain/workflows/readiness.ts';
import { rdsQuotas } from '../aws/database-quotas.ts';
import { dnsSignals } from '../aws/dns-signals.ts';
import { ecrImageRegistry } from '../aws/image-registry.ts';
import { rdsInstances } from '../aws/instances.ts';
import { kmsKeyStates } from '../aws/key-states.ts';
import { cloudWatchMeasurements } from '../aws/measurements.ts';
import { eksNodeGroups } from '../aws/node-groups.ts';
import { snsNotifications } from '../aws/notifications.ts';
import { ssmStandbyParameters } from '../aws/parameters.ts';
import { iamPolicyEvaluation } from '../aws/policy-evaluation.ts';
import { dynamoRecoverySets } from '../aws/recovery-sets.ts';
import { secretIndex } from '../aws/secret-index.ts';
import { secretLogins } from '../aws/secrets.ts';
import { oldestBeat } from '../failover/masters.ts';
import { wholePlanOf } from '../failover/plans.ts';
import { newestSet } from '../failover/restore-newest-set.ts';
import { failoverPorts, regionReign } from '../failover/wiring.ts';
import { clusterSettings, readinessSettingsOf, topicSettings } from '../handling/environment.ts';
import { task } from '../handling/task.ts';
import { KubernetesClient } from '../kubernetes/client.ts';
import { KubernetesServingCluster } from '../kubernetes/serving-cluster.ts';
import { lookAtReadiness } from './look-at-readiness.ts';
import { looksOf } from './looks.ts';

const common = failoverPorts();
const { environment, region, parameters } = common;
const settings = readinessSettingsOf();
const reign = regionReign(region);
const logins = secretLogins(region);
const records = dynamoRecoverySets(recoverySetsTableName(environment));
const clusterOf = clusterSettings();
const measurements = cloudWatchMeasurements(region);
const standing = {
  ...common,
  settings,
  reign,
  instances: rdsInstances(region),
  registry: ecrImageRegistry(region),
  secrets: secretIndex(region),
  keys: kmsKeyStates(region),
  quotas: rdsQuotas(region),
  policies: iamPolicyEvaluation(region),
  nodeGroups: eksNodeGroups(region, clusterOf.clusterName),
  texts: dnsSignals(),
  cluster: new KubernetesServingCluster(new KubernetesClient(clusterOf)),
  newestSet: async (database: string) => {
    const set = await newestSet(database, { region, records });
    return set && new Date(set.startedAt);
  },
};
const ports = {
  ...common,
  reign,
  notifications: snsNotifications(region, topicSettings()),
  keep: (parameter: string, text: string) => ssmStandbyParameters().write(region, parameter, text),
  measure: ({ score, blocking }: { readonly score?: number; readonly blocking: number }) => {
    const figure = (metric: string, value: number, unit: 'Count' | 'None') => ({
      ...{ metric, value, unit },
      dimensions: { Environment: environment },
    });
    return measurements.put(failoverMetrics.namespace, [
      figure(readinessMetrics.blocking, blocking, 'Count'),
      ...(score === undefined ? [] : [figure(readinessMetrics.score, score, 'None')]),
    ]);
  },
};

export const handler = task(lookAtReadinessInput, async () => {
  const whole = await wholePlanOf(environment, parameters);
  const looks = looksOf({
    ...standing,
    ...whole,
    otherSecrets: secretIndex(otherRegion(whole.plan, region)),
    oldestBeat: () => oldestBeat(whole.databases, { logins, parameters }),
  });
  return lookAtReadiness({ ...ports, looks });
});
