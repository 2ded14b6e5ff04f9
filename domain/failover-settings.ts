import * as z from 'zod';
import type { Reign } from './reign.ts';

/*
 * What the functions of a failover are told by their stack, and the names that both share. How the platform moves stands in SSM
 * (`domain/failover-plan.ts`); tables have names of their own (`leaseTableName`, `interlockTableName`, `approvalsTableName`).
 */

/**
 * Variables of the functions' environment beside those of every function: `MAINSTAY_ENVIRONMENT`, and by setting `cluster`, `topics`, `approvals`, `reign`
 * (`MAINSTAY_INTERLOCK_TABLE`, `MAINSTAY_PRIMARY_REGION`) and `authorities`.
 */
export const failoverVariables = {
  /** ARN of the region's state machine `region-failover`: `watch-primary`. */
  regionFailover: 'MAINSTAY_REGION_FAILOVER',
  /** ARN of the region's state machine `database-failover`: `guard-primary`. */
  databaseFailover: 'MAINSTAY_DATABASE_FAILOVER',
  /** `restorePlace` as JSON: `restore-newest-set`. */
  restorePlace: 'MAINSTAY_RESTORE_PLACE',
} as const;

/** Where a database is restored that has no replica left: the platform's own network in this region. */
export const restorePlace = z.strictObject({
  subnetGroup: z.string().min(1),
  /** By which the platform's functions and pods reach it. */
  securityGroupIds: z.array(z.string()).min(1),
  /** By database; `*` for all that are not named. */
  parameterGroups: z.record(z.string(), z.string()),
});
export type RestorePlace = z.infer<typeof restorePlace>;

/** Identifier of the instance that a set is restored into where there is nothing to promote. */
export function restoredInstanceName(instance: string): string {
  return `${instance}-restored`;
}

/** CloudWatch metrics of each region; dimension `Environment`, of `lost` also `Signal`. */
export const failoverMetrics = {
  namespace: 'Mainstay/Failover',
  /** The traffic switch of the region, each minute: 1 or 0, see `servesFigure`. */
  serves: 'Serves',
  /** 1 where the lease was renewed at some place, 0 where at none; of a reigning, guarded region alone. */
  guarded: 'Guarded',
  /** 1 where a later reign refused a renewal. */
  stale: 'StalePrimary',
  /** 1 of a region that reigns without an armed standby, and of no other: whoever has one says nothing. */
  noStandby: 'NoStandby',
  /** Databases that did not answer in the last round. */
  silentDatabases: 'SilentDatabases',
  /** 1 or 0 for each of `signals`, each minute, where the region stands by. */
  lost: 'LostSignal',
  /** 1 or 0: the watch saw two signals lost for long enough. */
  regionLost: 'RegionLost',
} as const;

/** Key, in the region's own table of leases, of the reign whose traffic it has opened. */
export const servesKey = 'serves';

/**
 * The figure of a region's traffic switch. Of the defined standby: 1 while it serves. Of the defined primary: 1 only where it has taken back from the
 * standby without having armed it again; in its neutral place, as from its deployment on, 0. See docs/decisions/0025, Traffic.
 */
export function servesFigure({
  region,
  definedPrimary,
  reign,
  opened,
  armed,
}: {
  readonly region: string;
  readonly definedPrimary: string;
  readonly reign: Reign;
  /** Reign for which this region has opened traffic. */
  readonly opened: number | undefined;
  readonly armed: number | undefined;
}): 0 | 1 {
  if (reign.primary !== region || reign.epoch === 1 || opened !== reign.epoch) return 0;
  return region === definedPrimary && armed === reign.epoch ? 0 : 1;
}

/**
 * TXT records in the zone of the platform's hosts, asked over DNS alone. One a region: a failover pair over the check of its public endpoint that answers
 * `up` or `down`, TTL 10. And one with the checks and the TTL of the traffic's own records, that answers the region they lead to.
 */
export function publicSignalName(environment: string, region: string, zone: string): string {
  return `_mainstay-${environment}-${region}.${zone}`;
}
export function servesSignalName(environment: string, zone: string): string {
  return `_mainstay-${environment}-serves.${zone}`;
}

/** Name of a region's own way in, whatever the switch says: asked by the health check and by the request end to end. The services' certificate has to hold it. */
export function wayName(environment: string, region: string, zone: string): string {
  return `${environment}-${region}.${zone}`;
}

/**
 * Seconds: `guard-primary` and `watch-primary` are each started once a minute by schedule with any input, and take turns: their last round begins 50 s later. The
 * time-outs leave it, and the rounds before, the waits of services that do not answer.
 */
export const staysSeconds = 60;
export const guardTimeoutSeconds = 110;
export const watchTimeoutSeconds = 110;
