import type { FailoverPlan } from '../../domain/failover-plan.ts';
import { wayName } from '../../domain/failover-settings.ts';
import type { Environment } from '../environment.ts';

/** By the first routed service, and its own readiness: what it answers there says that it serves. Null where no zone holds the hosts. */
export function entranceOf({ name, platform }: Pick<Environment, 'name' | 'platform'>): FailoverPlan['entrance'] {
  const { gateway, regions, services } = platform;
  const first = services.find(({ route }) => route);
  const [hostname] = first?.route?.hostnames ?? [];
  if (!gateway.dns || !regions.standby || !first || hostname === undefined) return null;
  const { zoneName } = gateway.dns;
  const ways = [regions.primary.name, regions.standby.name].map((region) => [region, wayName(name, region, zoneName)]);
  return { hostname, path: first.probes.readiness.path, ways: Object.fromEntries(ways) };
}

/** Hostnames of a service beside its own: the region's way in leads to the service that answers for the platform. */
export function waysTo(
  service: string,
  environment: Pick<Environment, 'name' | 'platform'>,
  region: string,
): readonly string[] {
  const way = entranceOf(environment)?.ways[region];
  const first = environment.platform.services.find(({ route }) => route);
  return way !== undefined && first?.name === service ? [way] : [];
}
