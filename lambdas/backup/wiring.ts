import { dynamoInterlock } from '../aws/interlock.ts';
import { dynamoReign } from '../aws/reign.ts';
import { systemClock } from '../handling/clock.ts';
import { backupSettingsOf, commonSettings, interlockTable } from '../handling/environment.ts';
import type { BackupPorts } from './ports.ts';

/** What every task of an hour asks, in AWS. */
export function backupPorts(): BackupPorts {
  const { environment, region } = commonSettings();
  const settings = backupSettingsOf();
  const table = interlockTable();
  return {
    environment,
    region,
    settings,
    clock: systemClock,
    reign: dynamoReign(region, table, settings.regions[0] ?? region),
    // The own one first: it is near.
    interlocks: new Map(
      [...new Set([region, ...settings.regions])].map((each) => [each, dynamoInterlock(each, table, systemClock)]),
    ),
  };
}
