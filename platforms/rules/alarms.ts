import { type Finding, rule } from '../violation.ts';

/** A threshold can be passed: a share of 100 % or more never is, nor a count below nothing. */
export const thresholdsCanBePassed = rule(['alarms'], function thresholdsCanBePassed({ alarms }) {
  return alarms.flatMap(({ metric, comparison, threshold }, index): Finding[] => {
    if (metric.kind === 'custom') return [];
    const isShare = metric.kind.endsWith('-percent');
    const most = isShare ? 100 : Number.POSITIVE_INFINITY;
    const passable = comparison === 'above' ? threshold >= 0 && threshold < most : threshold > 0 && threshold <= most;
    if (passable) return [];
    return [
      {
        path: ['alarms', index, 'threshold'],
        value: threshold,
        allowed: isShare ? 'a percentage that can be passed: 0 to 100' : '0 or more, and above 0 for an alarm below',
        remedy: 'This alarm would always or never ring. Correct the threshold or its unit.',
      },
    ];
  });
});

/** CloudWatch evaluates at most a day: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html */
const evaluationMinutesMax = 24 * 60;

/** An alarm's time can be evaluated, and escalation comes after it. */
export const alarmTimesFit = rule(['alarms'], function alarmTimesFit({ alarms }) {
  return alarms.flatMap(({ forMinutes }, index): Finding[] =>
    forMinutes <= evaluationMinutesMax
      ? []
      : [
          {
            path: ['alarms', index, 'forMinutes'],
            value: forMinutes,
            allowed: `${evaluationMinutesMax} at most, with periods of a minute`,
            remedy: 'CloudWatch evaluates no longer. Shorten it.',
          },
        ],
  );
});
