import { describe, expect, it } from 'vitest';
import { assemblyOf } from '../../../bin/cli/assembly.ts';
import { platformNamed } from '../../../bin/cli/platforms.ts';
import { rehearseBackup, requireBackupRequest } from '../../../rehearsal/scenarios/backup.ts';
import { backupFaults } from '../../../rehearsal/scenarios/backup-faults.ts';
import { type NamedBackup, namedBackupSabotage, namedBackups } from '../../../rehearsal/scenarios/backup-named.ts';
import type { BackupRun } from '../../../rehearsal/scenarios/backup-request.ts';
import { backupDrawnFrom, restoreTestDrawnFrom } from '../../../rehearsal/scenarios/backup-sweep.ts';
import { requireRestoreTestRequest } from '../../../rehearsal/scenarios/restore-test.ts';

const platform = platformNamed('aeon');

async function rehearsed({
  hours,
  faults,
  seed = 1,
}: Pick<NamedBackup, 'hours' | 'faults' | 'seed'>): Promise<BackupRun> {
  const assemblyDirectory = await assemblyOf(platform, 'production', undefined);
  return rehearseBackup({ platform, days: hours / 24, faults, seed, assemblyDirectory });
}

describe('hours of backups', { timeout: 240_000 }, () => {
  it.each(namedBackups)('under $name keep every promise', async (scenario) => {
    const { result } = await rehearsed(scenario);
    expect(result.checkers.violated).toEqual([]);
    expect(result).toMatchObject({ hoursDue: scenario.hours, ...scenario.sets, setsVerified: scenario.setsVerified });
    expect(result.snapshotsPeak).toBeLessThanOrEqual(result.quota);
    // The weekly test fell into them.
    expect(result.provenKept).toBe(1);
  });

  it.each(namedBackupSabotage)('under $name turn their checkers red', async (scenario) => {
    const { result, command } = await rehearsed(scenario);
    expect([...new Set(result.checkers.violated.map(({ checker }) => checker))]).toEqual(scenario.breaks);
    expect(command).toBe(
      `npx mainstay rehearse backup --platform aeon --hours ${scenario.hours} --fault ${scenario.name} --seed 1`,
    );
  });

  it('have the same log for the same seed', async () => {
    const drawn = { hours: 4, faults: ['throttle', 'timeout'], seed: 7 };
    const [first, second] = [await rehearsed(drawn), await rehearsed(drawn)];
    expect(second.log.toLines()).toBe(first.log.toLines());
  });

  it('have a scenario for every fault', () => {
    const named = [...namedBackups, ...namedBackupSabotage].flatMap(({ faults }) => faults);
    expect(backupFaults.map(({ name }) => name).filter((name) => !named.includes(name))).toEqual([]);
  });
});

describe('what is asked for', () => {
  it('is refused where no run could show it', () => {
    expect(() => requireBackupRequest({ platform, days: 3, faults: ['rain'] })).toThrow(/no fault 'rain' for backups/);
    expect(() => requireBackupRequest({ platform, days: 0, faults: [] })).toThrow(/^0 hours were asked for/);
    expect(() => requireBackupRequest({ platform, days: 401, faults: [] })).toThrow(/1 hour to 400 days/);
    expect(() => requireBackupRequest({ platform, days: 3 / 24, faults: ['throttle'] })).toThrow(/4 hours to 400 days/);
    expect(() => requireBackupRequest({ platform, days: 4 / 24, faults: ['throttle'] })).not.toThrow();
  });

  it('is drawn from a seed alone, and can be rehearsed', () => {
    const seeds = Array.from({ length: 200 }, (_, seed) => seed);
    const backups = seeds.map((seed) => backupDrawnFrom(seed));
    for (const drawn of backups) requireBackupRequest({ platform, ...drawn });
    const worlds = backupFaults.filter((fault) => fault.class === 'world').map(({ name }) => name);
    expect([...new Set(backups.flatMap(({ faults }) => faults))].sort()).toEqual([...worlds].sort());
    const tests = seeds.map((seed) => restoreTestDrawnFrom(seed));
    for (const { region, faults } of tests) requireRestoreTestRequest({ platform, region, faults });
    expect(new Set(tests.map(({ region, corrupt }) => `${region} ${corrupt ?? 'sound'}`)).size).toBe(10);
    expect(backupDrawnFrom(7)).toEqual(backupDrawnFrom(7));
  });
});
