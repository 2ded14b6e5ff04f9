import type { ServiceDelivery } from '../../domain/delivery.ts';
import { slots } from '../../domain/names.ts';
import type { FollowSecretsOutput } from '../../domain/workflows/follow-releases.ts';
import { allPlans } from '../canary/plans.ts';
import type { Parameters } from '../ports/aws.ts';
import type { ConsumerCluster } from '../ports/consumer-cluster.ts';
import { type SecretVersions, versionStages } from '../ports/rotation.ts';
import { allRotationPlans } from '../rotation/plans.ts';

export interface FollowSecretsPorts {
  readonly environment: string;
  readonly parameters: Parameters;
  readonly secrets: Pick<SecretVersions, 'describe'>;
  readonly cluster: Pick<ConsumerCluster, 'readConsumer' | 'writeVersion'>;
}

/**
 * Has the standby's pods mount the copies of secrets anew once the primary has rotated them, as few at a time as their Deployments say. Also in
 * slots that have no pods: what starts there later reads what is current and is not replaced again for it. A secret that rotates here
 * has a rollout of its own. Done twice, the second changes nothing. Throws InvalidRotationPlan, InvalidPlan.
 */
export async function followSecrets(ports: FollowSecretsPorts): Promise<FollowSecretsOutput> {
  const services = new Map((await allPlans(ports.environment, ports.parameters)).map((plan) => [plan.service, plan]));
  const changed: string[] = [];
  for (const { secret, secretName, consumers } of await allRotationPlans(ports.environment, ports.parameters)) {
    const described = consumers.length === 0 ? undefined : await ports.secrets.describe(secretName);
    if (described?.copyOf === undefined) continue;
    const current = [...described.versions].find(([, stages]) => stages.includes(versionStages.current))?.[0];
    if (current === undefined) continue;
    for (const service of consumers.flatMap((consumer) => services.get(consumer) ?? [])) {
      if (await follow(service, secret, current, ports)) changed.push(`${service.service} reads ${secret}`);
    }
  }
  return { changed };
}

async function follow(
  service: ServiceDelivery,
  secret: string,
  versionId: string,
  { cluster }: FollowSecretsPorts,
): Promise<boolean> {
  let written = false;
  for (const slot of service.route ? slots : (['blue'] as const)) {
    const seen = await cluster.readConsumer(service, slot, secret);
    if (seen.versionId === versionId) continue;
    await cluster.writeVersion(service, slot, secret, versionId);
    written = true;
  }
  return written;
}
