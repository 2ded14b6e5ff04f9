import { define, type TaskDefinition } from '../delivery/tasks.ts';
import type { BackupRights } from './rights.ts';

/** Of the hour itself: the set, its database snapshots and their copies. */
export const recoverySetTasks: readonly TaskDefinition<BackupRights>[] = [
  define('begin-recovery-set', 'Begins the recovery set of a minute, where the region reigns', {
    settings: ['backups'],
    timeoutSeconds: 60,
    rights: (r) => [
      ...r.way(),
      ...r.listDatabases(),
      ...r.records(['dynamodb:GetItem', 'dynamodb:PutItem'], [r.regions()[0] ?? '']),
    ],
  }),
  define('thin-snapshots', 'Makes room for the snapshots of a set', {
    settings: ['backups'],
    // 1,000 databases with 78 sets are 780 pages, one after the other.
    timeoutSeconds: 900,
    rights: (r) => [
      ...r.way(),
      ...r.listSnapshots(),
      ...r.deleteSnapshots(),
      ...r.records(['dynamodb:Scan', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:DeleteItem']),
      ...r.describeRuns(),
    ],
  }),
  define('create-database-snapshot', 'Begins the snapshot of a database', {
    settings: ['backups'],
    timeoutSeconds: 60,
    rights: (r) => [...r.way(), ...r.findSnapshots(), ...r.describeDatabases(), ...r.createSnapshots()],
  }),
  define('look-at-database-snapshot', 'Sees whether the snapshot of a database is ready', {
    settings: ['backups'],
    rights: (r) => [...r.way(), ...r.findSnapshots()],
  }),
  define('copy-database-snapshot', 'Begins the copy of a snapshot to the other region', {
    settings: ['backups'],
    timeoutSeconds: 60,
    rights: (r) => [
      ...r.way(),
      ...r
        .regions()
        .slice(1)
        .flatMap((region) => r.readKeyName(region)),
      ...r.copySnapshots(),
    ],
  }),
  define('look-at-copied-snapshot', 'Sees whether the copy of a snapshot is ready', {
    settings: ['backups'],
    rights: (r) => [
      ...r.way(),
      ...r
        .regions()
        .slice(1)
        .flatMap((region) => r.findSnapshots(region)),
    ],
  }),
  define('verify-copy', 'Compares the copy of a set with what was taken', {
    settings: ['backups'],
    timeoutSeconds: 900,
    rights: (r) => [
      ...r.way(),
      ...r.records(['dynamodb:GetItem'], r.regions().slice(0, 1)),
      ...r
        .regions()
        .slice(1)
        .flatMap((region) => r.readKeyName(region)),
      ...r
        .regions()
        .slice(1)
        .flatMap((region) => [...r.findSnapshots(region), ...r.readObjects('sets', region)]),
      ...r.describeVolumeSnapshots(),
    ],
  }),
  define('close-recovery-set', 'Writes down how a set ended, in each region that holds it', {
    settings: ['backups'],
    timeoutSeconds: 300,
    rights: (r) => [
      ...r.findSnapshots(),
      ...r.describeDatabases(),
      ...r.tagSnapshots(),
      ...r.readObjects('sets', undefined, 'manifests/'),
      ...r.readObjects('sets', undefined, 'configuration/'),
      ...r.records(['dynamodb:GetItem', 'dynamodb:PutItem']),
    ],
  }),
];
