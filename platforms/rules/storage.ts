import { stages } from '../../domain/names.ts';
import type { Database, Store } from '../schema.ts';
import { type Finding, type Path, rule } from '../violation.ts';

interface Disk {
  readonly gibibytes: number;
  readonly iops?: number | undefined;
  readonly throughputMebibytesPerSecond?: number | undefined;
}

/** What a kind of volume allows. Throughput without a range can't be chosen. */
interface DiskLimits {
  readonly gibibytes: readonly [number, number];
  readonly iops: readonly [number, number];
  readonly iopsPerGibibyteMax: number;
  readonly throughput?: readonly [number, number];
}

/**
 * https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html and …/provisioned-iops.html
 * (gp3 up to 64 TiB, 80,000 IOPS and 2,000 MiB/s since September 2025).
 */
const volumeLimits: Readonly<Record<'gp3' | 'io2', DiskLimits>> = {
  gp3: { gibibytes: [1, 65_536], iops: [3000, 80_000], iopsPerGibibyteMax: 500, throughput: [125, 2000] },
  io2: { gibibytes: [4, 65_536], iops: [100, 256_000], iopsPerGibibyteMax: 1000 },
};

/** https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html, for PostgreSQL and MySQL. */
const databaseLimits: Readonly<Record<'gp3' | 'io2', DiskLimits>> = {
  gp3: { gibibytes: [20, 65_536], iops: [12_000, 64_000], iopsPerGibibyteMax: 500, throughput: [500, 4000] },
  io2: { gibibytes: [100, 65_536], iops: [1000, 256_000], iopsPerGibibyteMax: 1000 },
};
/** Below it RDS gives gp3 3,000 IOPS and 125 MiB/s and lets nobody choose. Same page. */
const databaseGp3ChoiceGibibytes = 400;
/** MiB/s that one provisioned IOPS carries on gp3: https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html */
const throughputPerIops = 0.25;

/** Volumes have figures that EBS gives. */
export const volumesExist = rule(['stores'], function volumesExist({ stores }) {
  return stores.flatMap((store, index): Finding[] => {
    if (store.kind !== 'volume') return [];
    return diskFindings(store, ['stores', index], store.type, volumeLimits[store.type]);
  });
});

/** Databases have storage that RDS gives. */
export const databaseStorageExists = rule(['databases'], function databaseStorageExists({ databases }) {
  return databases.flatMap(({ storage }, index): Finding[] => {
    const path = ['databases', index, 'storage'];
    const findings = diskFindings(storage, path, storage.type, databaseLimits[storage.type]);
    const chosen = (['iops', 'throughputMebibytesPerSecond'] as const).filter((field) => storage[field] !== undefined);
    if (storage.type === 'gp3' && storage.gibibytes < databaseGp3ChoiceGibibytes && chosen.length > 0) {
      return chosen.map((field) => ({
        path: [...path, field],
        value: storage[field],
        allowed: `nothing below ${databaseGp3ChoiceGibibytes} GiB of gp3`,
        remedy: 'Leave it out, or allocate more.',
      }));
    }
    // RDS asks for a ceiling at least a tenth above: …/USER_PIOPS.Autoscaling.html
    if (storage.growsToGibibytes !== undefined && storage.growsToGibibytes < storage.gibibytes * 1.1) {
      findings.push({
        path: [...path, 'growsToGibibytes'],
        value: storage.growsToGibibytes,
        allowed: `${Math.ceil(storage.gibibytes * 1.1)} or more, a tenth above what is allocated`,
        remedy: 'Raise it, or leave it out so that the storage does not grow.',
      });
    }
    return findings;
  });
});

/** The same for the sizes that a stage gives its databases. */
export const stageDatabaseStorageExists = rule(
  ['databases', 'stages'],
  function stageDatabaseStorageExists({ databases, stages: settings }) {
    return stages.flatMap((stage) =>
      Object.entries(settings[stage].databases ?? {}).flatMap(([name, { gibibytes }]): Finding[] => {
        const storage = databases.find((database) => database.name === name)?.storage;
        if (!storage || gibibytes === undefined) return [];
        const path = ['stages', stage, 'databases', name, 'gibibytes'];
        const chosen = storage.iops !== undefined || storage.throughputMebibytesPerSecond !== undefined;
        if (storage.type === 'gp3' && gibibytes < databaseGp3ChoiceGibibytes && chosen) {
          return [
            {
              path,
              value: gibibytes,
              allowed: `${databaseGp3ChoiceGibibytes} or more, with the IOPS or throughput that the database asks for`,
              remedy: 'Allocate more in this stage, or leave the figures out of the database.',
            },
          ];
        }
        const findings = diskFindings({ ...storage, gibibytes }, path, storage.type, databaseLimits[storage.type]);
        // Whatever does not fit any more, it is this size that has to change.
        return findings.slice(0, 1).map(({ allowed, remedy }) => ({ path, value: gibibytes, allowed, remedy }));
      }),
    );
  },
);

function diskFindings(
  disk: Disk,
  path: Path,
  type: Store['kind'] | Database['storage']['type'],
  limits: DiskLimits,
): Finding[] {
  const { gibibytes, iops, throughputMebibytesPerSecond: throughput } = disk;
  const findings = outside([...path, 'gibibytes'], gibibytes, limits.gibibytes, `GiB of ${type}`);
  if (iops === undefined && type === 'io2') {
    findings.push({
      path: [...path, 'iops'],
      value: undefined,
      allowed: `${limits.iops[0]} to ${limits.iops[1]}: io2 has none of its own`,
      remedy: 'Say how many IOPS are provisioned.',
    });
  }
  if (iops !== undefined) {
    const most = Math.min(limits.iops[1], Math.max(limits.iops[0], gibibytes * limits.iopsPerGibibyteMax));
    findings.push(...outside([...path, 'iops'], iops, [limits.iops[0], most], `IOPS for ${gibibytes} GiB of ${type}`));
  }
  if (throughput === undefined) return findings;
  if (!limits.throughput) {
    findings.push({
      path: [...path, 'throughputMebibytesPerSecond'],
      value: throughput,
      allowed: `nothing for ${type}: it follows from the IOPS`,
      remedy: 'Leave it out.',
    });
    return findings;
  }
  const most = Math.min(
    limits.throughput[1],
    Math.max(limits.throughput[0], (iops ?? limits.iops[0]) * throughputPerIops),
  );
  return [
    ...findings,
    ...outside(
      [...path, 'throughputMebibytesPerSecond'],
      throughput,
      [limits.throughput[0], most],
      `MiB/s with ${iops ?? limits.iops[0]} IOPS`,
    ),
  ];
}

function outside(path: Path, value: number, [least, most]: readonly [number, number], unit: string): Finding[] {
  if (value >= least && value <= most) return [];
  return [{ path, value, allowed: `${least} to ${most} ${unit}`, remedy: 'Choose a figure that AWS gives.' }];
}
