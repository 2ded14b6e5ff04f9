import { describe, expect, it } from 'vitest';
import { restoreTags, testInstanceName } from '../../../domain/restores.ts';
import type { RestoredInput } from '../../../domain/workflows/restore-test.ts';
import { lookAtRestoredDatabase, restoreDatabase } from '../../../lambdas/restore/restore-database.ts';
import { lookAtRestoredVolume, restoreVolume } from '../../../lambdas/restore/restore-volume.ts';
import { aeonSet } from './sets.ts';
import { execution, hold, region, restoreWorld } from './world.ts';

const set = aeonSet('2026-11-23T03:00:00Z');

function inputOf(changes: Partial<RestoredInput> = {}): RestoredInput {
  return {
    setId: set.setId,
    pointInTime: null,
    database: 'aeon-dt',
    instance: testInstanceName('aeon', 'test-1', 'aeon-dt'),
    purpose: 'test',
    since: '2026-11-23T04:30:00Z',
    execution: execution('test-1'),
    ...changes,
  };
}

async function world() {
  const made = restoreWorld();
  await hold(made, set);
  return made;
}

describe('an instance of a test', () => {
  it('is made where no route leads, without jobs, deletable, with the tags of the run', async () => {
    const given = await world();
    expect(await restoreDatabase(inputOf(), given)).toMatchObject({ state: 'ready' });
    expect(given.restores.placed).toMatchObject([
      {
        from: 'mainstay-aeon-20261123t0300z-aeon-dt',
        instanceClass: 'db.r8g.large',
        subnetGroup: 'isolated',
        securityGroupIds: ['sg-isolated'],
        parameterGroup: 'quiet',
        multipleZones: false,
        deletionProtection: false,
        tags: {
          [restoreTags.environment]: 'aeon',
          [restoreTags.set]: set.setId,
          [restoreTags.test]: execution('test-1').arn,
        },
      },
    ]);
  });

  it('is asked for once: a second delivery finds it', async () => {
    const given = await world();
    await restoreDatabase(inputOf(), given);
    expect(await restoreDatabase(inputOf(), given)).toMatchObject({ state: 'ready' });
    expect(given.restores.placed).toHaveLength(1);
  });

  it("is never somebody else's of that name", async () => {
    const given = await world();
    given.restores.stand(inputOf().instance, { [restoreTags.test]: 'arn:another' });
    await expect(restoreDatabase(inputOf(), given)).rejects.toMatchObject({ name: 'RestoreNameTaken' });
    expect(given.restores.placed).toEqual([]);
  });

  it('waits for room, an hour at most', async () => {
    const given = await world();
    given.restores.answer = 'no-room';
    expect(await restoreDatabase(inputOf(), given)).toMatchObject({ state: 'waiting', waitSeconds: 30 });
    given.later(3600);
    expect(await restoreDatabase(inputOf(), given)).toMatchObject({ state: 'broken' });
  });

  it.each([
    ['available', 'ready'],
    ['backing-up', 'ready'],
    ['creating', 'waiting'],
    ['incompatible-restore', 'broken'],
    ['failed', 'broken'],
  ])('that is %s is %s', async (status, state) => {
    const given = await world();
    given.restores.stand(inputOf().instance, {}, status);
    expect(await lookAtRestoredDatabase(inputOf(), given)).toMatchObject({ state });
  });

  it('that takes more than four hours is broken, and so is one that is gone', async () => {
    const given = await world();
    expect(await lookAtRestoredDatabase(inputOf(), given)).toMatchObject({ state: 'broken' });
    given.restores.stand(inputOf().instance, {}, 'creating');
    given.later(4 * 3600);
    expect(await lookAtRestoredDatabase(inputOf(), given)).toMatchObject({ state: 'broken' });
  });
});

describe("an instance of a person's", () => {
  const person = inputOf({ purpose: 'restore', instance: 'aeon-aeon-dt-restored' });

  it('stands behind the doors of the running one, protected from deletion, and binds its set', async () => {
    const given = await world();
    given.restores.stand('aeon-aeon-dt');
    await restoreDatabase(person, given);
    expect(given.restores.placed).toMatchObject([
      {
        subnetGroup: 'aeon',
        securityGroupIds: ['sg-own', 'sg-beside'],
        parameterGroup: 'own',
        multipleZones: true,
        deletionProtection: true,
        tags: { [restoreTags.restore]: execution('test-1').arn },
      },
    ]);
    expect(given.restores.placed[0]?.tags).not.toHaveProperty([restoreTags.test]);
    expect((await given.records.find(region, set.setId))?.inUse).toMatchObject([{ by: 'restore' }]);
  });

  it('is restored to a time from the running one', async () => {
    const given = await world();
    await restoreDatabase({ ...person, setId: null, pointInTime: '2026-11-23T04:00:00Z' }, given);
    expect(given.restores.placed[0]?.from).toBe('aeon-aeon-dt at 2026-11-23T04:00:00.000Z');
  });
});

describe('a volume', () => {
  const volume = {
    setId: set.setId,
    member: 'graph/0',
    snapshot: 'snap-us-east-1',
    gibibytes: 100,
    since: '2026-11-23T04:30:00Z',
    execution: execution('test-1'),
  };

  it('is made once, and usable with the size of its set', async () => {
    const given = await world();
    await restoreVolume(volume, given);
    await restoreVolume(volume, given);
    expect(given.restores.volumes.size).toBe(1);
    expect(await lookAtRestoredVolume(volume, given)).toMatchObject({ state: 'ready' });
  });

  it('that is smaller than its set is broken', async () => {
    const given = await world();
    given.restores.volumeGibibytes = 99;
    await restoreVolume(volume, given);
    expect(await lookAtRestoredVolume(volume, given)).toMatchObject({ state: 'broken' });
  });

  it('that EC2 does not show yet is waited for', async () => {
    expect(await lookAtRestoredVolume(volume, await world())).toMatchObject({ state: 'waiting' });
  });
});
