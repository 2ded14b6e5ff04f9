import { expect, it } from 'vitest';
import { aeon } from '../../platforms/aeon.ts';
import { deliveryOf } from '../../platforms/delivery.ts';
import type { Database, Platform, Service } from '../../platforms/schema.ts';
import { validatePlatform } from '../../platforms/validate.ts';

/*
 * A platform unlike aeon in kind: six MySQL databases, a queue and a cache, all services rolled, tags by commit, daily recovery sets
 * instead of a replica. It has to follow from data alone.
 */
const databaseNames = ['auth', 'organization', 'hr', 'process', 'infrastructure', 'skills'];
const [template, workerTemplate] = aeon.services;
const [databaseTemplate] = aeon.databases;
if (!template || !workerTemplate || !databaseTemplate) throw new Error('aeon has services and a database');

function service(name: string, own: Partial<Service>): Service {
  const { route: _, ...routeless } = template as Service;
  return {
    ...routeless,
    name,
    image: name,
    nodeGroup: 'workers',
    port: 3000,
    replicas: { initial: 2, minimum: 2, maximum: 5 },
    disruption: { availableMinimum: 1 },
    databases: [],
    stores: ['messages', 'cache'],
    network: { ingress: [], egress: [{ peer: { kind: 'dns' }, ports: [53] }] },
    promotion: { strategy: 'rolling', strategiesAllowed: ['rolling'] },
    ...own,
  };
}

function database(name: string): Database {
  const { schemaVersionQuery: _query, invariants: _invariants, ...template } = databaseTemplate as Database;
  return {
    ...template,
    name,
    engine: 'mysql',
    version: '8.4.6',
    storage: { type: 'gp3', gibibytes: 50 },
    replicas: { sameRegion: 0, crossRegion: false },
    logExports: ['error', 'slowquery'],
  };
}

const stage = { approval: { required: false, timeoutSeconds: 3600 }, imageRetentionDays: 90, standby: false };

const twin: Platform = {
  ...aeon,
  name: 'twin',
  gateway: { ...aeon.gateway, dns: { zoneId: 'Z0123456789EXAMPLE', zoneName: 'twin.example.com' } },
  services: [
    service('api-gateway', {
      route: { hostnames: ['api.twin.example.com'], pathPrefix: '/' },
      network: { ingress: [{ peer: { kind: 'gateway' }, ports: [3000] }], egress: [] },
    }),
    ...databaseNames.map((name) => service(name, { databases: [name] })),
  ],
  serviceLevels: [],
  databases: databaseNames.map(database),
  stores: [
    {
      kind: 'rabbitmq',
      name: 'messages',
      nodes: 3,
      port: 5672,
      durable: true,
      deadLetterQueues: true,
      defaultUser: false,
    },
    { kind: 'redis', name: 'cache', memoryMebibytes: 300, port: 6379, replicas: 2 },
  ],
  images: {
    ...aeon.images,
    tagConvention: '{commit}',
    mutableTags: [],
    repositories: ['api-gateway', ...databaseNames].map((name) => ({ name })),
  },
  secrets: {
    readsAudited: false,
    entries: databaseNames.map((name) => ({ name, kind: 'mysql', opens: name, consumers: [name] })),
  },
  recovery: { platform: { recoveryTimeMinutesMax: 240, recoveryPointMinutesMax: 1440 }, decision: 'person' },
  backups: {
    recoverySets: {
      everyMinutes: 1440,
      startsAtUtc: '02:00',
      beforeEveryDeployment: false,
      keep: { hourly: 0, daily: 7, weekly: 4, monthly: 0 },
      retentionDays: 28,
      copiedToStandby: true,
    },
    manualSnapshotQuota: 100,
  },
  alarms: [],
  stages: {
    development: stage,
    staging: stage,
    // All seven services share the workers' nodes: four hold their fewest replicas in the standby.
    production: { ...stage, standby: true, nodeGroups: { workers: { minimum: 4, desired: 5, maximum: 50 } } },
  },
};

it('holds a platform of other kinds by data alone', () => {
  expect(validatePlatform(twin)).toEqual(twin);
});

it('delivers it by rolling, under its own convention', () => {
  expect(deliveryOf(twin, 'production', 'hr')).toMatchObject({
    strategy: 'rolling',
    tagPattern: '^(?<commit>[0-9a-f]{7,40})$',
    limits: { errorRatePercentMax: 5 },
  });
});
