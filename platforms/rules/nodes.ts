import { instanceSize } from '../../domain/instance-size.ts';
import { stages } from '../../domain/names.ts';
import type { Platform } from '../schema.ts';
import { type Finding, type Path, rule } from '../violation.ts';

type Capacity = Platform['cluster']['nodeGroups'][number]['capacity'];

/** Fewest ≤ wanted ≤ most nodes, in every stage. */
export const nodeCapacityIsOrdered = rule(
  ['cluster', 'stages'],
  function nodeCapacityIsOrdered({ cluster, stages: settings }) {
    const capacities: { capacity: Capacity; path: Path }[] = [
      ...cluster.nodeGroups.map(({ capacity }, index) => ({
        capacity,
        path: ['cluster', 'nodeGroups', index, 'capacity'],
      })),
      ...stages.flatMap((stage) =>
        Object.entries(settings[stage].nodeGroups ?? {}).map(([name, capacity]) => ({
          capacity,
          path: ['stages', stage, 'nodeGroups', name],
        })),
      ),
    ];
    return capacities.flatMap(({ capacity, path }): Finding[] =>
      capacity.minimum <= capacity.desired && capacity.desired <= capacity.maximum
        ? []
        : [
            {
              path: [...path, 'desired'],
              value: capacity.desired,
              allowed: `from minimum (${capacity.minimum}) to maximum (${capacity.maximum})`,
              remedy: 'EKS refuses a wanted number outside the range.',
            },
          ],
    );
  },
);

/** Share of a node that pods may ask for; the rest is the kubelet's, the system's and the add-ons'. Assumed. */
const allocatableShare = 0.9;

/**
 * A group's most nodes hold its services' most replicas, in every stage; a routed service counts twice, since during a promotion
 * both slots may be full. Reckoned with the smallest instance type of the group.
 */
export const replicasFitOnNodes = rule(['cluster', 'services', 'stages'], function replicasFitOnNodes(platform) {
  return stages.flatMap((stage) =>
    platform.cluster.nodeGroups.flatMap(({ name, instanceTypes, capacity }, index): Finding[] => {
      const override = platform.stages[stage].nodeGroups?.[name];
      const nodes = (override ?? capacity).maximum;
      const sizes = instanceTypes.flatMap((type) => instanceSize(type) ?? []);
      if (sizes.length < instanceTypes.length) return [];
      const asked = askedOf(platform, stage, name);
      const offered = {
        cpuMillicores: nodes * Math.min(...sizes.map((size) => size.cpuMillicores)) * allocatableShare,
        memoryMebibytes: nodes * Math.min(...sizes.map((size) => size.memoryMebibytes)) * allocatableShare,
      };
      const short = (['cpuMillicores', 'memoryMebibytes'] as const).find((kind) => asked[kind] > offered[kind]);
      if (!short) return [];
      return [
        {
          path: override
            ? ['stages', stage, 'nodeGroups', name, 'maximum']
            : ['cluster', 'nodeGroups', index, 'capacity', 'maximum'],
          value: nodes,
          allowed: `enough nodes for ${asked[short]} ${short} in ${stage}; these give ${Math.floor(offered[short])}`,
          remedy: 'Allow more or larger nodes, or fewer replicas.',
        },
      ];
    }),
  );
});

