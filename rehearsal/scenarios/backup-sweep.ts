import type { Platform } from '../../platforms/schema.ts';
import type { FaultDescription } from '../faults/described.ts';
import { RandomStream } from '../kernel/random.ts';
import { rehearseBackup } from './backup.ts';
import { backupFaults } from './backup-faults.ts';
import type { BackupResult } from './backup-request.ts';
import { restoreFaults } from './restore-faults.ts';
import { type RestoreCorruption, type RestoreTestResult, restoreCorruptions } from './restore-request.ts';
import { rehearseRestoreTest } from './restore-test.ts';

/* Seeds of backups and of restore tests: each draws what goes wrong. */

const faultsMaximum = 3;
/** The day's full set, the weekly restore test and two sets under the faults. */
const hours = 4;

/** Up to three faults of the world. */
function faultsOf(catalogue: readonly FaultDescription[], random: RandomStream): readonly string[] {
  const world = catalogue.filter((fault) => fault.class === 'world').map(({ name }) => name);
  const faults = new Set<string>();
  const count = random.below(faultsMaximum + 1);
  while (faults.size < count) faults.add(random.pick(world));
  return [...faults].sort();
}

/** What a seed of backups rehearses, drawn from it alone. */
export function backupDrawnFrom(seed: number): { readonly days: number; readonly faults: readonly string[] } {
  return { days: hours / 24, faults: faultsOf(backupFaults, new RandomStream(seed, 'backup-sweep')) };
}

/** What a seed of restore tests rehearses: two in three restore what was there. */
export function restoreTestDrawnFrom(seed: number): {
  readonly region: 'primary' | 'standby';
  readonly corrupt?: RestoreCorruption;
  readonly faults: readonly string[];
} {
  const random = new RandomStream(seed, 'restore-sweep');
  const region = random.pick(['primary', 'standby'] as const);
  const corrupt = random.below(3) === 0 ? random.pick(restoreCorruptions) : undefined;
  const faults = faultsOf(restoreFaults, random);
  return { region, faults, ...(corrupt === undefined ? {} : { corrupt }) };
}

interface Sweep {
  readonly platform: Platform;
  readonly assemblyDirectory: string;
  readonly from: number;
  readonly count: number;
}

interface Swept<Result> {
  readonly seed: number;
  readonly command: string;
  readonly result: Result;
}

/** Rehearses `count` seeds from `from` on, one after the other. */
export async function* sweepBackups({ from, count, ...where }: Sweep): AsyncGenerator<Swept<BackupResult>> {
  for (let seed = from; seed < from + count; seed++) {
    const { result, command } = await rehearseBackup({ ...where, ...backupDrawnFrom(seed), seed });
    yield { seed, command, result };
  }
}

/** The same of restore tests. */
export async function* sweepRestoreTests({ from, count, ...where }: Sweep): AsyncGenerator<Swept<RestoreTestResult>> {
  for (let seed = from; seed < from + count; seed++) {
    const { result, command } = await rehearseRestoreTest({ ...where, ...restoreTestDrawnFrom(seed), seed });
    yield { seed, command, result };
  }
}
