import type * as z from 'zod';
import { DatabaseUnavailable } from '../../domain/database-errors.ts';
import { readingLimits } from '../../domain/manifest.ts';
import { recoverySetKeys } from '../../domain/recovery-set.ts';
import {
  type ManifestOutput,
  type ReadManifest,
  readManifest,
  type readManifestInput,
} from '../../domain/workflows/hourly-backup.ts';
import { readBefore } from '../postgres/manifest.ts';
import { checksOf, readerLogin, setsKey } from './opened.ts';
import type { ManifestPorts } from './ports.ts';

/** A function has 15 minutes; what is not read by then stays unread, and the rest is written down. */
const readingMilliseconds = 780_000;

/**
 * Reads what a database holds, and marks it with the set. The second delivery finds the first by the marker and answers the same. Throws
 * BackupGaveWay, DatabaseUnavailable, DatabaseRefused, UndeployedParameter, UnusableLogin, AwsUnavailable, AwsRefused.
 */
export async function takeManifest(
  { setId, database, full }: z.output<typeof readManifestInput>,
  ports: ManifestPorts,
): Promise<ManifestOutput> {
  const { environment, clock, parameters, objects, bucket } = ports;
  await ports.requireWay(setId);
  const deadline = new Date(clock.now().getTime() + readingMilliseconds);
  const [login, checks, encryptionKey] = await Promise.all([
    readerLogin(environment, database, ports),
    checksOf(environment, database, parameters),
    setsKey(ports),
  ]);
  const place = { bucket, key: recoverySetKeys.manifestBefore(setId, database) };
  let output: ManifestOutput | undefined;
  const keep = async (read: ReadManifest): Promise<void> => {
    const { sha256 } = await objects.put(place, Buffer.from(JSON.stringify(read)), encryptionKey);
    output = outputOf(place.key, sha256, read);
  };
  const { schemaVersionQuery } = checks;
  const limits = full ? readingLimits.daily : readingLimits.hourly;
  const reading = { setId, environment, database, schemaVersionQuery, limits, clock, deadline, keep };
  await ports.sessions(login, (session) => readBefore(session, reading));
  return output ?? (await found(setId, database, ports));
}

/** What an earlier delivery has read. */
async function found(setId: string, database: string, ports: ManifestPorts): Promise<ManifestOutput> {
  const place = { bucket: ports.bucket, key: recoverySetKeys.manifestBefore(setId, database) };
  const before = await readingOf(setId, database, ports);
  const digest = await ports.objects.digestOf(place);
  return outputOf(place.key, digest?.sha256 ?? '', before);
}

/** Throws DatabaseUnavailable where the marker's reading is gone: nothing can be compared with the snapshot then. */
export async function readingOf(
  setId: string,
  database: string,
  { objects, bucket, environment }: Pick<ManifestPorts, 'objects' | 'bucket' | 'environment'>,
): Promise<ReadManifest> {
  const key = recoverySetKeys.manifestBefore(setId, database);
  const body = await objects.read({ bucket, key });
  if (!body) {
    throw new DatabaseUnavailable(
      `${environment}/${database}`,
      `it has the marker of ${setId}, and ${bucket}/${key}, which is written before it, is not there`,
    );
  }
  return readManifest.parse(JSON.parse(Buffer.from(body).toString('utf8')));
}

export function outputOf(key: string, sha256: string, { before }: Pick<ReadManifest, 'before'>): ManifestOutput {
  const tables = Object.values(before.tables);
  return { key, sha256, tables: tables.length, unread: tables.filter((table) => table === 'unread').length };
}
