import type { NotDeployed } from '../assembly/without.ts';
import type { EventsService } from '../aws/events.ts';
import type { Rehearsal } from '../rehearsal.ts';
import type { Stage } from './stage.ts';

/** Schedules of backups and restore tests, and of the one other workflow that reads what recovery sets hold. */
const schedulesOfBackups = /backup|recovery-set|restore|image-retention/;

/** What a run does without: what was not deployed, and schedules that no backup needs. */
export interface LeftOut extends NotDeployed {
  /** Names; a schedule has the same in both regions. */
  readonly schedules: readonly string[];
}

export function leftOutOf(rehearsal: Rehearsal, everything: boolean): LeftOut {
  const schedules = everything ? [] : schedulesOfOthers(rehearsal).map(({ name }) => name);
  return { ...rehearsal.leftOut, schedules: [...new Set(schedules)].sort() };
}

/**
 * Switches the schedules off, as a person does in the console. Those of alarms that are kept up to date and of releases and secrets that are
 * followed would be three of five invocations of a day.
 */
export async function switchOff(stage: Stage, { schedules }: LeftOut): Promise<void> {
  if (schedules.length === 0) return;
  stage.engineer.tell(`switches off the schedules ${schedules.join(', ')}`);
  for (const { name, region } of schedulesOfOthers(stage.rehearsal)) {
    await stage.during(stage.engineer.call('events', 'DisableRule', { Name: name }, region));
  }
}

function schedulesOfOthers({ account }: Rehearsal): EventsService['scheduled'] {
  const { scheduled } = account.service<EventsService>('events');
  return scheduled.filter(({ name, enabled }) => enabled && !schedulesOfBackups.test(name));
}
