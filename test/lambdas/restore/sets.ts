import { databaseSnapshotName, type RecoverySet, recoverySet, recoverySetId } from '../../../domain/recovery-set.ts';

/** A verified set of `aeon`, whole in both regions, with one database and one volume. */
export function aeonSet(dueAt: string, changes: Partial<RecoverySet> = {}): RecoverySet {
  const setId = recoverySetId('aeon', Date.parse(dueAt));
  const copy = (region: string, key: string) => ({
    state: 'verified' as const,
    key: `arn:aws:kms:${region}:111111111111:key/${key}`,
    databases: { 'aeon-dt': databaseSnapshotName(setId, 'aeon-dt') },
    volumes: { 'graph/0': `snap-${region}` },
  });
  const stored = { key: `manifests/${setId}/aeon-dt.json`, bytes: 2, sha256: 'none' };
  return recoverySet.parse({
    setId,
    environment: 'aeon',
    dueAt,
    startedAt: dueAt,
    execution: 'arn:backup',
    completedAt: dueAt,
    state: 'verified',
    databases: [
      {
        database: 'aeon-dt',
        engine: 'postgres',
        engineVersion: '18.1',
        instanceClass: 'db.r8g.large',
        gibibytes: 100,
        schemaVersion: '7',
        manifest: stored,
      },
    ],
    volumes: [{ store: 'graph', replica: 0, gibibytes: 100 }],
    images: [],
    secrets: [{ secret: 'mainstay/aeon/databases/aeon-dt/master', versionId: 'v1' }],
    configuration: { key: `configuration/${setId}.json`, bytes: 2, sha256: 'none' },
    copies: { 'us-east-1': copy('us-east-1', 'own'), 'us-west-2': copy('us-west-2', 'sets') },
    proven: [],
    inUse: [],
    ...changes,
  });
}
