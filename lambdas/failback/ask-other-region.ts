import type { AskOtherRegionInput } from '../../domain/workflows/region-failback.ts';
import type { OtherRegion, QuietMark } from '../ports/failback.ts';

export interface AskOtherRegionPorts {
  readonly other: OtherRegion;
  readonly mark: Pick<QuietMark, 'clear'>;
}

/**
 * One task of the other region: Step Functions invokes functions of its own region alone. Before the other enters its reign, this region forgets that it
 * may let the application in again: from there on nobody does. Throws what the task threw, by name; AwsUnavailable, AwsRefused.
 */
export async function askOtherRegion(
  { run, task, payload }: AskOtherRegionInput,
  { other, mark }: AskOtherRegionPorts,
): Promise<unknown> {
  if (task === 'enter-reign') await mark.clear();
  return other.ask(run.to, task, payload);
}
