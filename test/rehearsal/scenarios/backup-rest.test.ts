import { describe, expect, it } from 'vitest';
import { aeon } from '../../../platforms/aeon.ts';
import type { EventsService } from '../../../rehearsal/aws/events.ts';
import type { Rehearsal } from '../../../rehearsal/rehearsal.ts';
import { backupCommand } from '../../../rehearsal/scenarios/backup-request.ts';
import { leftOutOf } from '../../../rehearsal/scenarios/backup-rest.ts';
import { smallWorld } from '../aws/small-world.ts';

const names = [
  'mainstay-aeon-hourly-backup',
  'mainstay-aeon-watch-backups',
  'mainstay-aeon-restore-test',
  'mainstay-aeon-sweep-restore-tests',
  'mainstay-aeon-image-retention',
  'mainstay-aeon-keep-alarms',
  'mainstay-aeon-follow-releases',
];

function withSchedules(): Promise<Rehearsal> {
  const rules = names.map((Name, index) => [
    `Rule${index}`,
    { Type: 'AWS::Events::Rule', Properties: { Name, ScheduleExpression: 'rate(5 minutes)', State: 'ENABLED' } },
  ]);
  const onEvent = {
    Type: 'AWS::Events::Rule',
    Properties: { Name: 'mainstay-aeon-alarm-fires', EventPattern: { source: ['aws.cloudwatch'] }, State: 'ENABLED' },
  };
  return smallWorld({ ...Object.fromEntries(rules), OnEvent: onEvent });
}

describe('days of backups', () => {
  it('leave out the schedules of other workflows, and no rule that an event fires', async () => {
    const { stacks, schedules } = leftOutOf(await withSchedules(), false);
    expect(schedules).toEqual(['mainstay-aeon-follow-releases', 'mainstay-aeon-keep-alarms']);
    expect(stacks).toEqual([]);
  });

  it('leave nothing out when everything is asked for, and the command that replays them says so', async () => {
    expect(leftOutOf(await withSchedules(), true).schedules).toEqual([]);
    const request = { platform: aeon, days: 2, faults: [], seed: 1, assemblyDirectory: '' };
    expect(backupCommand({ ...request, everything: true })).toContain('--everything');
    expect(backupCommand(request)).not.toContain('--everything');
  });

  it('know which schedules are on', async () => {
    const world = await withSchedules();
    const { scheduled } = world.account.service<EventsService>('events');
    expect(scheduled.map(({ name }) => name)).toEqual(names);
    expect(scheduled.every(({ enabled }) => enabled)).toBe(true);
  });
});
