import { describe, expect, it } from 'vitest';
import { AwsUnavailable } from '../../domain/errors.ts';
import type { Finding } from '../../domain/findings.ts';
import type { PushedImage } from '../../domain/pushed-release.ts';
import { type ReleasePushedPorts, releasePushed } from '../../lambdas/releases/release-pushed.ts';
import { held, image, plan, World, worker } from './world.ts';

const now = Date.UTC(2026, 10, 2, 9, 0, 0);
const minutesAgo = (minutes: number): number => now - minutes * 60_000;
const pushed = (version: string, minutes: number, digest = `sha256:${version.padEnd(12, '0')}`): PushedImage => ({
  tag: `aeon-dt-api-production-${version}-3f9c2ab`,
  digest,
  pushedAt: minutesAgo(minutes),
});

interface Situation {
  readonly images?: readonly PushedImage[];
  readonly world?: World;
  readonly scan?: string;
  readonly findings?: readonly Finding[];
  readonly regions?: readonly string[];
  /** Names of executions that have ended. */
  readonly ended?: Set<string>;
}

/** Runs it over aeon-dt-api, and tells what was started. */
async function run(situation: Situation) {
  const { world = new World(), ended = new Set<string>() } = situation;
  const started: { name: string; input: unknown }[] = [];
  const ports: ReleasePushedPorts = {
    environment: 'aeon',
    parameters: {
      read: async () => undefined,
      readUnder: async () => new Map([['/mainstay/aeon/services/aeon-dt-api/delivery', JSON.stringify(plan)]]),
    },
    pushed: { list: async () => situation.images ?? [] },
    registry: {
      find: async () => image,
      regionsOf: async () => [...(situation.regions ?? plan.imageRegions)],
      scanOf: async () => ({ status: situation.scan ?? 'ACTIVE', findings: [...(situation.findings ?? [])] }),
    },
    cluster: world.cluster,
    promotions: {
      start: async (name, input) => {
        if (ended.has(name)) return false;
        ended.add(name);
        started.push({ name, input: JSON.parse(input) });
        return true;
      },
    },
    clock: { now: () => new Date(now) },
  };
  return { answer: await releasePushed(ports), started, ports };
}

describe('release-pushed', () => {
  it('promotes the image of its stage that was pushed last', async () => {
    const images = [
      pushed('1.5.0', 20),
      pushed('1.6.0', 10),
      { ...pushed('1.7.0', 5), tag: 'aeon-dt-api-staging-1.7.0-3f9c2ab' },
    ];
    const { answer, started } = await run({ images });
    expect(answer).toEqual({ started: ['pushed-1.6.00000000-aeon-dt-api'], waiting: [], held: [] });
    expect(started).toEqual([
      {
        name: 'pushed-1.6.00000000-aeon-dt-api',
        input: {
          service: 'aeon-dt-api',
          tag: 'aeon-dt-api-production-1.6.0-3f9c2ab',
          reason: 'pushed for production',
          requestedBy: 'release-pushed',
        },
      },
    ]);
  });

  it('promotes it once, however often it is found', async () => {
    const ended = new Set<string>();
    await run({ images: [pushed('1.6.0', 10)], ended });
    const again = await run({ images: [pushed('1.6.0', 10)], ended });
    expect(again.started).toEqual([]);
    expect(again.answer.started).toEqual([]);
  });

  it.each<[string, Situation]>([
    ['nothing was pushed', {}],
    ['the newest is the stable one', { images: [pushed('1.5.0', 20), pushed('1.6.0', 10, 'sha256:old')] }],
    ['it was pushed more than a week ago', { images: [pushed('1.6.0', 7 * 24 * 60 + 1)] }],
  ])('starts nothing where %s', async (_case, situation) => {
    const { answer, started } = await run(situation);
    expect([answer, started]).toEqual([{ started: [], waiting: [], held: [] }, []]);
  });

  it.each<[string, Situation]>([
    ['a region lacks it', { regions: ['us-east-1'] }],
    ['its scan has not ended', { scan: 'PENDING' }],
  ])('waits while %s, and after an hour leaves it to the promotion to say so', async (_case, situation) => {
    const fresh = await run({ ...situation, images: [pushed('1.6.0', 59)] });
    expect([fresh.answer.waiting, fresh.started]).toEqual([['aeon-dt-api'], []]);
    const late = await run({ ...situation, images: [pushed('1.6.0', 60)] });
    expect(late.started).toHaveLength(1);
  });

  it('starts a promotion of what is blocked as well: it is refused there, by name, and told', async () => {
    const findings: Finding[] = [{ id: 'CVE-1', severity: 'CRITICAL', fixAvailable: 'YES' }];
    expect((await run({ images: [pushed('1.6.0', 5)], findings })).started).toHaveLength(1);
  });

  it('leaves a service that is held alone until the next run', async () => {
    const world = new World();
    held(world);
    const { answer, started } = await run({ images: [pushed('1.6.0', 5)], world });
    expect([answer.held, started]).toEqual([['aeon-dt-api'], []]);
  });

  it('fails for one service only once the others are done', async () => {
    const { ports, started } = await run({});
    const both = new Map([
      ['/mainstay/aeon/services/aeon-dt-api/delivery', JSON.stringify(plan)],
      ['/mainstay/aeon/services/aeon-dt-worker/delivery', JSON.stringify({ ...worker, repository: 'aeon/gone' })],
    ]);
    const failing = releasePushed({
      ...ports,
      parameters: { ...ports.parameters, readUnder: async () => both },
      pushed: {
        list: async (repository) => {
          if (repository === 'aeon/aeon-dt-api') throw new AwsUnavailable('ECR does not answer');
          return [{ ...pushed('1.6.0', 5), tag: 'aeon-dt-api-production-1.6.0-3f9c2ab' }];
        },
      },
    });
    await expect(failing).rejects.toThrow(AwsUnavailable);
    expect(started).toHaveLength(1);
  });
});
