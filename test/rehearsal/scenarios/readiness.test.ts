import { describe, expect, it } from 'vitest';
import { assemblyOf } from '../../../bin/cli/assembly.ts';
import { platformNamed } from '../../../bin/cli/platforms.ts';
import { rehearseReadiness, requireReadinessRequest } from '../../../rehearsal/scenarios/readiness.ts';
import { type ReadinessRun, readinessRunFaults } from '../../../rehearsal/scenarios/readiness-request.ts';

const platform = platformNamed('aeon');
const runs = new Map<string, Promise<ReadinessRun>>();

/** Faults that do not touch each other are looked at in one run. */
function looked(faults: readonly string[]): Promise<ReadinessRun> {
  const key = faults.join();
  const run = runs.get(key) ?? lookedAnew(faults);
  runs.set(key, run);
  return run;
}

async function lookedAnew(faults: readonly string[]): Promise<ReadinessRun> {
  const assemblyDirectory = await assemblyOf(platform, 'production', undefined);
  return rehearseReadiness({ platform, faults, seed: 1, assemblyDirectory });
}

const many = [
  ...['lease-not-armed', 'image-missing', 'secret-missing', 'key-disabled', 'permission-denied'],
  ...['quota-short', 'no-capacity', 'drill-old'],
];
const few = ['replica-gone', 'no-set', 'release-behind', 'drill-failed', 'not-seen'];

/** Beside a lost lease it is the second signal, and the platform begins to move. */
const alone = ['lag'];
const groups = [many, few, alone];

/** What each fault is seen as, and what the words name. */
const seenAs: readonly (readonly [fault: string, part: string, severity: string, named: string])[] = [
  ['replica-gone', 'replica', 'blocks', 'aeon-aeon-dt'],
  ['lag', 'lag', 'weighs', 's behind'],
  ['lease-not-armed', 'lease', 'blocks', 'is not renewed'],
  ['image-missing', 'images', 'blocks', 'aeon-dt-api'],
  ['secret-missing', 'secrets', 'blocks', 'mainstay/aeon/secrets/aeon-dt-postgres'],
  ['key-disabled', 'keys', 'blocks', 'mainstay/aeon/databases'],
  ['permission-denied', 'permissions', 'blocks', 'promote-database may not rds:PromoteReadReplica'],
  ['quota-short', 'quotas', 'blocks', 'DBInstances'],
  ['no-capacity', 'capacity', 'weighs', 'AsgInstanceLaunchFailures'],
  ['no-set', 'recovery-sets', 'weighs', 'no recovery set of aeon-dt'],
  ['release-behind', 'releases', 'weighs', 'aeon-dt-api'],
  ['drill-old', 'drill', 'weighs', '120 days'],
  ['drill-failed', 'drill', 'weighs', 'did not take a write'],
];

describe('the look at a standby', { timeout: 600_000 }, () => {
  it('that has everything finds it ready; only that nobody has drilled weighs', async () => {
    const { result } = await looked([]);
    expect(result).toMatchObject({ outcome: 'ready', score: 98, unseen: [] });
    expect(result.faults).toMatchObject([{ part: 'drill', severity: 'weighs' }]);
    expect(result.checkers.violated).toEqual([]);
  });

  it.each(seenAs)('%s: is seen', async (fault, part, severity, named) => {
    const { result } = await looked(groups.find((group) => group.includes(fault)) ?? []);
    const seen = result.faults.filter((each) => each.part === part);
    expect(seen).toMatchObject([{ severity }]);
    expect(seen[0]?.what).toContain(named);
  });

  it('not-seen: what nobody could look at blocks', async () => {
    const { result } = await looked(few);
    // Without a replica nobody knows its lag either.
    expect(result.unseen).toEqual(['lag', 'permissions']);
  });

  it('finds nothing else, changes nothing, and rings', async () => {
    for (const faults of groups) {
      const { result } = await looked(faults);
      const of = seenAs.filter(([fault]) => faults.includes(fault));
      const injected = of.map(([, part]) => part);
      // Without one that was put there, that nobody has drilled weighs.
      if (!injected.includes('drill')) injected.push('drill');
      expect(result.outcome).toBe(of.some(([, , severity]) => severity === 'blocks') ? 'not-ready' : 'ready');
      expect(result.faults.map(({ part }) => part).sort()).toEqual([...injected].sort());
      expect(result.checkers.violated).toEqual([]);
    }
  });

  it('is named for every fault that there is', () => {
    expect(groups.flat().sort()).toEqual(readinessRunFaults.map(({ name }) => name).sort());
  });

  it('is refused for a fault that there is not, and for a platform without a standby', () => {
    expect(() => requireReadinessRequest({ platform, faults: ['no-luck'] })).toThrow(/replica-gone/);
    const { standby: _, ...regions } = platform.regions;
    expect(() => requireReadinessRequest({ platform: { ...platform, regions }, faults: [] })).toThrow(/no standby/);
  });
});
