import { ssmStandbyParameters } from '../aws/parameters.ts';
import { rdsSnapshotExports } from '../aws/snapshot-exports.ts';
import { s3StoredObjects } from '../aws/stored-objects.ts';
import type { ExportPorts } from './exports.ts';
import { keysOfSets } from './keys.ts';
import { backupPorts } from './wiring.ts';

/** The ports of the functions that export and archive, from their environment. */
export function exportPorts(): ExportPorts {
  const base = backupPorts();
  return {
    ...base,
    exports: rdsSnapshotExports(base.region),
    objects: s3StoredObjects(base.region),
    keyOf: keysOfSets(base.environment, ssmStandbyParameters()),
  };
}
