import { z } from 'zod';
import { canaryStep, strategies } from '../domain/delivery.ts';
import { alarm } from './schema/alarms.ts';
import { databaseInstanceType, name, percent, positive } from './schema/basics.ts';
import { cluster, nodeGroup } from './schema/cluster.ts';
import { backups, database, recovery, secrets, store } from './schema/data.ts';
import { images } from './schema/images.ts';
import { gateway, regions } from './schema/network.ts';
import { replicas, resources, service, serviceLevel } from './schema/services.ts';

const promotion = z.strictObject({
  canarySteps: z.array(canaryStep).min(1),
  /** Share of the canary's requests that must succeed. */
  successPercentMin: percent,
  automaticRollback: z.boolean(),
  /** Chance of ever rolling back a release that is no worse, over a whole promotion. */
  falseRollbackPercentMax: z.number().gt(0).max(10),
  inconclusive: z.strictObject({ holdSeconds: z.int().min(0), timeoutSeconds: positive }),
});

/**
 * How a stage differs from the platform's figures above it: by data only. What is not named here is the same in every
 * stage. A stage is a deployment of its own, with its own network and cluster.
 */
export const stageSettings = z.strictObject({
  approval: z.strictObject({ required: z.boolean(), timeoutSeconds: positive }),
  /** `by-itself`: an image that is pushed for this stage is promoted once its checks have ended. Absent: a person starts each promotion. */
  releases: z.enum(['by-itself', 'by-a-person']).optional(),
  imageRetentionDays: positive,
  /** Whether this stage has its own standby region. */
  standby: z.boolean(),
  natGateways: positive.optional(),
  hostnames: z.record(name, z.array(z.string().min(1)).min(1)).optional(),
  services: z
    .record(
      name,
      z.strictObject({
        replicas: replicas.optional(),
        resources: resources.optional(),
        disruption: service.shape.disruption.optional(),
        /** How it is released in this stage unless a release asks for another. */
        strategy: z.enum(strategies).optional(),
      }),
    )
    .optional(),
  nodeGroups: z.record(name, nodeGroup.shape.capacity).optional(),
  databases: z
    .record(
      name,
      z.strictObject({
        instanceType: databaseInstanceType.optional(),
        multipleZones: z.boolean().optional(),
        gibibytes: positive.optional(),
        deletionProtection: z.boolean().optional(),
      }),
    )
    .optional(),
});

/** One platform, all of it: the only input of a deployment and of a rehearsal. Every object refuses unknown fields. */
export const platformSchema = z.strictObject({
  name,
  title: z.string().min(1),
  regions,
  gateway,
  cluster,
  services: z.array(service).min(1),
  serviceLevels: z.array(serviceLevel),
  databases: z.array(database),
  stores: z.array(store),
  images,
  secrets,
  recovery,
  backups,
  promotion,
  alarms: z.array(alarm),
  /** Share of requests and executions that leave a trace, beside one a second. */
  tracing: z.strictObject({ samplePercent: percent }),
  stages: z.strictObject({ development: stageSettings, staging: stageSettings, production: stageSettings }),
});

export type Platform = z.infer<typeof platformSchema>;
export type Service = Platform['services'][number];
export type Place = Platform['regions']['primary'];
export type NodeGroup = Platform['cluster']['nodeGroups'][number];
export type Database = Platform['databases'][number];
export type Store = Platform['stores'][number];
export type Secret = Platform['secrets']['entries'][number];
export type Alarm = Platform['alarms'][number];
export type Connection = Service['network']['ingress'][number];
export type Peer = Connection['peer'];
export type Probe = Service['probes']['liveness'];
export type StageSettings = Platform['stages']['production'];
