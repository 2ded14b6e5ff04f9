import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aeon } from '../../platforms/aeon.ts';
import { rules } from '../../platforms/rules/index.ts';
import { changed, violationsOf } from './variants.ts';

type Path = readonly (string | number)[];

/** An entry for a signing key of the API. */
const key = (more: object) => ({ name: 'tokens', kind: 'jwt', consumers: ['aeon-dt-api'], ...more });

function manyDatabases(count: number): object[] {
  const [database] = aeon.databases;
  return Array.from({ length: count }, (_, index) => ({ ...database, name: `d${index}` }));
}

/** Rule, place changed in aeon, what is put there, path that must be named (the place itself unless said). */
const refused: [rule: string, place: Path, value: unknown, path?: string][] = [
  ['addressRangesAreWellFormed', ['regions', 'primary', 'vpc', 'cidr'], '10.0.0.0/15'],
  ['addressRangesAreWellFormed', ['regions', 'primary', 'vpc', 'privateSubnets', 0, 'cidr'], '10.0.11.1/24'],
  ['addressRangesAreWellFormed', ['regions', 'primary', 'vpc', 'privateSubnets', 0, 'cidr'], '10.0.300.0/24'],
  ['addressRangesAreWellFormed', ['cluster', 'publicEndpointCidrs'], ['0.0.0.0/0'], 'cluster.publicEndpointCidrs[0]'],
  ['subnetsLieInTheirVpc', ['regions', 'primary', 'vpc', 'publicSubnets', 1, 'cidr'], '10.9.2.0/24'],
  ['subnetsLieInTheirVpc', ['regions', 'primary', 'vpc', 'privateSubnets', 0, 'cidr'], '10.0.1.128/25'],
  ['zonesSuffice', ['regions', 'primary', 'vpc', 'publicSubnets', 0, 'zone'], 'us-west-2a'],
  ['zonesSuffice', ['regions', 'primary', 'vpc', 'publicSubnets', 1, 'zone'], 'us-east-1a'],
  ['zonesSuffice', ['regions', 'primary', 'vpc', 'privateSubnets', 2, 'zone'], 'us-east-1d'],
  [
    'zonesSuffice',
    ['regions', 'primary', 'vpc', 'privateSubnets'],
    [{ zone: 'us-east-1a', cidr: '10.0.11.0/24' }],
    'regions.primary.vpc.privateSubnets',
  ],
  ['zonesSuffice', ['regions', 'primary', 'vpc', 'natGateways'], 4],
  ['regionsComplement', ['regions', 'standby', 'name'], 'us-east-1'],
  ['regionsComplement', ['regions', 'standby', 'vpc', 'cidr'], '10.0.0.0/16'],
  ['regionsComplement', ['regions', 'images'], ['us-east-1', 'eu-west-1'], 'regions.images'],
  ['regionsComplement', ['regions', 'images', 2], 'us-west-2'],
  ['gatewayIsSafe', ['gateway', 'protocol'], 'http'],
  ['nodeCapacityIsOrdered', ['cluster', 'nodeGroups', 0, 'capacity', 'desired'], 101],
  ['nodeCapacityIsOrdered', ['stages', 'staging', 'nodeGroups', 'api', 'desired'], 1],
  [
    'replicasFitOnNodes',
    ['cluster', 'nodeGroups', 0, 'capacity'],
    { minimum: 3, desired: 5, maximum: 20 },
    'cluster.nodeGroups[0].capacity.maximum',
  ],
  [
    'replicasFitOnNodes',
    ['stages', 'staging', 'nodeGroups', 'api'],
    { minimum: 1, desired: 1, maximum: 2 },
    'stages.staging.nodeGroups.api.maximum',
  ],
  [
    'standbyHoldsTheFewest',
    ['cluster', 'nodeGroups', 1, 'capacity'],
    { minimum: 0, desired: 5, maximum: 50 },
    'cluster.nodeGroups[1].capacity.minimum',
  ],
  [
    'standbyHasZones',
    ['regions', 'standby', 'vpc', 'privateSubnets'],
    [
      { zone: 'us-west-2a', cidr: '10.1.11.0/24' },
      { zone: 'us-west-2b', cidr: '10.1.12.0/24' },
    ],
    'regions.standby.vpc.privateSubnets',
  ],
  ['systemNodeGroupIsOpen', ['cluster', 'systemNodeGroup'], 'api'],
  ['instanceTypesAreOffered', ['cluster', 'nodeGroups', 0, 'instanceTypes', 1], 'm7i.xlarge'],
  ['instanceTypesAreOffered', ['databases', 0, 'instanceType'], 'db.r7g.2xlarge'],
  [
    'instanceTypesAreOffered',
    ['regions', 'standby', 'instanceTypesOffered'],
    ['t3.large', 't3.xlarge', 't3.2xlarge', 'r6i.2xlarge'],
    'databases[0].instanceType',
  ],
  ['replicasAreOrdered', ['services', 0, 'replicas', 'initial'], 2],
  ['replicasAreOrdered', ['services', 0, 'replicas', 'minimum'], 101],
  ['replicasAreOrdered', ['services', 2, 'replicas', 'maximum'], 5],
  ['replicasAreOrdered', ['services', 0, 'disruption', 'availableMinimum'], 4],
  ['replicasAreOrdered', ['stages', 'staging', 'services', 'aeon-dt-api', 'replicas', 'initial'], 20],
  ['requestsLieWithinLimits', ['services', 0, 'resources', 'requests', 'cpuMillicores'], 1001],
  [
    'requestsLieWithinLimits',
    ['services', 0, 'resources', 'limits', 'memoryMebibytes'],
    256,
    'services[0].resources.requests.memoryMebibytes',
  ],
  ['probesFit', ['services', 0, 'probes', 'liveness', 'timeoutSeconds'], 11],
  ['probesFit', ['services', 0, 'rollout', 'readyTimeoutSeconds'], 10],
  ['rolloutCanProceed', ['services', 0, 'rollout', 'surge'], 0],
  ['rolloutCanProceed', ['services', 0, 'rollout', 'drainSeconds'], 60],
  ['connectionsMeet', ['services', 2, 'network', 'ingress'], [], 'services[0].network.egress[5].ports[0]'],
  ['ingressFitsPorts', ['services', 0, 'network', 'ingress', 0, 'ports', 0], 9090],
  ['ingressFitsPorts', ['services', 0, 'network', 'ingress'], [], 'services[0].network.ingress'],
  ['portsDiffer', ['services', 0, 'metricsPort'], 8080],
  ['namesAreUnique', ['services', 1, 'name'], 'aeon-dt-api'],
  ['servicesReferToWhatExists', ['services', 0, 'databases', 0], 'aeon'],
  ['servicesReferToWhatExists', ['services', 0, 'stores', 1], 'cache'],
  ['servicesReferToWhatExists', ['services', 0, 'nodeGroup'], 'web'],
  ['servicesReferToWhatExists', ['services', 0, 'image'], 'aeon-dt-web'],
  ['peersExist', ['services', 2, 'network', 'ingress', 0, 'peer', 'service'], 'aeon-dt-web'],
  ['alarmsWatchWhatExists', ['alarms', 2, 'metric', 'service'], 'api'],
  ['alarmsWatchWhatExists', ['alarms', 5, 'metric', 'database'], 'postgres'],
  ['promisesAreOfWhatExists', ['serviceLevels', 0, 'service'], 'api'],
  ['promisesAreOfWhatExists', ['secrets', 'entries', 0, 'opens'], 'postgres'],
  ['promisesAreOfWhatExists', ['secrets', 'entries', 0, 'consumers', 1], 'worker'],
  ['nodeGroupsExist', ['stores', 0, 'nodeGroup'], 'graph'],
  ['nodeGroupsExist', ['cluster', 'systemNodeGroup'], 'system'],
  [
    'stagesOverrideWhatExists',
    ['stages', 'staging', 'nodeGroups'],
    { web: { minimum: 1, desired: 1, maximum: 1 } },
    'stages.staging.nodeGroups.web',
  ],
  ['stagesOverrideWhatExists', ['regions', 'standby'], undefined, 'stages.production.standby'],
  ['windowsAreApart', ['databases', 0, 'maintenanceWindow', 'startsAtUtc'], '03:30'],
  ['windowsAreApart', ['databases', 0, 'maintenanceWindow', 'durationMinutes'], 15],
  [
    'windowsAreApart',
    ['databases', 0, 'automatedBackups', 'window', 'durationMinutes'],
    90,
    'databases[0].maintenanceWindow.startsAtUtc',
  ],
  ['logsFitEngine', ['databases', 0, 'logExports', 0], 'slowquery'],
  ['replicasHaveBackedUpSource', ['databases', 0, 'automatedBackups', 'retentionDays'], 0],
  [
    'poolsFitConnections',
    ['databases', 0, 'connections'],
    { maximum: 50, pooled: false, poolMaximum: 60 },
    'databases[0].connections.poolMaximum',
  ],
  ['volumesExist', ['stores', 0, 'iops'], 2999],
  ['volumesExist', ['stores', 0, 'throughputMebibytesPerSecond'], 1000],
  ['volumesExist', ['stores', 2, 'iops'], undefined],
  ['volumesExist', ['stores', 2, 'iops'], 100_001],
  ['volumesExist', ['stores', 2, 'throughputMebibytesPerSecond'], 500],
  ['databaseStorageExists', ['databases', 0, 'storage', 'iops'], 3000],
  ['databaseStorageExists', ['databases', 0, 'storage', 'growsToGibibytes'], 1050],
  [
    'databaseStorageExists',
    ['databases', 0, 'storage'],
    { type: 'gp3', gibibytes: 100, iops: 12_000 },
    'databases[0].storage.iops',
  ],
  ['secretsOpenTheirKind', ['secrets', 'entries', 0, 'kind'], 'mysql', 'secrets.entries[0].opens'],
  ['secretsOpenTheirKind', ['secrets', 'entries', 0, 'opens'], 'queue'],
  ['secretsOpenTheirKind', ['secrets', 'entries', 0, 'opens'], undefined],
  ['secretsOpenTheirKind', ['secrets', 'entries', 0, 'kind'], 'jwt', 'secrets.entries[0].opens'],
  ['rotationsAreDescribed', ['secrets', 'entries', 0, 'users'], undefined],
  ['rotationsAreDescribed', ['secrets', 'entries', 0, 'overlapHours'], 24],
  ['rotationsAreDescribed', ['secrets', 'entries', 0, 'kind'], 'redis', 'secrets.entries[0].users'],
  ['rotationsAreDescribed', ['secrets', 'entries', 0], key({ users: 'single' }), 'secrets.entries[0].users'],
  ['rotationsAreDescribed', ['secrets', 'entries', 0], key({}), 'secrets.entries[0].overlapHours'],
  ['rotationsAreDescribed', ['secrets', 'entries', 0], key({ overlapHours: 720 }), 'secrets.entries[0].overlapHours'],
  ['rotationWindowIsApart', ['secrets', 'rotationWindowHours'], undefined],
  ['rotationWindowIsApart', ['secrets', 'rotationWindowHours'], 5],
  [
    'rotationWindowIsApart',
    ['databases', 0, 'maintenanceWindow', 'startsAtUtc'],
    '23:30',
    'secrets.rotationWindowHours',
  ],
  ['rotationWindowIsApart', ['secrets', 'rotateEveryDays'], undefined, 'secrets.rotationWindowHours'],
  ['superusersOpenTheSame', ['secrets', 'entries', 0, 'superuser'], 'aeon-dt-master'],
  ['consumersConnect', ['services', 1, 'databases'], [], 'secrets.entries[0].consumers[1]'],
  ['rotationNamesFit', ['secrets', 'entries', 0, 'name'], 'aeon-dt-master'],
  ['rotationNamesFit', ['secrets', 'entries', 0, 'name'], `aeon-dt-${'x'.repeat(25)}`],
  ['rotationNamesFit', ['secrets', 'entries', 0, 'name'], 'aeon-dt-clone'],
  ['stageDatabaseStorageExists', ['stages', 'development', 'databases', 'aeon-dt', 'gibibytes'], 10],
  [
    'stageDatabaseStorageExists',
    ['databases', 0, 'storage'],
    { type: 'gp3', gibibytes: 1000, iops: 12_000 },
    'stages.development.databases["aeon-dt"].gibibytes',
  ],
  ['productionKeepsTheObjectives', ['stages', 'production', 'standby'], false],
  [
    'productionKeepsTheObjectives',
    ['stages', 'production', 'databases'],
    { 'aeon-dt': { multipleZones: false } },
    'stages.production.databases["aeon-dt"].multipleZones',
  ],
  ['tagsNameTheBuild', ['images', 'tagConvention'], '{service}-{environment}-{version}'],
  ['tagsNameTheBuild', ['images', 'tagConvention'], '{service}-{version}-{commit}'],
  ['tagsNameTheBuild', ['images', 'tagConvention'], '{service}-{environment}-{build}-{commit}'],
  ['tagsFit', ['images', 'tagConvention'], '{service}/{environment}-{commit}'],
  ['tagsFit', ['images', 'tagConvention'], `{environment}-{commit}-${'x'.repeat(90)}`],
  ['mutableTagsSpareReleases', ['images', 'mutableTags', 0], '*'],
  ['mutableTagsSpareReleases', ['images', 'mutableTags', 0], 'aeon-dt-*'],
  ['imagesOutliveTheirRelease', ['images', 'keepNewest'], 1],
  ['imagesOutliveTheirRelease', ['stages', 'staging', 'imageRetentionDays'], 400],
  [
    'recoveryPointIsReachable',
    ['databases', 0, 'replicas', 'crossRegion'],
    false,
    'recovery.platform.recoveryPointMinutesMax',
  ],
  ['recoveryPointIsReachable', ['recovery', 'platform', 'recoveryPointMinutesMax'], 0],
  ['volumesReachTheRecoveryPoint', ['stores', 0, 'lossMinutesMax'], 119],
  ['volumesReachTheRecoveryPoint', ['stores', 0, 'lossMinutesMax'], undefined],
  ['volumesReachTheRecoveryPoint', ['stores', 0, 'snapshots'], undefined, 'stores[0].lossMinutesMax'],
  ['volumesReachTheRecoveryPoint', ['stores', 2, 'afterRegionLoss'], 'restored', 'stores[2].lossMinutesMax'],
  [
    'parametersAreTheirOwn',
    ['databases', 0, 'parameters'],
    { 'rds.force_ssl': '0' },
    'databases[0].parameters["rds.force_ssl"]',
  ],
  ['queriesOnlyRead', ['databases', 0, 'schemaVersionQuery'], 'SELECT 1; DROP TABLE twins'],
  ['queriesOnlyRead', ['databases', 0, 'invariants', 0, 'sql'], 'DELETE FROM twins'],
  ['queriesOnlyRead', ['databases', 0, 'invariants', 0, 'sql'], 'SELECT 1 INTO other'],
  ['invariantsCanFail', ['databases', 0, 'invariants', 0, 'minimum'], undefined, 'databases[0].invariants[0]'],
  ['invariantsCanFail', ['databases', 0, 'invariants', 0, 'maximum'], 0, 'databases[0].invariants[0]'],
  ['invariantsCanFail', ['databases', 0, 'invariants', 1, 'name'], 'twins-are-there'],
  ['queriesAreAsked', ['databases', 0, 'engine'], 'mysql', 'databases[0].invariants'],
  [
    'queriesAreAsked',
    ['databases', 0, 'invariants', 0, 'sql'],
    `SELECT '${'x'.repeat(3900)}'`,
    'databases[0].invariants',
  ],
  ['databaseNamesFit', ['databases', 0, 'name'], 'aeon--dt', 'databases[0].name'],
  ['databaseFailoverIsPossible', ['databases', 0, 'multipleZones'], false],
  ['databaseFailoverIsPossible', ['recovery', 'databaseChecks', 'actAfterSeconds'], 120],
  ['objectivesAreConsistent', ['recovery', 'database', 'recoveryTimeMinutesMax'], 16],
  ['witnessIsAThirdRegion', ['recovery', 'fencing', 'witness'], 'us-west-2'],
  ['witnessIsAThirdRegion', ['regions', 'standby'], undefined, 'recovery.fencing.witness'],
  ['waitsFitTheRecoveryTime', ['recovery', 'platform', 'recoveryTimeMinutesMax'], 14],
  ['trafficCanFollow', ['gateway', 'dns'], undefined],
  ['trafficCanFollow', ['gateway', 'dns', 'zoneName'], 'other.example.com', 'services[0].route.hostnames[0]'],
  ['trafficCanFollow', ['gateway', 'scheme'], 'internal', 'gateway.dns'],
  ['snapshotsFitQuota', ['backups', 'recoverySets', 'keep', 'hourly'], 720, 'backups.recoverySets.keep'],
  ['retentionIsReached', ['backups', 'recoverySets', 'keep', 'daily'], 7, 'backups.recoverySets.keep'],
  ['copiesHaveAPlace', ['regions', 'standby'], undefined, 'backups.recoverySets.copiedToStandby'],
  ['copiesHaveAPlace', ['backups', 'recoverySets', 'fullDailyAtUtc'], undefined],
  ['copiesFitTheirTime', ['databases'], manyDatabases(241), 'backups.recoverySets.copyEvery'],
  ['partsAreDueWithSets', ['backups', 'clusterState', 'everyMinutes'], 90],
  ['partsAreDueWithSets', ['backups', 'applicationData', 'everyMinutes'], 90],
  ['partsAreDueWithSets', ['stores', 0, 'snapshots', 'everyMinutes'], 30],
  ['applicationDataIsHeld', ['stores', 0, 'snapshots'], undefined, 'backups.applicationData.includes[2]'],
  ['applicationDataIsHeld', ['backups', 'applicationData', 'retentionDays'], 31],
  ['canaryWeightsRise', ['promotion', 'canarySteps', 1, 'weightPercent'], 10],
  ['canaryWeightsRise', ['promotion', 'canarySteps', 3, 'weightPercent'], 90],
  [
    'ownCanaryWeightsRise',
    ['services', 0, 'promotion', 'canarySteps'],
    [{ weightPercent: 50, watchSeconds: 60 }],
    'services[0].promotion.canarySteps[0].weightPercent',
  ],
  ['strategyFitsRoute', ['services', 1, 'promotion', 'strategiesAllowed', 0], 'canary'],
  [
    'strategyFitsRoute',
    ['services', 0, 'promotion', 'strategiesAllowed'],
    ['rolling'],
    'services[0].promotion.strategy',
  ],
  [
    'stageStrategiesAreAllowed',
    ['stages', 'staging', 'services', 'aeon-dt-worker'],
    { strategy: 'canary' },
    'stages.staging.services["aeon-dt-worker"].strategy',
  ],
  ['thresholdsCanBePassed', ['alarms', 1, 'threshold'], 800],
  ['thresholdsCanBePassed', ['alarms', 2, 'threshold'], -5],
  ['alarmTimesFit', ['alarms', 0, 'forMinutes'], 1441],
];

