import type { Platform } from '../schema.ts';
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

/** What a service names exists: image, node group, databases, stores, and the other ends of its connections. */
export const servicesReferToWhatExists = rule(
  ['services', 'images', 'cluster', 'databases', 'stores'],
  function servicesReferToWhatExists(platform) {
    const { services } = platform;
    const peers = services.flatMap((service, index) =>
      (['ingress', 'egress'] as const).flatMap((direction) =>
        service.network[direction].map(({ peer }, position) => ({
          peer,
          path: ['services', index, 'network', direction, position, 'peer'] as Path,
        })),
      ),
    );
    const each = (
      pick: (service: Platform['services'][number]) => readonly string[],
      field: string,
      plural: boolean,
    ): Reference[] =>
      services.flatMap((service, index) =>
        pick(service).map((name, position) => ({
          name,
          path: ['services', index, field, ...(plural ? [position] : [])],
        })),
      );
    return [
      ...missing(
        each((service) => [service.image], 'image', false),
        platform.images.repositories,
        'images.repositories',
      ),
      ...missing(
        each((service) => [service.nodeGroup], 'nodeGroup', false),
        platform.cluster.nodeGroups,
        'cluster.nodeGroups',
      ),
      ...missing(
        [
          ...each((service) => service.databases, 'databases', true),
          ...peers.flatMap(({ peer, path }) =>
            peer.kind === 'database' ? [{ name: peer.database, path: [...path, 'database'] }] : [],
          ),
        ],
        platform.databases,
        'databases',
      ),
      ...missing(
        [
          ...each((service) => service.stores, 'stores', true),
          ...peers.flatMap(({ peer, path }) =>
            peer.kind === 'store' ? [{ name: peer.store, path: [...path, 'store'] }] : [],
          ),
        ],
        platform.stores,
        'stores',
      ),
      ...missing(
        peers.flatMap(({ peer, path }) =>
          peer.kind === 'service' ? [{ name: peer.service, path: [...path, 'service'] }] : [],
        ),
        services,
        'services',
      ),
    ];
  },
);

/** What alarms, service levels, secrets, stores and recovery name exists. */
export const othersReferToWhatExists = rule(
  ['services', 'databases', 'stores', 'cluster', 'alarms', 'serviceLevels', 'secrets', 'recovery'],
  function othersReferToWhatExists(platform) {
    const { alarms, secrets, stores } = platform;
    const ofAlarms = (key: 'service' | 'database' | 'store'): Reference[] =>
      alarms.flatMap(({ metric }, index) => {
        const name = (metric as Record<string, unknown>)[key];
        return typeof name === 'string' ? [{ name, path: ['alarms', index, 'metric', key] }] : [];
      });
    const opened = secrets.entries.flatMap(({ opens }, index) =>
      opens === undefined ? [] : [{ name: opens, path: ['secrets', 'entries', index, 'opens'] as Path }],
    );
    return [
      ...missing(
        [
          ...ofAlarms('service'),
          ...platform.serviceLevels.map(({ service }, index) => ({
            name: service,
            path: ['serviceLevels', index, 'service'] as Path,
          })),
          ...secrets.entries.flatMap(({ consumers }, index) =>
            consumers.map((name, position) => ({
              name,
              path: ['secrets', 'entries', index, 'consumers', position] as Path,
            })),
          ),
          ...(platform.recovery.criticalServices?.services ?? []).map((name, index) => ({
            name,
            path: ['recovery', 'criticalServices', 'services', index] as Path,
          })),
        ],
        platform.services,
        'services',
      ),
      ...missing(ofAlarms('database'), platform.databases, 'databases'),
      ...missing(ofAlarms('store'), stores, 'stores'),
      ...missing(opened, [...platform.databases, ...stores], 'databases and stores'),
      ...missing(
        [
          ...stores.flatMap((store, index) =>
            store.kind === 'volume' ? [{ name: store.nodeGroup, path: ['stores', index, 'nodeGroup'] as Path }] : [],
          ),
          { name: platform.cluster.systemNodeGroup, path: ['cluster', 'systemNodeGroup'] },
        ],
        platform.cluster.nodeGroups,
        'cluster.nodeGroups',
      ),
    ];
  },
);

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
