import awsCronParser from 'aws-cron-parser';
import { Unmodelled } from './service.ts';

const unitMilliseconds = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;

/** When a schedule fires next after a moment, in milliseconds since 1970; undefined when it never does again. */
export type Schedule = (after: number) => number | undefined;

/**
 * A schedule from its expression, in UTC. `rate(5 minutes)` counts from the moment it was created; `cron(0 4 * * ? *)` is read
 * by the parser library; `at(2026-01-01T00:00:00)` fires once. Throws Unmodelled for anything else.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
 */
export function scheduleOf(expression: string): Schedule {
  const [, count, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  if (count && unit) {
    const period = Number(count) * unitMilliseconds[unit as keyof typeof unitMilliseconds];
    return (after) => after + period;
  }
  const [, cron] = /^cron\((.+)\)$/.exec(expression) ?? [];
  if (cron) {
    const parsed = awsCronParser.parse(cron);
    return (after) => awsCronParser.next(parsed, new Date(after))?.getTime();
  }
  const [, moment] = /^at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)$/.exec(expression) ?? [];
  if (moment) {
    const time = Date.parse(`${moment}Z`);
    return (after) => (time > after ? time : undefined);
  }
  throw new Unmodelled(
    `the schedule '${expression}' is not modelled; rate(5 minutes), cron(0 4 * * ? *) and at(…) are`,
  );
}
