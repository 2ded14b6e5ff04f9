import { recoverySecondsMin } from '../../domain/failover-budget.ts';
import { type Finding, type Path, rule } from '../violation.ts';

/** A witness that is lost with one of the two says nothing about them. */
export const witnessIsAThirdRegion = rule(
  ['recovery', 'regions'],
  function witnessIsAThirdRegion({ recovery, regions }) {
    const witness = recovery.fencing?.witness;
    if (witness === undefined) return [];
    const { primary, standby } = regions;
    const path = ['recovery', 'fencing', 'witness'] as const;
    if (!standby) {
      return [
        {
          path,
          value: witness,
          allowed: 'none, without regions.standby',
          remedy: 'Take it out: nobody takes over, so the primary holds no lease.',
        },
      ];
    }
    if (witness !== primary.name && witness !== standby.name) return [];
    return [
      {
        path,
        value: witness,
        allowed: `a region that is neither ${primary.name} nor ${standby.name}`,
        remedy: 'Choose a third one that fails with neither; it needs nothing of the platform.',
      },
    ];
  },
);

/** Promotion, resolvers and the lease's end take their time, whatever a definition asks for. */
export const waitsFitTheRecoveryTime = rule(
  ['recovery', 'regions'],
  function waitsFitTheRecoveryTime({ recovery, regions }) {
    const minutes = recovery.platform.recoveryTimeMinutesMax;
    if (!regions.standby || minutes * 60 >= recoverySecondsMin) return [];
    return [
      {
        path: ['recovery', 'platform', 'recoveryTimeMinutesMax'],
        value: minutes,
        allowed: `${recoverySecondsMin / 60} or more`,
        remedy:
          'The end of the lease, the promotion of a replica and the caches of resolvers take that long together (docs/decisions/0025).',
      },
    ];
  },
);

/** Hostnames are led to the standby by records that stand before anything is lost; what is not in a zone would stay with the lost region. */
export const trafficCanFollow = rule(
  ['gateway', 'regions', 'services', 'stages'],
  function trafficCanFollow({ gateway, regions, services, stages }) {
    const { dns, scheme } = gateway;
    const path = ['gateway', 'dns'] as const;
    if (dns && scheme === 'internal') {
      return [
        {
          path,
          value: dns.zoneName,
          allowed: 'none, for an internal gateway',
          remedy: "Take it out: Route 53's checkers reach no internal address.",
        },
      ];
    }
    const hosts: Host[] = [
      ...services.flatMap(({ route }, service) =>
        hostsAt(route?.hostnames ?? [], ['services', service, 'route', 'hostnames']),
      ),
      ...Object.entries(stages).flatMap(([stage, { hostnames }]) =>
        Object.entries(hostnames ?? {}).flatMap(([service, names]) =>
          hostsAt(names, ['stages', stage, 'hostnames', service]),
        ),
      ),
    ];
    if (!dns) {
      if (!regions.standby || scheme === 'internal' || hosts.length === 0) return [];
      return [
        {
          path,
          value: undefined,
          allowed: 'the public zone of the hostnames, where there is a standby',
          remedy: 'Give the zone of Route 53 that holds them: a failover turns its records by a health check.',
        },
      ];
    }
    return hosts
      .filter(({ host }) => host !== dns.zoneName && !host.endsWith(`.${dns.zoneName}`))
      .map(
        ({ host, path }): Finding => ({
          path,
          value: host,
          allowed: `names in the zone ${dns.zoneName}`,
          remedy: 'Use a name in gateway.dns.zoneName: records of other zones would not follow a failover.',
        }),
      );
  },
);

interface Host {
  readonly host: string;
  readonly path: Path;
}

function hostsAt(hosts: readonly string[], path: Path): Host[] {
  return hosts.map((host, index) => ({ host, path: [...path, index] }));
}
