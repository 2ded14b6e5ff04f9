import { generatedName } from '../iam/index.ts';
import { checkTarget, type DeliveryTarget, deliver } from './events-delivery.ts';
import { type Schedule, scheduleOf } from './events-schedule.ts';
import { assertModelled } from './modelled.ts';
import type { ServiceModule, World } from './module.ts';
import { type DeployedResource, type ResourceRequest, Unmodelled } from './service.ts';

interface ScheduledTarget extends DeliveryTarget {
  readonly RoleArn: string;
  readonly Input?: string;
}

interface StandingSchedule {
  readonly name: string;
  readonly arn: string;
  readonly region: string;
  readonly next: Schedule;
  readonly target: ScheduledTarget;
}

/** The EventBridge Scheduler module: AWS::Scheduler::Schedule, without an API of its own. */
export function createScheduler(world: World): ServiceModule {
  const standing: StandingSchedule[] = [];
  const create = (request: ResourceRequest): DeployedResource => {
    const schedule = scheduleFrom(request);
    if (request.properties['State'] !== 'DISABLED') standing.push(schedule);
    return { ref: schedule.name, attributes: { Arn: schedule.arn } };
  };
  return {
    providers: [
      {
        type: 'AWS::Scheduler::Schedule',
        modelled: [
          'Name',
          'GroupName',
          'ScheduleExpression',
          'ScheduleExpressionTimezone',
          'FlexibleTimeWindow',
          'State',
          'Target',
        ],
        inert: { Description: 'a text for people' },
        create,
      },
    ],
    started: () => {
      for (const schedule of standing)
        world.account.kernel.within(schedule.region, () => scheduleNext(world, schedule));
    },
  };
}

function scheduleFrom(request: ResourceRequest): StandingSchedule {
  const { properties, region, account } = request;
  const name = String(properties['Name'] ?? generatedName(request, 64));
  const timezone = properties['ScheduleExpressionTimezone'] ?? 'UTC';
  if (timezone !== 'UTC') throw new Unmodelled(`the schedule's time zone is ${timezone}; UTC alone is modelled`);
  const window = properties['FlexibleTimeWindow'] as { Mode?: string } | undefined;
  if (window?.Mode !== 'OFF') throw new Unmodelled('a FlexibleTimeWindow other than OFF is not modelled');
  const target = properties['Target'] as ScheduledTarget;
  assertModelled(
    target,
    ['Arn', 'RoleArn', 'Input', 'RetryPolicy', 'DeadLetterConfig'],
    `the target of the schedule ${name}`,
  );
  checkTarget(target);
  return {
    name,
    arn: `arn:aws:scheduler:${region}:${account}:schedule/${properties['GroupName'] ?? 'default'}/${name}`,
    region,
    next: scheduleOf(String(properties['ScheduleExpression'])),
    target,
  };
}

function scheduleNext(world: World, schedule: StandingSchedule): void {
  const { kernel } = world.account;
  const at = schedule.next(kernel.now());
  if (at === undefined) return;
  kernel.at(at, `schedule ${schedule.name}`, () => {
    const eventId = world.account.nextId('event', 'uuid');
    const payload = inputOf(schedule, eventId, at);
    deliver(world, {
      rule: schedule,
      service: 'scheduler.amazonaws.com',
      eventId,
      detailType: 'Scheduled Event',
      target: schedule.target,
      payload: () => payload,
    });
    scheduleNext(world, schedule);
  });
}

/** https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html */
function inputOf({ arn, target }: StandingSchedule, executionId: string, at: number): string {
  return (target.Input ?? '{}')
    .replaceAll('<aws.scheduler.schedule-arn>', arn)
    .replaceAll('<aws.scheduler.scheduled-time>', `${new Date(at).toISOString().slice(0, 19)}Z`)
    .replaceAll('<aws.scheduler.execution-id>', executionId)
    .replaceAll('<aws.scheduler.attempt-number>', '1');
}
