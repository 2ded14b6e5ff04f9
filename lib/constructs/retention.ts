import { RetentionDays } from 'aws-cdk-lib/aws-logs';

/** CloudWatch Logs takes only certain periods: the shortest of them that is no shorter than asked. */
export function retentionOf(days: number): RetentionDays {
  const offered = Object.values(RetentionDays)
    .filter((value): value is RetentionDays => typeof value === 'number')
    .sort((left, right) => left - right);
  const retention = offered.find((period) => period >= days);
  if (retention === undefined) throw new RangeError(`CloudWatch Logs keeps no log for ${days} days; 3653 at most.`);
  return retention;
}