describe('a rule', () => {
  it.each(refused)('%s refuses %j = %j', (rule, place, value, path) => {
    const named = violationsOf(changed(place, value)).filter((violation) => violation.rule === rule);
    expect(named.map((violation) => violation.path)).toContain(path ?? pathOf(place));
    for (const violation of named) {
      expect(violation.allowed).not.toBe('');
      expect(violation.remedy).toMatch(/\.$/);
    }
  });

  it('has a case here, each of them', () => {
    expect(rules.map((rule) => rule.name).toSorted()).toEqual([...new Set(refused.map(([rule]) => rule))].toSorted());
  });

  it('finds nothing wrong with aeon', () => {
    expect(rules.flatMap((rule) => rule.check(aeon))).toEqual([]);
  });
});

describe('numbers at random', () => {
  it('replicas out of order are refused at their path, in order they pass', () => {
    const replicas = fc.record({
      // The standby's three nodes hold 21 of them.
      minimum: fc.integer({ min: 2, max: 21 }),
      initial: fc.integer({ min: 2, max: 50 }),
      maximum: fc.integer({ min: 2, max: 50 }),
    });
    fc.assert(
      fc.property(replicas, (given) => {
        const found = violationsOf(changed(['services', 0, 'replicas'], given));
        const sound = given.minimum <= given.initial && given.initial <= given.maximum;
        expect(found.length === 0).toBe(sound);
        for (const violation of found) expect(violation.path).toMatch(/^services\[0\]\.replicas\./);
      }),
    );
  });

  it('snapshots pass exactly as long as ninety of a hundred are enough', () => {
    fc.assert(
      fc.property(fc.nat(120), fc.integer({ min: 30, max: 120 }), (hourly, daily) => {
        const keep = { hourly, daily, weekly: 0, monthly: 0 };
        const found = violationsOf(changed(['backups', 'recoverySets', 'keep'], keep));
        expect(found.map((violation) => violation.rule)).toEqual(hourly + daily <= 90 ? [] : ['snapshotsFitQuota']);
      }),
    );
  });

  it('snapshots pass at ninety and not at ninety-one', () => {
    const rulesFor = (hourly: number) =>
      violationsOf(changed(['backups', 'recoverySets', 'keep', 'hourly'], hourly)).map((violation) => violation.rule);
    expect(rulesFor(60)).toEqual([]);
    expect(rulesFor(61)).toEqual(['snapshotsFitQuota']);
  });

  it.each([
    [240, 1],
    [241, 2],
    [1000, 5],
  ])('%d databases ask for a copy of every %dth set and no less', (count, needed) => {
    const rulesFor = (copyEvery: number) => {
      const definition = changed(['databases'], manyDatabases(count));
      const { recoverySets } = definition['backups'] as { recoverySets: Record<string, unknown> };
      recoverySets['copyEvery'] = copyEvery;
      return violationsOf(definition).map((violation) => violation.rule);
    };
    expect(rulesFor(needed)).not.toContain('copiesFitTheirTime');
    if (needed > 1) expect(rulesFor(needed - 1)).toContain('copiesFitTheirTime');
  });

  it('a set that is copied less often makes the standby older: a graph that may lose two hours is refused', () => {
    const found = violationsOf(changed(['backups', 'recoverySets', 'copyEvery'], 2));
    expect(found.map((violation) => violation.path)).toContain('stores[0].lossMinutesMax');
  });

  it("a subnet passes exactly when it lies in the VPC and on none of the others' addresses", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3 }), fc.nat(255), (second, third) => {
        const cidr = `10.${second}.${third}.0/24`;
        const found = violationsOf(changed(['regions', 'primary', 'vpc', 'publicSubnets', 0, 'cidr'], cidr));
        const free = second === 0 && ![2, 3, 11, 12, 13].includes(third);
        expect(found.length === 0).toBe(free);
      }),
    );
  });

  it('a volume passes exactly within what gp3 gives', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), fc.integer({ min: 1, max: 2500 }), (iops, throughput) => {
        const volume = { ...aeon.stores[0], gibibytes: 100, iops, throughputMebibytesPerSecond: throughput };
        const found = violationsOf(changed(['stores', 0], volume));
        const sound =
          iops >= 3000 &&
          iops <= 50_000 &&
          throughput >= 125 &&
          throughput <= 2000 &&
          throughput <= Math.max(125, iops / 4);
        expect(found.length === 0).toBe(sound);
      }),
    );
  });
});

/** As written down in violations: names with a dot, numbers in brackets, other keys quoted. */
function pathOf(place: Path): string {
  return place
    .map((step) => (typeof step === 'number' ? `[${step}]` : /-/.test(step) ? `["${step}"]` : `.${step}`))
    .join('')
    .slice(1);
}
