import { describe, expect, it } from 'vitest';
import { AwsRefused } from '../../../domain/errors.ts';
import { readinessParts, readinessReport } from '../../../domain/readiness.ts';
import { type LookAtReadinessPorts, lookAtReadiness } from '../../../lambdas/readiness/look-at-readiness.ts';
import type { Looks } from '../../../lambdas/readiness/looks.ts';
import { TestClock } from '../failover/world.ts';

const well = Object.fromEntries(readinessParts.map((part) => [part, async () => []])) as unknown as Looks;
const gone = { severity: 'blocks', what: 'It is gone.' } as const;

function world(looks: Partial<Looks> = {}, primary = 'us-east-1') {
  const kept = new Map<string, string>();
  const figures: object[] = [];
  const told: string[] = [];
  const ports: LookAtReadinessPorts = {
    environment: 'aeon',
    region: 'us-west-2',
    clock: new TestClock(),
    reign: { current: async () => ({ epoch: 1, primary }) },
    parameters: { read: async (name) => kept.get(name) },
    looks: { ...well, ...looks },
    notifications: {
      publish: async (severity, subject, text) => {
        told.push(`${severity}: ${subject}: ${text}`);
      },
    },
    keep: async (name, text) => {
      kept.set(name, text);
    },
    measure: async (seen) => {
      figures.push(seen);
    },
  };
  const report = () => readinessReport.parse(JSON.parse(kept.get('/mainstay/aeon/readiness') ?? '{}'));
  return { ports, kept, figures, told, report };
}

describe('the look at readiness', () => {
  it('keeps its report, its figures, and quiet, where everything is well', async () => {
    const { ports, figures, told, report } = world();
    await lookAtReadiness(ports);
    expect(report()).toMatchObject({ score: 100, ready: true });
    expect(figures).toEqual([{ score: 100, blocking: 0 }]);
    expect(told).toEqual([]);
  });
  it('tells once what blocks, however often it is delivered', async () => {
    const { ports, figures, told } = world({ images: async () => [gone] });
    await lookAtReadiness(ports);
    await lookAtReadiness(ports);
    expect(figures.at(-1)).toEqual({ score: 90, blocking: 1 });
    expect(told).toHaveLength(1);
    expect(told[0]).toContain('warning: aeon: us-west-2 is not ready');
  });
  it('takes what nobody can see for not ready, says why, and sees the rest', async () => {
    const denied = async () => {
      throw new AwsRefused('iam:SimulatePrincipalPolicy failed');
    };
    const { ports, told, report } = world({ permissions: denied, images: async () => [gone] });
    await lookAtReadiness(ports);
    expect(report()).toMatchObject({ ready: false, unseen: ['permissions'], faults: [{ part: 'images' }] });
    expect(told[0]).toContain('iam:SimulatePrincipalPolicy failed');
  });
  it('does not look at the region that reigns', async () => {
    const never = async () => {
      throw new Error('looked');
    };
    const { ports, kept, figures } = world({ replica: never }, 'us-west-2');
    await expect(lookAtReadiness(ports)).resolves.toEqual({ looked: false });
    expect(kept.size).toBe(0);
    expect(figures).toEqual([{ blocking: 0 }]);
  });
});
