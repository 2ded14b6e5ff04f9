import { gzipSync } from 'node:zlib';
import { backupBucketName } from '../../domain/backups.ts';
import { ClusterStateTooLarge } from '../../domain/errors.ts';
import { recoverySetKeys } from '../../domain/recovery-set.ts';
import type { ExportClusterStateOutput } from '../../domain/workflows/hourly-backup.ts';
import type { ClusterState } from '../ports/cluster-state.ts';
import type { StoredObjects } from '../ports/stored-objects.ts';
import type { BackupPorts } from './ports.ts';
import { requireRightOfWay } from './way.ts';

export interface ClusterStatePorts extends BackupPorts {
  readonly cluster: ClusterState;
  readonly objects: StoredObjects;
  keyOf(region: string): Promise<string>;
}

const gigabyte = 1_000_000_000;
/** Compressed at once: more gains little. */
const pieceCharacters = 4 * 1024 ** 2;

/**
 * Writes every object of the environment, but for Secrets, into the region's bucket of sets: an object a line, compressed piece by piece (a gzip file may
 * hold several members: https://www.rfc-editor.org/rfc/rfc1952#page-5), so that no more than a piece is ever held. A second delivery writes it
 * anew. Throws ClusterStateTooLarge, BackupGaveWay, ClusterUnavailable, ClusterRefused, AwsUnavailable, AwsRefused.
 */
export async function exportClusterState(setId: string, ports: ClusterStatePorts): Promise<ExportClusterStateOutput> {
  const { environment, region, settings, cluster, objects } = ports;
  await requireRightOfWay(setId, ports);
  const gigabytesMax = settings.clusterState?.gigabytesMax ?? 0;
  const bucket = backupBucketName(environment, settings.account, region, 'sets');
  const key = recoverySetKeys.clusterState(setId);
  const upload = objects.upload({ bucket, key }, await ports.keyOf(region));
  let bytes = 0;
  const write = async (lines: readonly string[]): Promise<void> => {
    if (lines.length === 0) return;
    const piece = gzipSync(lines.join(''));
    bytes += piece.byteLength;
    if (bytes > gigabytesMax * gigabyte) throw new ClusterStateTooLarge(setId, gigabytesMax, gigabytesMax);
    await upload.write(piece);
  };
  try {
    let held: string[] = [];
    let characters = 0;
    for await (const page of cluster.objects(environment)) {
      for (const object of page) {
        const line = `${JSON.stringify(object)}\n`;
        held.push(line);
        characters += line.length;
      }
      if (characters < pieceCharacters) continue;
      await write(held);
      held = [];
      characters = 0;
    }
    await write(held);
  } catch (error) {
    await upload.abort();
    throw error;
  }
  return { clusterState: { key, ...(await upload.end()) } };
}
