import { beforeEach, describe, expect, it } from 'vitest';
import { AwsUnavailable } from '../../domain/errors.ts';
import type { StoredImage } from '../../domain/image-retention.ts';
import type { RetentionSettings } from '../../domain/workflows/image-retention.ts';
import { deleteImages } from '../../lambdas/images/delete-images.ts';
import { listRepositories } from '../../lambdas/images/list-repositories.ts';
import { planImageRetention, type RetentionPorts } from '../../lambdas/images/plan-image-retention.ts';
import { reportImageRetention } from '../../lambdas/images/report-image-retention.ts';
import { plan, World } from './world.ts';

const day = 86_400_000;
const repository = 'aeon/aeon-dt-api';
const registry = `111111111111.dkr.ecr.us-east-1.amazonaws.com/${repository}`;
const execution = {
  name: 'night-1',
  arn: 'arn:aws:states:us-east-1:111111111111:execution:mainstay-aeon-image-retention:night-1',
};
const settings: RetentionSettings = {
  platform: 'aeon',
  stage: 'production',
  tagConvention: '{service}-{environment}-{version}-{commit}',
  retentionDays: 365,
  keepNewest: 1,
  regions: ['us-east-1', 'us-west-2'],
};

function tag(number: number): string {
  return `aeon-dt-api-production-1.${number}.0-abcdef${number}`;
}

/** sha256:0 is the oldest of nine, every one past its time but the newest. */
function images(now: number): StoredImage[] {
  return Array.from({ length: 9 }, (_, number) => ({
    digest: `sha256:${number}`,
    tags: [tag(number)],
    pushedAt: now - (500 - number) * day,
    children: [],
  }));
}

class Shelf {
  readonly world = new World();
  readonly held = new Map<string, StoredImage[]>();
  readonly removed: string[] = [];
  /** Fails the calls from this one on, after their effect. */
  crashAfterRemovals = Number.POSITIVE_INFINITY;
  recovery: { digest: string; because: string }[] = [];

  constructor() {
    for (const region of settings.regions) this.held.set(region, images(this.world.now));
    this.world.record = { epoch: 1, stableSlot: 'blue', stableDigest: 'sha256:0', stableTag: tag(0) };
    this.world.slots.blue.image = `${registry}@sha256:0`;
    this.world.slots.green.image = `${registry}@sha256:1`;
  }

  get ports(): RetentionPorts {
    const text = JSON.stringify(plan);
    return {
      environment: 'aeon',
      settings,
      clock: this.world.clock,
      cluster: this.world.cluster,
      standby: this.world.standby,
      executions: this.world.executionsPort,
      parameters: {
        read: async () => text,
        readUnder: async () => new Map([['/mainstay/aeon/services/aeon-dt-api/delivery', text]]),
      },
      recoverySets: { imagesOf: async () => this.recovery },
      repositories: {
        list: async (region) => (region === 'us-east-1' ? ['aeon/b', repository] : [repository]),
        images: async (region) => structuredClone(this.held.get(region) ?? []),
        remove: async (region, _repository, digests) => {
          this.held.set(
            region,
            (this.held.get(region) ?? []).filter(({ digest }) => !digests.includes(digest)),
          );
          this.removed.push(...digests.map((digest) => `${region} ${digest}`));
          if (this.removed.length >= this.crashAfterRemovals) throw new AwsUnavailable('crashed after the deletion');
          return [];
        },
      },
    };
  }

  left(region = 'us-east-1'): string[] {
    return (this.held.get(region) ?? []).map(({ digest }) => digest.replace('sha256:', ''));
  }
}

let shelf: Shelf;
beforeEach(() => {
  shelf = new Shelf();
});

const planned = () => planImageRetention({ repository, execution }, shelf.ports);
const deleted = async () => {
  const { regions } = await planned();
  return deleteImages({ repository, regions: [...regions], execution }, shelf.ports);
};

