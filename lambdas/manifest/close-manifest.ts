import type * as z from 'zod';
import type { Manifest } from '../../domain/manifest.ts';
import { recoverySetKeys } from '../../domain/recovery-set.ts';
import type { closeManifestInput, ManifestOutput } from '../../domain/workflows/hourly-backup.ts';
import { isSettled, readAfter } from '../postgres/manifest.ts';
import type { SqlSession } from '../postgres/session.ts';
import { checksOf, readerLogin, setsKey } from './opened.ts';
import type { ManifestPorts } from './ports.ts';
import { outputOf, readingOf } from './read-manifest.ts';

/** Looks at sessions that began in between and go on: two minutes of them, then the tables count as not compared. */
const looks = 13;
const betweenLooksMilliseconds = 10_000;

/**
 * Completes a manifest a minute after its snapshot is available. A second delivery reads anew, and later counters only allow for more. Throws
 * BackupGaveWay, DatabaseUnavailable, DatabaseRefused, UndeployedParameter, UnusableLogin, AwsUnavailable, AwsRefused.
 */
export async function closeManifest(
  { setId, database }: z.output<typeof closeManifestInput>,
  ports: ManifestPorts,
): Promise<ManifestOutput> {
  const { environment, parameters, objects, bucket } = ports;
  await ports.requireWay(setId);
  const before = await readingOf(setId, database, ports);
  const [login, { schemaVersionQuery }, encryptionKey] = await Promise.all([
    readerLogin(environment, database, ports),
    checksOf(environment, database, parameters),
    setsKey(ports),
  ]);
  const after = await ports.sessions(login, async (session) =>
    readAfter(session, { setId, environment, database, schemaVersionQuery }, await settled(session, setId, ports)),
  );
  const manifest: Manifest = { ...before, after };
  const key = recoverySetKeys.manifest(setId, database);
  const { sha256 } = await objects.put({ bucket, key }, Buffer.from(JSON.stringify(manifest)), encryptionKey);
  return outputOf(key, sha256, before);
}

async function settled(session: SqlSession, setId: string, { pause }: Pick<ManifestPorts, 'pause'>): Promise<boolean> {
  for (let look = 1; look < looks; look++) {
    if (await isSettled(session, setId)) return true;
    await pause(betweenLooksMilliseconds);
  }
  return isSettled(session, setId);
}
