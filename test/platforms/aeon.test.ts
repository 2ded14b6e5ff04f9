import { describe, expect, it } from 'vitest';
import { serviceDelivery } from '../../domain/delivery.ts';
import { stages } from '../../domain/names.ts';
import { aeon } from '../../platforms/aeon.ts';
import { deliveryOf } from '../../platforms/delivery.ts';
import { knownPlatforms } from '../../platforms/index.ts';
import { platformAt } from '../../platforms/stage.ts';
import { validatePlatform } from '../../platforms/validate.ts';

describe('aeon', () => {
  it('is sound, and known by name', () => {
    expect(validatePlatform(knownPlatforms.aeon)).toEqual(aeon);
  });

  it('has the figures that the platform gives', () => {
    const api = aeon.services.find((service) => service.name === 'aeon-dt-api');
    expect(api).toMatchObject({
      port: 8080,
      replicas: { initial: 5, minimum: 3, maximum: 100 },
      autoscaling: { cpuPercent: 70, memoryPercent: 75 },
      resources: {
        requests: { cpuMillicores: 500, memoryMebibytes: 512 },
        limits: { cpuMillicores: 1000, memoryMebibytes: 1024 },
      },
    });
    expect(aeon.promotion.canarySteps.map((step) => [step.weightPercent, step.watchSeconds])).toEqual([
      [10, 600],
      [25, 600],
      [50, 600],
      [100, 60],
    ]);
    expect(aeon.databases[0]).toMatchObject({
      instanceType: 'db.r6i.2xlarge',
      storage: { type: 'gp3', gibibytes: 1000 },
      multipleZones: true,
      automatedBackups: { retentionDays: 30, window: { startsAtUtc: '03:00', durationMinutes: 60 } },
      maintenanceWindow: { weekday: 'sunday', startsAtUtc: '04:00', durationMinutes: 60 },
      logExports: ['postgresql'],
    });
    expect(aeon.regions.images).toEqual(['us-east-1', 'us-west-2', 'eu-west-1']);
    expect(stages.map((stage) => aeon.stages[stage].imageRetentionDays)).toEqual([30, 90, 365]);
    expect(aeon.alarms.map((alarm) => [alarm.name, alarm.threshold, alarm.forMinutes, alarm.severity])).toEqual([
      ['node-disk-pressure', 0, 5, 'critical'],
      ['cluster-cpu', 80, 10, 'warning'],
      ['api-errors', 5, 5, 'critical'],
      ['api-latency', 500, 10, 'warning'],
      ['graph-query', 2000, 5, 'warning'],
      ['replication-lag', 5, 2, 'critical'],
    ]);
  });
});

describe('deliveryOf', () => {
  it('gives what the workflows have to know', () => {
    expect(deliveryOf(aeon, 'production', 'aeon-dt-api')).toMatchObject({
      environment: 'aeon',
      namespace: 'aeon',
      repository: 'aeon/aeon-dt-api',
      strategy: 'canary',
      imageRegions: ['us-east-1', 'us-west-2', 'eu-west-1'],
      limits: { errorRatePercentMax: 5, p95MillisecondsMax: 500 },
      judge: { falseRollbackProbabilityMax: 0.01 },
      approval: { required: true },
      standbyRegion: 'us-west-2',
      route: { port: 8080 },
    });
  });

  it('gives a service without a route no steps, and rolls it', () => {
    const delivery = deliveryOf(aeon, 'production', 'aeon-dt-worker');
    expect(delivery).toMatchObject({ strategy: 'rolling', steps: [] });
    expect(delivery.route).toBeUndefined();
  });

  it('gives a pattern that takes only tags of that service and stage', () => {
    const pattern = new RegExp(deliveryOf(aeon, 'production', 'aeon-dt-api').tagPattern);
    expect(pattern.test('aeon-dt-api-production-1.4.0-3f2a91c')).toBe(true);
    expect(pattern.test('aeon-dt-api-staging-1.4.0-3f2a91c')).toBe(false);
    expect(pattern.test('aeon-dt-worker-production-1.4.0-3f2a91c')).toBe(false);
  });

  it.each(stages)('fits the contract and a standard parameter in %s', (stage) => {
    for (const { name } of aeon.services) {
      const delivery = deliveryOf(aeon, stage, name);
      expect(serviceDelivery.parse(delivery)).toEqual(delivery);
      expect(JSON.stringify(delivery).length).toBeLessThan(4096);
    }
  });

  it('names the known services for one that is unknown', () => {
    expect(() => deliveryOf(aeon, 'production', 'aeon-dt-web')).toThrow(
      /'aeon-dt-web'; known are aeon-dt-api, aeon-dt-worker, aeon-dt-openspg/,
    );
  });
});

describe('platformAt', () => {
  it('leaves production as the definition says', () => {
    const staged = platformAt(aeon, 'production');
    expect(staged.services).toEqual(aeon.services);
    expect(staged.regions).toEqual(aeon.regions);
    expect(staged.databases).toEqual(aeon.databases);
  });

  it('applies a smaller stage', () => {
    const staged = platformAt(aeon, 'development');
    expect(staged.regions.standby).toBeUndefined();
    expect(staged.regions.primary.vpc.natGateways).toBe(1);
    expect(staged.services[0]).toMatchObject({
      replicas: { initial: 2, minimum: 2, maximum: 5 },
      route: { hostnames: ['api.development.aeon.example.com'] },
    });
    expect(staged.databases[0]).toMatchObject({
      instanceType: 'db.r6i.large',
      multipleZones: false,
      replicas: { crossRegion: false },
      storage: { type: 'gp3', gibibytes: 100 },
    });
    expect(staged.cluster.nodeGroups[0]?.capacity).toEqual({ minimum: 1, desired: 2, maximum: 5 });
  });
});