describe('what an environment needs', () => {
  it('stays: the stable release and what either slot holds', async () => {
    await deleted();
    expect(shelf.left()).toEqual(['0', '1', '8']);
    expect(shelf.left('us-west-2')).toEqual(['0', '1', '8']);
  });

  it('stays: the release before, the one under promotion and what its slot held', async () => {
    shelf.world.record = {
      ...shelf.world.record,
      previous: { slot: 'green', digest: 'sha256:2', tag: tag(2) },
      promotion: {
        id: 'run-1',
        executionArn: 'arn',
        strategy: 'canary',
        canarySlot: 'green',
        canaryDigest: 'sha256:3',
        canaryTag: tag(3),
        canaryImage: `${registry}@sha256:3`,
        startedAt: '2026-11-02T08:00:00.000Z',
        phase: 'retiring',
        stableReplicas: 3,
        before: { image: `${registry}@sha256:4`, replicas: 0 },
        undo: { previous: { slot: 'green', digest: 'sha256:5', tag: tag(5) } },
      },
    };
    await deleted();
    expect(shelf.left()).toEqual(['0', '1', '2', '3', '4', '5', '8']);
  });

  it('stays: what a pod still runs after its Deployment has moved on', async () => {
    shelf.world.pods.blue = [{ name: 'blue-1', image: `${registry}@sha256:6`, ready: true, restarts: 0 }];
    await deleted();
    expect(shelf.left()).toEqual(['0', '1', '6', '8']);
  });

  it("stays: the standby's release, by its own word", async () => {
    shelf.world.standbyParameters.set(
      'us-west-2 /mainstay/aeon/services/aeon-dt-api/release',
      JSON.stringify({ digest: 'sha256:2', tag: tag(2), promotedAt: '2026-11-01T00:00:00.000Z' }),
    );
    await deleted();
    expect(shelf.left()).toEqual(['0', '1', '2', '8']);
  });

  it('stays: what a promotion waits to release that no record names yet', async () => {
    const arn = 'arn:aws:states:us-east-1:111111111111:execution:mainstay-aeon-canary-promotion:run-9';
    const input = JSON.stringify({ service: 'aeon-dt-api', tag: tag(4) });
    shelf.world.executions.set(arn, { status: 'RUNNING', input });
    await deleted();
    expect(shelf.left()).toEqual(['0', '1', '4', '8']);
  });

  it('stays: what a recovery set holds', async () => {
    shelf.recovery = [{ digest: 'sha256:7', because: 'the recovery set of 04:00 holds it' }];
    await deleted();
    expect(shelf.left()).toEqual(['0', '1', '7', '8']);
  });

  it('that cannot be seen lets nothing go', async () => {
    const blind = {
      ...shelf.ports,
      cluster: { ...shelf.world.cluster, readRecord: () => Promise.reject(new Error()) },
    };
    await expect(planImageRetention({ repository, execution }, blind)).rejects.toThrow();
    expect(shelf.removed).toEqual([]);
  });
});

describe('plan-image-retention', () => {
  it('changes nothing, and says of each region what goes', async () => {
    const before = shelf.left();
    const { regions, deletions, kept, lines } = await planned();
    expect(shelf.left()).toEqual(before);
    expect([deletions, kept]).toEqual([12, { needed: 4, newest: 2, young: 0, elsewhere: 0, untagged: 0 }]);
    expect(regions.map(({ region }) => region)).toEqual(['us-east-1', 'us-west-2']);
    expect(lines).toHaveLength(5);
    expect(lines[0]).toContain('aeon-dt-api-production-1.2.0-abcdef2: pushed 498 days ago');
  });
});

