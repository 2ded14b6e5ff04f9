import { describe, expect, it } from 'vitest';
import { assemblyOf } from '../../../bin/cli/assembly.ts';
import { platformNamed } from '../../../bin/cli/platforms.ts';

import { personRestoreFaults, rehearseRestore, requireRestoreRequest } from '../../../rehearsal/scenarios/restore.ts';
import { restoreFaults } from '../../../rehearsal/scenarios/restore-faults.ts';
import {
  type NamedRestoreTest,
  namedRestoreSabotage,
  namedRestores,
  namedRestoreTests,
} from '../../../rehearsal/scenarios/restore-named.ts';
import { rehearseRestoreTest, requireRestoreTestRequest } from '../../../rehearsal/scenarios/restore-test.ts';
import { withoutServers } from '../../postgres/real/available.ts';

const platform = platformNamed('aeon');
const assembly = (): Promise<string> => assemblyOf(platform, 'production', undefined);

async function tested({ region, corrupt, faults }: Omit<NamedRestoreTest, 'name' | 'verdict'>, postgres = false) {
  const { result } = await rehearseRestoreTest({
    platform,
    region: region ?? 'primary',
    faults,
    seed: 1,
    postgres,
    assemblyDirectory: await assembly(),
    ...(corrupt === undefined ? {} : { corrupt }),
  });
  return result;
}

describe('a restore test', () => {
  it.each(namedRestoreTests)('of $name ends as $verdict, and keeps every promise', async (scenario) => {
    const result = await tested(scenario);
    expect(result.checkers.violated).toEqual([]);
    expect(result.verdict).toBe(scenario.verdict);
    const kinds = result.failures.map(({ kind }) => kind);
    expect(kinds).toEqual(expect.arrayContaining([...(scenario.finds ?? [])]));
    expect(result.leftBehind).toEqual([]);
  });

  it.each(namedRestoreSabotage)('under $name turns its checkers red', async (scenario) => {
    const result = await tested(scenario);
    expect(result.verdict).toBe(scenario.verdict);
    expect([...new Set(result.checkers.violated.map(({ checker }) => checker))]).toEqual(scenario.breaks);
  });

  it('has the same log for the same seed', async () => {
    const once = await tested({ faults: ['throttle', 'timeout'] });
    const again = await tested({ faults: ['throttle', 'timeout'] });
    expect(again.logSha256).toBe(once.logSha256);
  });

  it.skipIf(withoutServers !== undefined).each([
    { name: 'a sound set', faults: [], verdict: 'proven' },
    { name: 'rows lost and changed', corrupt: 'table', faults: [], verdict: 'failed' },
    { name: 'a table missing', corrupt: 'missing', faults: [], verdict: 'failed' },
  ] as const)('of $name on real servers ends as $verdict', async (scenario) => {
    const result = await tested(scenario, true);
    expect(result.checkers.violated).toEqual([]);
    expect(result.verdict).toBe(scenario.verdict);
    expect(result.rowsCompared).toBeGreaterThan(500);
  });

  it('refuses what it does not know', () => {
    expect(() => requireRestoreTestRequest({ platform, region: 'primary', faults: ['rain'] })).toThrow(
      /no fault 'rain'/,
    );
    const { standby: _none, ...regions } = platform.regions;
    const alone = { ...platform, regions };
    expect(() => requireRestoreTestRequest({ platform: alone, region: 'standby', faults: [] })).toThrow(/no standby/);
  });

  it('has a scenario for every fault', () => {
    const named = [...namedRestoreTests, ...namedRestoreSabotage].flatMap(({ faults }) => faults);
    expect(restoreFaults.map(({ name }) => name).filter((name) => !named.includes(name))).toEqual([]);
  });
});

describe('a restore by a person', () => {
  it.each(namedRestores)('of or under $name ends as $outcome, and keeps every promise', async (scenario) => {
    const { point, faults, outcome, because } = scenario;
    const { result } = await rehearseRestore({
      platform,
      faults,
      seed: 1,
      assemblyDirectory: await assembly(),
      ...(point === undefined ? {} : { point }),
    });
    expect(result.checkers.violated).toEqual([]);
    expect(result.outcome).toBe(outcome);
    expect(result.reason).toContain(because ?? '');
    expect(result.instance === null).toBe(outcome !== 'restored');
  });

  it('has a scenario for every fault', () => {
    const named = namedRestores.flatMap(({ faults }) => faults);
    expect(personRestoreFaults.map(({ name }) => name).filter((name) => !named.includes(name))).toEqual([]);
  });

  it('refuses what it does not know', () => {
    expect(() => requireRestoreRequest({ platform, faults: ['rain'] })).toThrow(/no fault 'rain'/);
    expect(() => requireRestoreRequest({ platform, point: 'yesterday', faults: [] })).toThrow(/such as -20m/);
  });
});
