import { describe, expect, it } from 'vitest';
import { judgeCanary } from '../../lambdas/canary/judge-canary.ts';
import { measureStable } from '../../lambdas/canary/measure-stable.ts';
import { held, newImage, World, watched } from './world.ts';

const began = Date.UTC(2026, 10, 2, 9, 0, 0);

/** So many minutes of traffic from `began`: counts a minute, by slot. */
function traffic(world: World, minutes: number, counts: { blue: Counts; green: Counts }): void {
  for (const slot of ['blue', 'green'] as const) {
    const metrics = {
      'RequestCount Sum': counts[slot].requests,
      'HTTPCode_Target_5XX_Count Sum': counts[slot].errors,
      'TargetResponseTime p95': 0.2,
      'TargetResponseTime TC': counts[slot].slow ?? 0,
    };
    for (const [metric, value] of Object.entries(metrics)) {
      const values = new Map(Array.from({ length: minutes }, (_, minute) => [began + minute * 60_000, value]));
      world.series.set(`${watched.targetGroups[slot]} ${metric}`, values);
    }
  }
}

interface Counts {
  readonly requests: number;
  readonly errors: number;
  readonly slow?: number;
}

function look(world: World, seconds: number) {
  const input = held(world);
  world.now = began + seconds * 1000;
  return judgeCanary(
    {
      ...input,
      step: 0,
      stepSince: new Date(began).toISOString(),
      trafficSince: new Date(began).toISOString(),
      watched,
      slowThresholdMilliseconds: 250,
    },
    world,
  );
}

describe('judge-canary', () => {
  it('watches on while a step has time left, and goes on at its end', async () => {
    const world = new World();
    traffic(world, 10, { blue: { requests: 5400, errors: 11 }, green: { requests: 600, errors: 1 } });
    expect(await look(world, 61)).toMatchObject({ next: 'watch', waitSeconds: 60 });
    expect(await look(world, 570)).toMatchObject({ next: 'watch', waitSeconds: 30 });
    expect(await look(world, 600)).toMatchObject({ verdict: 'healthy', next: 'go-on', weightPercent: 10 });
  });

  it('rolls back a canary with more errors than stable in the same minutes', async () => {
    const world = new World();
    traffic(world, 2, { blue: { requests: 5400, errors: 11 }, green: { requests: 600, errors: 60 } });
    expect(await look(world, 121)).toMatchObject({ verdict: 'worse', next: 'roll-back' });
  });

  it('counts failed connections as errors', async () => {
    const world = new World();
    traffic(world, 2, { blue: { requests: 5400, errors: 11 }, green: { requests: 600, errors: 0 } });
    const failures = new Map([0, 1].map((minute) => [began + minute * 60_000, 60]));
    world.series.set(`${watched.targetGroups.green} TargetConnectionErrorCount Sum`, failures);
    expect(await look(world, 121)).toMatchObject({ verdict: 'worse' });
  });

  it('rolls back a canary with more slow requests', async () => {
    const world = new World();
    traffic(world, 2, {
      blue: { requests: 5400, errors: 0, slow: 54 },
      green: { requests: 600, errors: 0, slow: 300 },
    });
    expect(await look(world, 121)).toMatchObject({ verdict: 'worse', next: 'roll-back' });
  });

  it('does not roll back in an incident that hits both alike', async () => {
    const world = new World();
    traffic(world, 10, { blue: { requests: 5400, errors: 162 }, green: { requests: 600, errors: 18 } });
    expect(await look(world, 600)).toMatchObject({ next: 'go-on' });
  });

  it('holds too little traffic once, then asks a person', async () => {
    const world = new World();
    traffic(world, 20, { blue: { requests: 9, errors: 0 }, green: { requests: 1, errors: 0 } });
    expect(await look(world, 600)).toMatchObject({ verdict: 'inconclusive', next: 'watch', waitSeconds: 60 });
    expect(await look(world, 1199)).toMatchObject({ next: 'watch', waitSeconds: 1 });
    expect(await look(world, 1200)).toMatchObject({ next: 'ask' });
  });

  it('looks at closed minutes alone', async () => {
    const world = new World();
    traffic(world, 2, { blue: { requests: 5400, errors: 11 }, green: { requests: 600, errors: 60 } });
    const answer = await look(world, 59);
    expect(answer.evidence).toMatchObject({ canaryRequests: 0 });
    expect(answer.next).toBe('watch');
  });

  it('says the same again when it is delivered twice', async () => {
    const world = new World();
    traffic(world, 5, { blue: { requests: 5400, errors: 11 }, green: { requests: 600, errors: 4 } });
    expect(await look(world, 300)).toEqual(await look(world, 300));
  });

  it('rolls back a canary that was killed for its memory, whatever its requests say', async () => {
    const world = new World();
    traffic(world, 10, { blue: { requests: 5400, errors: 11 }, green: { requests: 600, errors: 1 } });
    world.pods.green = [{ name: 'pod-1', image: newImage, ready: true, restarts: 1, lastEndReason: 'OOMKilled' }];
    expect(await look(world, 600)).toMatchObject({
      next: 'roll-back',
      evidence: null,
      reason: 'Pod pod-1 was killed for using more memory than its limit (OOMKilled, 1 restart).',
    });
  });

  it('does not blame the release for a pod of the one before', async () => {
    const world = new World();
    traffic(world, 10, { blue: { requests: 5400, errors: 11 }, green: { requests: 600, errors: 1 } });
    world.pods.green = [{ name: 'pod-0', image: 'older', ready: true, restarts: 3, lastEndReason: 'Error' }];
    expect(await look(world, 600)).toMatchObject({ next: 'go-on' });
  });
});

describe('measure-stable', () => {
  it("takes the median of the minutes' p99, so that one bad minute does not count", async () => {
    const world = new World();
    const input = held(world);
    const seconds = [0.2, 0.21, 0.2, 9, 0.2, 0.22, 0.2, 0.21, 0.2, 0.2];
    world.series.set(
      `${watched.targetGroups.blue} TargetResponseTime p99`,
      new Map(seconds.map((value, minute) => [world.now - (10 - minute) * 60_000, value])),
    );
    expect(await measureStable({ ...input, watched }, world)).toEqual({ slowThresholdMilliseconds: 200 });
  });

  it('calls nothing slow when stable answered nothing', async () => {
    const world = new World();
    expect(await measureStable({ ...held(world), watched }, world)).toEqual({ slowThresholdMilliseconds: null });
  });
});
