import { type Finding, type Path, rule } from '../violation.ts';

interface Reference {
  readonly path: Path;
  readonly name: string;
}

/** Names are unique among their kind: constructs, alarms and Kubernetes objects are named by them. */
export const namesAreUnique = rule(
  ['services', 'databases', 'stores', 'images', 'cluster', 'secrets', 'alarms'],
  function namesAreUnique(platform) {
    const lists: [Path, readonly { name: string }[]][] = [
      [['services'], platform.services],
      [['databases'], platform.databases],
      [['stores'], platform.stores],
      [['images', 'repositories'], platform.images.repositories],
      [['cluster', 'nodeGroups'], platform.cluster.nodeGroups],
      [['secrets', 'entries'], platform.secrets.entries],
      [['alarms'], platform.alarms],
    ];
    return lists.flatMap(([path, entries]) =>
      entries.flatMap(({ name }, index): Finding[] =>
        entries.findIndex((entry) => entry.name === name) === index
          ? []
          : [
              {
                path: [...path, index, 'name'],
                value: name,
                allowed: 'a name of its own',
                remedy: 'Rename one of the two.',
              },
            ],
      ),
    );
  },
);

/** What a service names exists: image, node group, databases and stores. */
export const servicesReferToWhatExists = rule(
  ['services', 'images', 'cluster', 'databases', 'stores'],
  function servicesReferToWhatExists({ services, images, cluster, databases, stores }) {
    return services.flatMap((service, index): Finding[] => {
      const path = ['services', index];
      return [
        ...missing([{ path: [...path, 'image'], name: service.image }], images.repositories, 'images.repositories'),
        ...missing(
          [{ path: [...path, 'nodeGroup'], name: service.nodeGroup }],
          cluster.nodeGroups,
          'cluster.nodeGroups',
        ),
        ...missing(listed([...path, 'databases'], service.databases), databases, 'databases'),
        ...missing(listed([...path, 'stores'], service.stores), stores, 'stores'),
      ];
    });
  },
);

/** The other end of a connection exists. */
export const peersExist = rule(
  ['services', 'databases', 'stores'],
  function peersExist({ services, databases, stores }) {
    return services.flatMap((service, index) =>
      (['ingress', 'egress'] as const).flatMap((direction) =>
        service.network[direction].flatMap(({ peer }, position): Finding[] => {
          const path = ['services', index, 'network', direction, position, 'peer'];
          switch (peer.kind) {
            case 'service':
              return missing([{ path: [...path, 'service'], name: peer.service }], services, 'services');
            case 'database':
              return missing([{ path: [...path, 'database'], name: peer.database }], databases, 'databases');
            case 'store':
              return missing([{ path: [...path, 'store'], name: peer.store }], stores, 'stores');
            default:
              return [];
          }
        }),
      ),
    );
  },
);

/** What an alarm watches exists. */
export const alarmsWatchWhatExists = rule(
  ['alarms', 'services', 'databases', 'stores'],
  function alarmsWatchWhatExists({ alarms, services, databases, stores }) {
    return alarms.flatMap(({ metric }, index): Finding[] => {
      const path = ['alarms', index, 'metric'];
      return [
        ...('service' in metric
          ? missing([{ path: [...path, 'service'], name: metric.service }], services, 'services')
          : []),
        ...('database' in metric
          ? missing([{ path: [...path, 'database'], name: metric.database }], databases, 'databases')
          : []),
        ...('store' in metric ? missing([{ path: [...path, 'store'], name: metric.store }], stores, 'stores') : []),
      ];
    });
  },
);

/** Services that levels, objectives and secrets speak of exist, and what a secret opens. */
export const promisesAreOfWhatExists = rule(
  ['serviceLevels', 'recovery', 'secrets', 'services', 'databases', 'stores'],
  function promisesAreOfWhatExists({ serviceLevels, recovery, secrets, services, databases, stores }) {
    const named: Reference[] = [
      ...serviceLevels.map(({ service }, index) => ({ name: service, path: ['serviceLevels', index, 'service'] })),
      ...listed(['recovery', 'criticalServices', 'services'], recovery.criticalServices?.services ?? []),
      ...secrets.entries.flatMap(({ consumers }, index) =>
        listed(['secrets', 'entries', index, 'consumers'], consumers),
      ),
    ];
    const opened: Reference[] = secrets.entries.flatMap(({ opens }, index) =>
      opens === undefined ? [] : [{ name: opens, path: ['secrets', 'entries', index, 'opens'] }],
    );
    return [
      ...missing(named, services, 'services'),
      ...missing(opened, [...databases, ...stores], 'databases and stores'),
    ];
  },
);

/** Node groups that stores and add-ons are placed on exist. */
export const nodeGroupsExist = rule(['stores', 'cluster'], function nodeGroupsExist({ stores, cluster }) {
  const named: Reference[] = stores.flatMap((store, index) =>
    store.kind === 'volume' ? [{ name: store.nodeGroup, path: ['stores', index, 'nodeGroup'] }] : [],
  );
  const system = { name: cluster.systemNodeGroup, path: ['cluster', 'systemNodeGroup'] };
  return missing([...named, system], cluster.nodeGroups, 'cluster.nodeGroups');
});

/** What a stage overrides exists. */
export const stagesOverrideWhatExists = rule(
  ['stages', 'services', 'cluster', 'databases', 'regions'],
  function stagesOverrideWhatExists(platform) {
    return Object.entries(platform.stages).flatMap(([stage, settings]): Finding[] => {
      const names = (field: 'services' | 'hostnames' | 'nodeGroups' | 'databases'): Reference[] =>
        Object.keys(settings[field] ?? {}).map((name) => ({ name, path: ['stages', stage, field, name] }));
      const standby: Finding[] =
        settings.standby && !platform.regions.standby
          ? [
              {
                path: ['stages', stage, 'standby'],
                value: true,
                allowed: 'false, without regions.standby',
                remedy: 'Give the platform a standby region, or this stage none.',
              },
            ]
          : [];
      return [
        ...missing([...names('services'), ...names('hostnames')], platform.services, 'services'),
        ...missing(names('nodeGroups'), platform.cluster.nodeGroups, 'cluster.nodeGroups'),
        ...missing(names('databases'), platform.databases, 'databases'),
        ...standby,
      ];
    });
  },
);

function listed(path: Path, names: readonly string[]): Reference[] {
  return names.map((name, index) => ({ name, path: [...path, index] }));
}

function missing(references: readonly Reference[], known: readonly { name: string }[], where: string): Finding[] {
  const names = known.map((entry) => entry.name);
  return references.flatMap(({ path, name }): Finding[] =>
    names.includes(name)
      ? []
      : [
          {
            path,
            value: name,
            allowed: names.length > 0 ? `one of ${where}: ${names.join(', ')}` : `nothing: ${where} is empty`,
            remedy: `Correct the name, or add '${name}' to ${where}.`,
          },
        ],
  );
}