describe('delete-images', () => {
  it('delivered twice deletes nothing more, and finds what it did', async () => {
    const { regions } = await planned();
    const input = { repository, regions: [...regions], execution };
    const once = await deleteImages(input, shelf.ports);
    const left = shelf.left();
    expect(await deleteImages(input, shelf.ports)).toEqual(once);
    expect(shelf.left()).toEqual(left);
  });

  it('crashed after its first deletion goes on when it is delivered again, the primary first', async () => {
    const { regions } = await planned();
    const input = { repository, regions: [...regions], execution };
    shelf.crashAfterRemovals = 1;
    await expect(deleteImages(input, shelf.ports)).rejects.toThrow(AwsUnavailable);
    expect([shelf.left().length, shelf.left('us-west-2').length]).toEqual([3, 9]);
    shelf.crashAfterRemovals = Number.POSITIVE_INFINITY;
    expect(await deleteImages(input, shelf.ports)).toEqual({ deleted: 12, spared: [] });
    expect(shelf.left('us-west-2')).toEqual(['0', '1', '8']);
  });

  it('spares what has come to be needed since the plan, in every region', async () => {
    const { regions } = await planned();
    shelf.world.slots.green.image = `${registry}@sha256:5`;
    const { deleted: gone, spared } = await deleteImages({ repository, regions: [...regions], execution }, shelf.ports);
    expect(shelf.left()).toContain('5');
    expect(gone).toBe(10);
    expect(spared).toEqual([
      'us-east-1 sha256:5: needed: aeon-dt-api: the image of the slot green',
      'us-west-2 sha256:5: needed: aeon-dt-api: the image of the slot green',
    ]);
  });
});

describe('list-repositories', () => {
  const list = (input: unknown, primary = 'us-east-1') =>
    listRepositories(
      { input },
      { ...shelf.ports, region: 'us-east-1', reign: { current: async () => ({ epoch: 1, primary }) } },
    );

  it('names none where the region does not reign: a primary that was left deletes nothing', async () => {
    expect(await list({}, 'us-west-2')).toEqual({ dryRun: false, repositories: [] });
  });

  it('names each repository of any region once', async () => {
    expect(await list({})).toEqual({ dryRun: false, repositories: ['aeon/aeon-dt-api', 'aeon/b'] });
    expect(await list({ dryRun: true })).toMatchObject({ dryRun: true });
  });

  it('refuses an input that it does not know', async () => {
    await expect(list({ dryrun: true })).rejects.toThrow(expect.objectContaining({ name: 'InvalidInput' }));
  });
});

describe('report-image-retention', () => {
  const reviewed = {
    repository,
    deleted: 2,
    waiting: 1,
    kept: { needed: 3 },
    lines: [`${tag(2)}: pushed 498 days ago`],
    spared: [],
  };
  const report = (results: Parameters<typeof reportImageRetention>[0]['results'], dryRun = false) =>
    reportImageRetention({ execution, dryRun, results }, { ...shelf.world, environment: 'aeon' });

  it('tells what went and why', async () => {
    expect(await report([reviewed])).toEqual({ deleted: 2, told: true });
    const [{ severity, subject, message } = { severity: '', subject: '', message: '' }] = shelf.world.published;
    expect([severity, subject]).toEqual(['information', 'aeon: 2 images deleted']);
    expect(message).toContain('pushed 498 days ago');
    expect(message).toContain('1 wait for the next run');
    expect(message).toContain(execution.arn);
  });

  it('says of a dry run that nothing went', async () => {
    await report([reviewed], true);
    expect(shelf.world.published[0]?.subject).toBe('aeon: 2 images would be deleted (dry run)');
  });

  it('is silent when there was nothing to do', async () => {
    expect(await report([{ ...reviewed, deleted: 0, lines: [] }])).toEqual({ deleted: 0, told: false });
    expect(shelf.world.published).toEqual([]);
  });

  it('tells of a repository that could not be reviewed, and then fails', async () => {
    const failed = { repository: 'aeon/b', failure: 'ClusterUnavailable: no answer' };
    await expect(report([reviewed, failed])).rejects.toThrow(expect.objectContaining({ name: 'RetentionIncomplete' }));
    expect(shelf.world.published[0]).toMatchObject({ severity: 'warning' });
    expect(shelf.world.published[0]?.message).toContain('aeon/b: ClusterUnavailable');
  });
});
