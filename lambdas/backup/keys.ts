import { backupsKeyParameterName } from '../../domain/backups.ts';
import { AwsRefused } from '../../domain/errors.ts';
import type { StandbyParameters } from '../ports/aws.ts';

/** ARN of a region's key of sets, as its own stack wrote it down; asked once in a function's life. */
export function keysOfSets(
  environment: string,
  parameters: Pick<StandbyParameters, 'read'>,
): (region: string) => Promise<string> {
  const known = new Map<string, string>();
  return async (region) => {
    const before = known.get(region);
    if (before !== undefined) return before;
    const name = backupsKeyParameterName(environment);
    const key = await parameters.read(region, name);
    if (key === undefined) {
      throw new AwsRefused(`${region} has no parameter ${name}. Its stack of backups makes it: deploy that first.`);
    }
    known.set(region, key);
    return key;
  };
}
