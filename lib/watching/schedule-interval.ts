import awsCronParser from 'aws-cron-parser';

const unitSeconds: Readonly<Record<string, number>> = { minute: 60, hour: 3600, day: 86_400 };
/** Enough runs to see the longest pause of a year's calendar for everything down to hourly schedules. */
const runsSeen = 400;

/**
 * The longest pause between two runs of a schedule, in seconds. Expressions are EventBridge's:
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html. Throws RangeError for others.
 */
export function longestPauseSeconds(expression: string): number {
  const rate = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression);
  if (rate) return Number(rate[1]) * (unitSeconds[rate[2] ?? ''] ?? Number.NaN);
  const cron = /^cron\((.+)\)$/.exec(expression);
  if (!cron?.[1]) throw new RangeError(`The schedule '${expression}' is neither rate(…) nor cron(…).`);
  const parsed = awsCronParser.parse(cron[1]);
  let last = awsCronParser.next(parsed, new Date(Date.UTC(2027, 0, 1)));
  let longest = 0;
  for (let run = 0; run < runsSeen && last; run++) {
    const following = awsCronParser.next(parsed, last);
    if (!following) break;
    longest = Math.max(longest, (following.getTime() - last.getTime()) / 1000);
    last = following;
  }
  if (longest === 0)
    throw new RangeError(`The schedule '${expression}' runs once or never, so no pause can be missed.`);
  return longest;
}

/** How an alarm sees that a run is missing. */
export interface MissedRunWindow {
  readonly periodSeconds: number;
  readonly evaluationPeriods: number;
  readonly warmUpMinutes: number;
}

/** 7 days, with periods of an hour and more: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html */
const rangeSecondsMax = 604_800;
/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_WarmUpConfiguration.html */
const warmUpMinutesMax = 2880;

/**
 * Short periods, as many as one pause has and one more. CloudWatch decides on the points that are there while there are any in a
 * range a little longer than that, so the alarm rings about two periods later: for every 5 minutes after 8, hourly after 75 minutes, daily
 * after 27 hours. It is not evaluated before a first run can have come, or it would ring at each first deployment.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */
export function missedRunWindow(pauseSeconds: number): MissedRunWindow {
  const twelfth = Math.max(60, 60 * Math.floor(pauseSeconds / 12 / 60));
  const periodSeconds = pauseSeconds > 43_200 ? 3600 : twelfth;
  const evaluationPeriods = Math.min(Math.ceil(pauseSeconds / periodSeconds) + 1, rangeSecondsMax / periodSeconds);
  const warmUpMinutes = Math.ceil((pauseSeconds + periodSeconds * 2) / 60);
  return { periodSeconds, evaluationPeriods, warmUpMinutes: Math.min(warmUpMinutes, warmUpMinutesMax) };
}
