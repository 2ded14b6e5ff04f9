import { pauseSeconds, restoreTags, stepSecondsMax, testInstancePrefix } from '../../domain/restores.ts';
import type { CleanUpInput, CleanUpOutput } from '../../domain/workflows/restore-test.ts';
import type { InstanceSeen, RestoredDatabases, RestoredVolume, RestoredVolumes } from '../ports/restored-databases.ts';
import type { RestorePorts } from './ports.ts';

export interface CleanUpPorts extends Pick<RestorePorts, 'environment' | 'clock'> {
  readonly databases: Pick<RestoredDatabases, 'tagged' | 'remove'>;
  readonly volumes: Pick<RestoredVolumes, 'tagged' | 'remove'>;
}

/** Something that a test has made. */
export interface Remnant {
  /** Instance identifier or volume id. */
  readonly name: string;
  readonly execution: string;
  readonly createdAt: Date | undefined;
  /** On its way out already. */
  readonly leaving: boolean;
  readonly remove: () => Promise<boolean>;
}

/**
 * Removes everything that this test has made, and says what still stands. Delivered until nothing does, an hour at most: the sweeper goes on then.
 * Throws AwsUnavailable, AwsRefused.
 */
export async function cleanUp({ since, execution }: CleanUpInput, ports: CleanUpPorts): Promise<CleanUpOutput> {
  const mine = (await remnants(ports)).filter((remnant) => remnant.execution === execution.arn);
  for (const remnant of mine) if (!remnant.leaving) await remnant.remove();
  const seconds = (ports.clock.now().getTime() - Date.parse(since)) / 1000;
  const over = mine.length === 0 || seconds >= stepSecondsMax.cleanUp;
  return { leftBehind: mine.map(({ name }) => name), waitSeconds: over ? 0 : pauseSeconds(seconds) };
}

/** All that tests of this environment have made in the region: by the tag, and instances by the prefix of their names too. */
export async function remnants({ environment, databases, volumes }: CleanUpPorts): Promise<readonly Remnant[]> {
  const ours = ({ tags }: InstanceSeen | RestoredVolume) => tags[restoreTags.environment] === environment;
  const instances = (await databases.tagged(restoreTags.test)).filter(ours);
  const made = (await volumes.tagged(restoreTags.test)).filter(ours);
  return [
    ...instances
      .filter(({ identifier }) => identifier.startsWith(testInstancePrefix(environment)))
      .map(({ identifier: name, tags, createdAt, status }) => ({
        name,
        execution: tags[restoreTags.test] ?? '',
        createdAt,
        leaving: status === 'deleting',
        remove: () => databases.remove(name),
      })),
    ...made
      .filter(({ state }) => state !== 'deleted')
      .map(({ volumeId: name, tags, createdAt, state }) => ({
        name,
        execution: tags[restoreTags.test] ?? '',
        createdAt,
        leaving: state === 'deleting',
        remove: () => volumes.remove(name),
      })),
  ];
}
