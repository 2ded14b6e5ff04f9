import { compareDatabaseInput } from '../../domain/workflows/restore-test.ts';
import { secretVersions } from '../aws/secret-versions.ts';
import { s3StoredObjects } from '../aws/stored-objects.ts';
import { task } from '../handling/task.ts';
import { withLongSession } from '../postgres/session.ts';
import { compareDatabase } from './compare-database.ts';
import { restorePorts } from './wiring.ts';

const common = restorePorts();
const ports = {
  ...common,
  secrets: secretVersions(common.region),
  objects: s3StoredObjects(common.region),
  sessions: withLongSession,
};

export const handler = task(compareDatabaseInput, (input) => compareDatabase(input, ports));
