import type { Stage } from '../domain/names.ts';
import type { Platform, StageSettings } from './schema.ts';

/** A platform as one stage deploys it: overrides applied, `settings` its stage's own. */
export interface StagedPlatform extends Omit<Platform, 'stages'> {
  readonly stage: Stage;
  readonly settings: StageSettings;
}

/**
 * The platform's figures with one stage's overrides applied. Stacks read this and never `stages`; so a stage differs by data
 * alone. Without a standby of its own a stage replicates no database and its images only stay where all stages' images go.
 */
export function platformAt(platform: Platform, stage: Stage): StagedPlatform {
  const { stages, ...base } = platform;
  const settings = stages[stage];
  return {
    ...base,
    stage,
    settings,
    regions: regionsAt(platform, settings),
    cluster: {
      ...base.cluster,
      nodeGroups: base.cluster.nodeGroups.map((group) => ({
        ...group,
        capacity: settings.nodeGroups?.[group.name] ?? group.capacity,
      })),
    },
    services: base.services.map((service) => serviceAt(service, settings)),
    databases: base.databases.map((database) => databaseAt(database, settings)),
  };
}

function regionsAt(platform: Platform, settings: StageSettings): Platform['regions'] {
  const { primary, standby, images } = platform.regions;
  const withGateways = (place: typeof primary): typeof primary => ({
    ...place,
    vpc: { ...place.vpc, natGateways: settings.natGateways ?? place.vpc.natGateways },
  });
  return {
    primary: withGateways(primary),
    ...(settings.standby && standby ? { standby: withGateways(standby) } : {}),
    images,
  };
}

function serviceAt(service: Platform['services'][number], settings: StageSettings): Platform['services'][number] {
  const override = settings.services?.[service.name];
  const hostnames = settings.hostnames?.[service.name];
  return {
    ...service,
    replicas: override?.replicas ?? service.replicas,
    resources: override?.resources ?? service.resources,
    disruption: override?.disruption ?? service.disruption,
    promotion: { ...service.promotion, strategy: override?.strategy ?? service.promotion.strategy },
    ...(service.route ? { route: { ...service.route, hostnames: hostnames ?? service.route.hostnames } } : {}),
  };
}

function databaseAt(database: Platform['databases'][number], settings: StageSettings): Platform['databases'][number] {
  const override = settings.databases?.[database.name];
  return {
    ...database,
    instanceType: override?.instanceType ?? database.instanceType,
    multipleZones: override?.multipleZones ?? database.multipleZones,
    deletionProtection: override?.deletionProtection ?? database.deletionProtection,
    storage: { ...database.storage, gibibytes: override?.gibibytes ?? database.storage.gibibytes },
    replicas: { ...database.replicas, crossRegion: settings.standby && database.replicas.crossRegion },
  };
}
