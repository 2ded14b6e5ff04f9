import { restoreTags, volumeToken } from '../../domain/restores.ts';
import type { RestoredOutput, RestoreVolumeInput } from '../../domain/workflows/restore-test.ts';
import type { RestoredVolumes } from '../ports/restored-databases.ts';
import type { RestorePorts } from './ports.ts';
import { waitingFor } from './restore-database.ts';

export interface RestoreVolumePorts extends RestorePorts {
  readonly volumes: RestoredVolumes;
}

/** Makes a volume of a snapshot of the set; its token gives a second delivery the first's. Throws AwsUnavailable, AwsRefused. */
export async function restoreVolume(
  { setId, member, snapshot, execution }: RestoreVolumeInput,
  { environment, settings, volumes }: RestoreVolumePorts,
): Promise<RestoredOutput> {
  const volumeId = await volumes.create({
    token: volumeToken(execution.name, member),
    snapshot,
    zone: settings.isolated.zone,
    tags: {
      [restoreTags.environment]: environment,
      [restoreTags.set]: setId,
      [restoreTags.member]: member,
      [restoreTags.test]: execution.arn,
    },
  });
  return { state: 'ready', reason: `EBS makes ${volumeId} of ${snapshot}.`, waitSeconds: 15 };
}

/**
 * `ready` once it can be attached and has the size of its set. Its blocks are not read: they are encrypted copies that EBS checks itself.
 * Throws AwsUnavailable, AwsRefused.
 */
export async function lookAtRestoredVolume(
  input: RestoreVolumeInput,
  ports: RestoreVolumePorts,
): Promise<RestoredOutput> {
  const mine = await ports.volumes.tagged(restoreTags.test, input.execution.arn);
  const volume = mine.find(({ tags }) => tags[restoreTags.member] === input.member);
  // EC2 shows what it has just made a little later.
  if (!volume) return waitingFor('accept', `No volume of ${input.member} is seen.`, input, ports);
  const { volumeId, state, gibibytes } = volume;
  if (state === 'creating') return waitingFor('accept', `${volumeId} is creating.`, input, ports);
  if (state !== 'available') return { state: 'broken', reason: `${volumeId} is ${state}.`, waitSeconds: 0 };
  if (gibibytes < input.gibibytes) {
    const reason = `${volumeId} has ${gibibytes} GiB of ${input.gibibytes}.`;
    return { state: 'broken', reason, waitSeconds: 0 };
  }
  return { state: 'ready', reason: `${volumeId} is available with ${gibibytes} GiB.`, waitSeconds: 0 };
}
