import { setTimeout } from 'node:timers/promises';
import { backupBucketName } from '../../domain/backups.ts';
import { dynamoInterlock } from '../aws/interlock.ts';
import { ssmParameters } from '../aws/parameters.ts';
import { dynamoReign } from '../aws/reign.ts';
import { secretLogins } from '../aws/secrets.ts';
import { s3StoredObjects } from '../aws/stored-objects.ts';
import { requireRightOfWay } from '../backup/way.ts';
import { systemClock } from '../handling/clock.ts';
import { backupSettingsOf, commonSettings, definedPrimary, interlockTable } from '../handling/environment.ts';
import { withLongSession } from '../postgres/session.ts';
import type { ManifestPorts } from './ports.ts';

/** Both functions of manifests stand on the same. */
export function manifestPorts(): ManifestPorts {
  const { environment, region } = commonSettings();
  const settings = backupSettingsOf();
  const table = interlockTable();
  const way = {
    environment,
    region,
    settings,
    clock: systemClock,
    reign: dynamoReign(region, table, definedPrimary()),
    interlocks: new Map(settings.regions.map((each) => [each, dynamoInterlock(each, table, systemClock)])),
  };
  return {
    environment,
    clock: systemClock,
    pause: (milliseconds) => setTimeout(milliseconds),
    requireWay: (setId) => requireRightOfWay(setId, way),
    logins: secretLogins(region),
    parameters: ssmParameters(region),
    objects: s3StoredObjects(region),
    bucket: backupBucketName(environment, settings.account, region, 'sets'),
    sessions: withLongSession,
  };
}
