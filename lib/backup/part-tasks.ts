import { define, type TaskDefinition } from '../delivery/tasks.ts';
import type { PartRights } from './part-rights.ts';

/** The other region; none where the stage has no standby. */
const there = (rights: PartRights): readonly string[] => rights.regions().slice(1);

const takeVolumes = (r: PartRights) => [...r.way(), ...r.describeVolumes(), ...r.snapshotVolumes()];
const copyVolumes = (r: PartRights) => [
  ...r.way(),
  ...r.describeVolumes(),
  ...r.readKeyName(...there(r)),
  ...r.copyVolumeSnapshots(),
];

/** Of a set beside its database snapshots. */
const ofSets: readonly TaskDefinition<PartRights>[] = [
  define('create-volume-snapshots', "Takes the snapshots of the stores' volumes", {
    settings: ['backups'],
    timeoutSeconds: 300,
    rights: (r) => [
      ...takeVolumes(r),
      ...r.deleteVolumeSnapshots(r.regions()[0]),
      ...r.records(['dynamodb:Scan'], r.regions().slice(0, 1)),
    ],
  }),
  define('look-at-volume-snapshots', "Sees whether the snapshots of the stores' volumes are ready", {
    settings: ['backups'],
    timeoutSeconds: 60,
    rights: takeVolumes,
  }),
  define('copy-volume-snapshots', 'Copies the snapshots of volumes to the other region', {
    settings: ['backups'],
    timeoutSeconds: 300,
    rights: (r) => [
      ...copyVolumes(r),
      ...there(r).flatMap((region) => [...r.deleteVolumeSnapshots(region), ...r.records(['dynamodb:Scan'], [region])]),
    ],
  }),
  define('look-at-copied-volumes', 'Sees whether the copied snapshots of volumes are ready', {
    settings: ['backups'],
    timeoutSeconds: 60,
    rights: copyVolumes,
  }),
  define('export-cluster-state', 'Writes what the cluster holds of the environment, without Secrets, into a set', {
    settings: ['backups', 'cluster'],
    timeoutSeconds: 900,
    rights: (r) => [...r.way(), ...r.readKeyName(...r.regions().slice(0, 1)), ...r.uploadObjects('cluster-state/')],
  }),
  define('record-versions', 'Writes down which images, secret versions and settings belong to a set', {
    settings: ['backups', 'cluster'],
    timeoutSeconds: 120,
    rights: (r) => [
      ...r.way(),
      ...r.readKeyName(...r.regions().slice(0, 1)),
      ...r.listSecrets(),
      ...r.readConfiguration(),
      ...r.writeObjects('sets', undefined, 'configuration/'),
      ...r.writeObjects('sets', undefined, 'application-data/'),
    ],
  }),
  define('copy-objects', 'Copies the objects of a set to the other region', {
    settings: ['backups'],
    timeoutSeconds: 900,
    rights: (r) => [
      ...r.way(),
      ...r.records(['dynamodb:GetItem'], r.regions().slice(0, 1)),
      ...r.readKeyName(...there(r)),
      ...r.readObjects('sets'),
      ...there(r).flatMap((region) => [
        ...r.writeObjects('sets', region),
        ...r.readObjects('sets', region, 'application-data/'),
      ]),
    ],
  }),
];

/** Of the day's full set. */
const ofExports: readonly TaskDefinition<PartRights>[] = [
  define('start-export', 'Begins the export of a database snapshot', {
    settings: ['backups'],
    timeoutSeconds: 60,
    rights: (r) => [...r.way(), ...r.readKeyName(...r.regions().slice(0, 1)), ...r.startExports()],
  }),
  define('look-at-export', 'Sees whether an export is done', {
    settings: ['backups'],
    rights: (r) => [...r.way(), ...r.lookAtExports()],
  }),
  define('archive-export', 'Copies an export into the archive, locked for years', {
    settings: ['backups'],
    timeoutSeconds: 900,
    rights: (r) => [...r.way(), ...r.readKeyName(...r.regions().slice(0, 1)), ...r.archiveObjects()],
  }),
];

/** Started by schedule. */
export const watchBackupsTask: TaskDefinition<PartRights> = define(
  'watch-backups',
  'Counts what of the last recovery sets is missing, late, failed or not copied',
  {
    settings: ['backups'],
    timeoutSeconds: 60,
    rights: (r) => [
      ...r.readReign(),
      ...r.records(['dynamodb:GetItem'], r.regions().slice(0, 1)),
      ...r.putMeasurements(),
    ],
  },
);

/** Every function of `hourly-backup` that is not of the set itself, its database snapshots or manifests; and the watcher. */
export const partTasks: readonly TaskDefinition<PartRights>[] = [...ofSets, ...ofExports, watchBackupsTask];
