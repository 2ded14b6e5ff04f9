import { warmDatabaseInput } from '../../domain/workflows/restore-test.ts';
import { secretVersions } from '../aws/secret-versions.ts';
import { task } from '../handling/task.ts';
import { withLongSession } from '../postgres/session.ts';
import { warmDatabase } from './warm-database.ts';
import { restorePorts } from './wiring.ts';

const common = restorePorts();
const ports = { ...common, secrets: secretVersions(common.region), sessions: withLongSession };

export const handler = task(warmDatabaseInput, (input) => warmDatabase(input, ports));
