import { RetentionIncomplete } from '../../domain/errors.ts';
import type { ReportImageRetentionInput, ReportImageRetentionOutput } from '../../domain/workflows/image-retention.ts';
import type { Notifications } from '../ports/aws.ts';

type Reviewed = Extract<ReportImageRetentionInput['results'][number], { deleted: number }>;

/**
 * Tells what went and why; a run that found nothing to delete is not worth a message. Throws RetentionIncomplete, after it has told, when a
 * repository could not be reviewed or an image would not go.
 */
export async function reportImageRetention(
  { execution, dryRun, results }: ReportImageRetentionInput,
  { environment, notifications }: { environment: string; notifications: Notifications },
): Promise<ReportImageRetentionOutput> {
  const reviewed = results.filter((result): result is Reviewed => 'deleted' in result);
  const failures = results.flatMap((result) =>
    'failure' in result ? [`${result.repository}: ${result.failure}`] : [],
  );
  const deleted = reviewed.reduce((sum, result) => sum + result.deleted, 0);
  const told = deleted > 0 || dryRun || failures.length > 0 || reviewed.some(({ spared }) => spared.length > 0);
  if (told) {
    const words = dryRun ? 'would be deleted (dry run)' : 'deleted';
    const message = [
      `${deleted} images ${words} in ${reviewed.length} repositories, all regions counted.`,
      ...reviewed.filter((one) => one.deleted > 0 || one.spared.length > 0).flatMap(paragraph),
      ...failures.map((failure) => `Not reviewed, nothing deleted: ${failure}`),
      `Execution, with every deletion and its reason: ${execution.arn}`,
    ].join('\n');
    const severity = failures.length > 0 ? 'warning' : 'information';
    await notifications.publish(severity, `${environment}: ${deleted} images ${words}`, message);
  }
  if (failures.length > 0) throw new RetentionIncomplete(failures);
  return { deleted, told };
}

function paragraph({ repository, deleted, waiting, kept, lines, spared }: Reviewed): string[] {
  const stays = Object.entries(kept).map(([reason, count]) => `${count} ${reason}`);
  return [
    `${repository}: ${deleted} go${waiting > 0 ? `, ${waiting} wait for the next run` : ''}; stay: ${stays.join(', ')}`,
    ...lines.map((line) => `  ${line}`),
    ...spared.map((line) => `  kept after all: ${line}`),
  ];
}
