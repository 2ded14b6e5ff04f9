import { describe, expect, it } from 'vitest';
import { Kernel } from '../../../rehearsal/kernel/kernel.ts';
import { EventLog } from '../../../rehearsal/kernel/log.ts';
import { type DataPlane, Traffic } from '../../../rehearsal/traffic/index.ts';

const sound = `sha256:${'a'.repeat(64)}`;
const bad = `sha256:${'b'.repeat(64)}`;

function world(seed = 1) {
  const kernel = new Kernel({ seed, startsAt: Date.parse('2026-11-20T12:00:00Z') });
  const log = new EventLog(() => kernel.now());
  const published: { name: string; dimensions: Record<string, string>; sum: number; at: number; visibleAt: number }[] =
    [];
  const traffic = new Traffic({
    kernel,
    log,
    metrics: () => ({
      putDistribution: (_region, { name, dimensions }, { sum }, times) =>
        published.push({
          name,
          dimensions: { ...dimensions },
          sum,
          at: times?.at ?? 0,
          visibleAt: times?.visibleAt ?? 0,
        }),
    }),
  });
  const pass = (seconds: number) => kernel.run({ until: kernel.now() + seconds * 1000 });
  return { kernel, log, traffic, published, pass };
}

function plane(blue: number, green: number): DataPlane {
  const backend = (slot: string, weight: number, digest: string) => ({
    name: `api-${slot}`,
    targetGroup: `targetgroup/${slot}/1`,
    weight,
    targets: [1, 2].map((number) => ({ pod: `${slot}-${number}`, digest, state: 'serving' as const })),
  });
  return {
    service: 'api',
    region: 'us-east-1',
    loadBalancer: 'app/gateway/1',
    backends: [backend('blue', blue, sound), backend('green', green, bad)],
  };
}

const sumOf = (published: ReturnType<typeof world>['published'], name: string, group: string | undefined) =>
  published
    .filter((each) => each.name === name && each.dimensions['TargetGroup'] === group)
    .reduce((total, { sum }) => total + sum, 0);

describe('traffic', () => {
  it('divides by the weights, and charges each release with its own errors', async () => {
    const { traffic, published, pass } = world();
    traffic.setBehaviour(bad, { errorRate: 0.05 });
    traffic.begin();
    traffic.obey(plane(90, 10));
    await pass(600);
    // 60,000 requests; five standard deviations are 1,162 and 387.
    expect(Math.abs(sumOf(published, 'RequestCount', 'targetgroup/blue/1') - 54_000)).toBeLessThan(1_162);
    expect(Math.abs(sumOf(published, 'RequestCount', 'targetgroup/green/1') - 6_000)).toBeLessThan(387);
    const [blue, green] = traffic.totals();
    expect((blue?.failed ?? 0) / (blue?.requests ?? 1)).toBeLessThan(0.004);
    expect(Math.abs((green?.failed ?? 0) / (green?.requests ?? 1) - 0.05)).toBeLessThan(0.015);
    expect(sumOf(published, 'HTTPCode_Target_5XX_Count', 'targetgroup/green/1')).toBe(green?.failed);
  });

  it('publishes each closed minute a minute later, and no count that is 0', async () => {
    const { traffic, published, pass, kernel } = world();
    traffic.setBehaviour(sound, { errorRate: 0 });
    traffic.begin();
    traffic.obey(plane(100, 0));
    await pass(60);
    expect(new Set(published.map(({ at }) => at))).toEqual(new Set([kernel.startedAt]));
    expect(new Set(published.map(({ visibleAt }) => visibleAt - kernel.startedAt))).toEqual(new Set([120_000]));
    expect(published.map(({ name, dimensions }) => `${name} ${dimensions['TargetGroup'] ?? ''}`).sort()).toEqual([
      'HTTPCode_Target_2XX_Count targetgroup/blue/1',
      'RequestCount ',
      'RequestCount targetgroup/blue/1',
      'TargetResponseTime targetgroup/blue/1',
    ]);
  });

  it('lets an incident hit both versions alike, until it ends', async () => {
    const { traffic, pass } = world();
    traffic.begin();
    traffic.obey(plane(50, 50));
    const end = traffic.startIncident({ errorRate: 0.1 });
    await pass(300);
    for (const { failed, requests } of traffic.totals())
      expect(Math.abs(failed / requests - 0.102)).toBeLessThan(0.015);
    end();
    const before = traffic.totals().reduce((sum, { failed }) => sum + failed, 0);
    await pass(300);
    expect(traffic.totals().reduce((sum, { failed }) => sum + failed, 0) - before).toBeLessThan(150);
  });

  it('says who served since when, and writes when weights are obeyed', async () => {
    const { traffic, pass, log, kernel } = world();
    traffic.begin();
    traffic.obey(plane(100, 0));
    await pass(90);
    traffic.obey(plane(90, 10));
    await pass(30);
    expect(
      traffic
        .served()
        .map(({ from, to, shares }) => [
          (from - kernel.startedAt) / 1000,
          (to - kernel.startedAt) / 1000,
          shares.map(({ percent }) => percent),
        ]),
    ).toEqual([
      [0, 90, [100]],
      [90, 120, [90, 10]],
    ]);
    expect(log.events.filter(({ kind }) => kind === 'traffic.shifted')).toHaveLength(2);
  });

  it('follows the load and its daily shape', async () => {
    const { traffic, pass } = world();
    traffic.setLoad('api', {
      requestsPerSecond: 10,
      dailyShape: Array.from({ length: 24 }, (_, hour) => (hour === 12 ? 2 : 0)),
    });
    traffic.begin();
    traffic.obey(plane(100, 0));
    await pass(2 * 3_600);
    expect(Math.abs((traffic.totals()[0]?.requests ?? 0) - 72_000)).toBeLessThan(1_350);
    expect(() => traffic.setLoad('api', { requestsPerSecond: 1, dailyShape: [1] })).toThrow(/24 factors/);
  });

  it('is the same for the same seed, and another for another', async () => {
    const run = async (seed: number) => {
      const { traffic, pass, log } = world(seed);
      traffic.begin();
      traffic.obey(plane(90, 10));
      await pass(300);
      return log.sha256();
    };
    expect(await run(1)).toBe(await run(1));
    expect(await run(1)).not.toBe(await run(2));
  });
});

describe('users of a service that was never released', () => {
  const empty = (plane: DataPlane): DataPlane => ({
    ...plane,
    backends: plane.backends.map((backend) => ({ ...backend, targets: [] })),
  });

  it('do not exist yet; once it has answered they stay, and see what happens to it', async () => {
    const { traffic, pass } = world();
    traffic.begin();
    traffic.obey(empty(plane(100, 0)));
    await pass(120);
    expect(traffic.totals()).toEqual([]);
    traffic.obey(plane(100, 0));
    await pass(60);
    traffic.obey(empty(plane(100, 0)));
    await pass(60);
    expect(traffic.totals().find(({ digest }) => digest === undefined)?.failed).toBeGreaterThan(5_000);
  });
});
