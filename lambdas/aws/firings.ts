import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  ListTagsForResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-cloudwatch';
import { acknowledgedByTag } from '../../domain/names.ts';
import type { Firings } from '../ports/firings.ts';
import { calling, clientSettings } from './client.ts';

/** Metric alarms; an answer is the tag `mainstay:acknowledged-by`. */
export function cloudWatchFirings(region: string): Firings {
  const client = new CloudWatchClient(clientSettings(region));
  return {
    async find(alarm) {
      const described = await calling('cloudwatch:DescribeAlarms', () =>
        client.send(new DescribeAlarmsCommand({ AlarmNames: [alarm], AlarmTypes: ['MetricAlarm'] })),
      );
      const [found] = described.MetricAlarms ?? [];
      if (!found?.AlarmArn) return undefined;
      const arn = found.AlarmArn;
      const listed = await calling('cloudwatch:ListTagsForResource', () =>
        client.send(new ListTagsForResourceCommand({ ResourceARN: arn })),
      );
      const answered = listed.Tags?.find(({ Key }) => Key === acknowledgedByTag)?.Value;
      return {
        arn,
        state: found.StateValue ?? 'INSUFFICIENT_DATA',
        // Updated counts as well when only the reason changes, so it is the second choice.
        since: found.StateTransitionedTimestamp ?? found.StateUpdatedTimestamp ?? new Date(0),
        reason: found.StateReason ?? '',
        description: found.AlarmDescription ?? '',
        tells: found.ActionsEnabled === false ? [] : (found.AlarmActions ?? []),
        ...(answered === undefined ? {} : { acknowledgedBy: answered }),
      };
    },

    async forgetAnswer(arn) {
      await calling('cloudwatch:UntagResource', () =>
        client.send(new UntagResourceCommand({ ResourceARN: arn, TagKeys: [acknowledgedByTag] })),
      );
    },
  };
}