/** The standby runs every service at its fewest replicas on the fewest nodes: what does not fit there waits until the failover needs it. */
export const standbyHoldsTheFewest = rule(
  ['regions', 'cluster', 'services', 'stages'],
  function standbyHoldsTheFewest(platform) {
    if (!platform.regions.standby) return [];
    return stages
      .filter((stage) => platform.stages[stage].standby)
      .flatMap((stage) =>
        platform.cluster.nodeGroups.flatMap(({ name, instanceTypes, capacity }, index): Finding[] => {
          const override = platform.stages[stage].nodeGroups?.[name];
          const nodes = (override ?? capacity).minimum;
          const sizes = instanceTypes.flatMap((type) => instanceSize(type) ?? []);
          if (sizes.length < instanceTypes.length) return [];
          const asked = askedOf(platform, stage, name, 'minimum');
          const short = (['cpuMillicores', 'memoryMebibytes'] as const).find(
            (kind) => asked[kind] > nodes * Math.min(...sizes.map((size) => size[kind])) * allocatableShare,
          );
          if (!short) return [];
          return [
            {
              path: override
                ? ['stages', stage, 'nodeGroups', name, 'minimum']
                : ['cluster', 'nodeGroups', index, 'capacity', 'minimum'],
              value: nodes,
              allowed: `enough nodes for the ${asked[short]} ${short} of the fewest replicas, which the standby runs`,
              remedy:
                'Keep more or larger nodes, or fewer replicas at least: nothing is launched on the path of a failover.',
            },
          ];
        }),
      );
  },
);

/** Of the most replicas a routed service has both slots full; of the fewest it has one. */
function askedOf(
  platform: Pick<Platform, 'services' | 'stages'>,
  stage: (typeof stages)[number],
  nodeGroup: string,
  count: 'minimum' | 'maximum' = 'maximum',
) {
  const asked = { cpuMillicores: 0, memoryMebibytes: 0 };
  for (const service of platform.services.filter((candidate) => candidate.nodeGroup === nodeGroup)) {
    const override = platform.stages[stage].services?.[service.name];
    const pods = (override?.replicas ?? service.replicas)[count] * (service.route && count === 'maximum' ? 2 : 1);
    const { requests } = override?.resources ?? service.resources;
    asked.cpuMillicores += pods * requests.cpuMillicores;
    asked.memoryMebibytes += pods * requests.memoryMebibytes;
  }
  return asked;
}

/** The group for add-ons takes every pod. */
export const systemNodeGroupIsOpen = rule(['cluster'], function systemNodeGroupIsOpen({ cluster }) {
  const index = cluster.nodeGroups.findIndex((group) => group.name === cluster.systemNodeGroup);
  const group = cluster.nodeGroups[index];
  if (!group || group.taints.length === 0) return [];
  return [
    {
      path: ['cluster', 'systemNodeGroup'],
      value: cluster.systemNodeGroup,
      allowed: 'a node group without taints',
      remedy: "Add-ons and controllers don't tolerate the group's taints. Name another group.",
    },
  ];
});

/** Instance types that a stage, or the standby after a failover, will ask for are offered there. */
export const instanceTypesAreOffered = rule(
  ['regions', 'cluster', 'databases', 'stages'],
  function instanceTypesAreOffered({ regions, cluster, databases, stages: settings }) {
    const used: { type: string; path: Path; standby: boolean }[] = [
      ...cluster.nodeGroups.flatMap((group, index) =>
        group.instanceTypes.map((type, position) => ({
          type,
          path: ['cluster', 'nodeGroups', index, 'instanceTypes', position],
          standby: true,
        })),
      ),
      ...databases.map(({ instanceType }, index) => ({
        type: instanceType,
        path: ['databases', index, 'instanceType'],
        standby: true,
      })),
      ...stages.flatMap((stage) =>
        Object.entries(settings[stage].databases ?? {}).flatMap(([name, { instanceType }]) =>
          instanceType
            ? [
                {
                  type: instanceType,
                  path: ['stages', stage, 'databases', name, 'instanceType'],
                  standby: settings[stage].standby,
                },
              ]
            : [],
        ),
      ),
    ];
    const { primary, standby } = regions;
    return used.flatMap(({ type, path, standby: alsoStandby }): Finding[] =>
      [primary, ...(standby && alsoStandby ? [standby] : [])].flatMap((place): Finding[] =>
        place.instanceTypesOffered.includes(type)
          ? []
          : [
              {
                path,
                value: type,
                allowed: `a type offered in ${place.name}: ${place.instanceTypesOffered.join(', ')}`,
                remedy: `Choose one that both regions offer, or, if ${place.name} does offer it, list it there.`,
              },
            ],
      ),
    );
  },
);
