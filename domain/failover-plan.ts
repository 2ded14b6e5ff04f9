import * as z from 'zod';
import { nodeGroupPlan, servicePlan } from './compute-scaling.ts';

/**
 * How a platform moves: what the functions of a failover have to know, written by the stacks from the definition into the parameters of each region.
 * Nothing in it is asked of another region. One parameter for the platform, and one for each database and service, because a parameter holds 4 KB.
 */
export const failoverPlan = z.strictObject({
  platform: z.string(),
  environment: z.string(),
  /** The two regions; each has the same plan. */
  regions: z.strictObject({ primary: z.string(), standby: z.string() }),
  /** A third region where the primary may renew its lease as well; null: there is none. */
  witness: z.string().nullable(),
  decision: z.enum(['automatic', 'person']),
  /** Where nothing proves that the old primary is fenced. */
  whenUnproven: z.enum(['ask', 'go-on']),
  recoverySeconds: z.int().min(1),
  recoveryPointSeconds: z.int().min(0),
  /** Of a database alone, within its region. */
  databaseRecoverySeconds: z.int().min(1),
  databaseChecks: z.strictObject({ everySeconds: z.int().min(1), actAfterSeconds: z.int().min(1) }),
  /** When a planned switch may be made: `sunday`, `04:00`, minutes. Null: whenever a person says so. */
  switchWindow: z.strictObject({ weekday: z.string(), startsAtUtc: z.string(), durationMinutes: z.int() }).nullable(),
  /** Zone of the public hosts, for what is asked over DNS (`publicSignalName`). Null: nothing is routed. */
  zone: z.string().nullable(),
  /**
   * The request end to end: HTTPS to the region's own way in (a name that leads to its load balancer whatever the switch says), for a public host and a
   * path that answers 200 there. Null: nothing is routed.
   */
  entrance: z
    .strictObject({ hostname: z.string(), path: z.string(), ways: z.record(z.string(), z.string()) })
    .nullable(),
  nodeGroups: z.array(nodeGroupPlan),
  /** Stores on volumes whose data stand in recovery sets alone: a failover does not bring them. */
  volumes: z.array(z.string()).default([]),
});
export type FailoverPlan = z.infer<typeof failoverPlan>;

/** A database of the platform, as it stands in both regions under one name. */
export const failoverDatabase = z.strictObject({
  name: z.string(),
  /** Identifier of the instance. */
  instance: z.string(),
  multipleZones: z.boolean(),
  backups: z.strictObject({ retentionDays: z.int().min(0), window: z.string() }),
  /** Names in Secrets Manager. */
  masterSecret: z.string(),
  heartbeatSecret: z.string(),
  /** SSM parameter with `{host, port}` in this region. */
  endpointParameter: z.string(),
});
export type FailoverDatabase = z.infer<typeof failoverDatabase>;

/** Services in the order of the definition, which is the order in which what room there is is given out. */
export const failoverService = servicePlan.extend({ order: z.int().min(0), namespace: z.string() });
export type FailoverService = z.infer<typeof failoverService>;

export function failoverParameterPath(environment: string): string {
  return `/mainstay/${environment}/failover/`;
}
export function failoverPlanParameterName(environment: string): string {
  return `${failoverParameterPath(environment)}plan`;
}
export function failoverDatabaseParameterName(environment: string, database: string): string {
  return `${failoverParameterPath(environment)}databases/${database}`;
}
export function failoverServiceParameterName(environment: string, service: string): string {
  return `${failoverParameterPath(environment)}services/${service}`;
}

/** Where readiness leaves its last report, in the region that would take over. */
export function readinessParameterName(environment: string): string {
  return `/mainstay/${environment}/readiness`;
}

/** Where the last drill leaves its report, in the region that would take over. */
export function drillParameterName(environment: string): string {
  return `/mainstay/${environment}/drill`;
}

/** The other of the two regions. Throws RangeError for a third. */
export function otherRegion({ regions }: Pick<FailoverPlan, 'regions'>, region: string): string {
  if (region === regions.primary) return regions.standby;
  if (region === regions.standby) return regions.primary;
  throw new RangeError(`${region} is neither ${regions.primary} nor ${regions.standby}.`);
}

/** Where the primary of a reign renews its lease: in the other region, and at the witness. */
export function leasePlaces(plan: Pick<FailoverPlan, 'regions' | 'witness'>, holder: string): readonly string[] {
  return [otherRegion(plan, holder), ...(plan.witness === null ? [] : [plan.witness])];
}
