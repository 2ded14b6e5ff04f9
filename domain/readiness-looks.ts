import type { NodeGroupPlan } from './compute-scaling.ts';
import type { FailoverDatabase } from './failover-plan.ts';
import { fenceMarginSeconds, type LeaseRecord, leaseSeconds } from './lease.ts';
import { type InstanceSeen, isPromotable } from './promotion.ts';
import type { ReadinessFault } from './readiness.ts';
import type { StandbyRelease } from './standby.ts';
import { type DrillReport, drillHoldsSeconds } from './workflows/failover-drill.ts';

/*
 * What each part of readiness makes of what was seen of it: nothing where it is well, else what would break and what to do. Which faults block and
 * which weigh stands in docs/decisions/0025.
 */

export type Fault = Omit<ReadinessFault, 'part'>;

const blocks = (what: string): Fault => ({ severity: 'blocks', what });
const weighs = (what: string): Fault => ({ severity: 'weighs', what });
const restingStates = ['available', 'storage-optimization'];
/** The stream is lost for the watch from ten seconds on; three times that is no hiccup any more. */
const lagSecondsMax = 30;

export function replicaFaults({ instance }: FailoverDatabase, seen: InstanceSeen | undefined): readonly Fault[] {
  if (!seen) return [blocks(`There is no replica '${instance}' here to promote. Deploy the standby's database again.`)];
  if (!isPromotable(seen)) {
    return [blocks(`The replica '${instance}' is '${seen.status}' and can't be promoted. Mend it, or make it anew.`)];
  }
  if (seen.sourceOf === undefined) {
    return [blocks(`'${instance}' copies nothing: it is no replica any more. Make the standby's database anew.`)];
  }
  if (restingStates.includes(seen.status)) return [];
  return [weighs(`The replica '${instance}' is '${seen.status}': a promotion has to wait until it is at rest.`)];
}

/** `beatenAt`: the oldest row that a replica has; undefined where one has none. */
export function lagFaults(beatenAt: Date | undefined, now: Date, recoveryPointSeconds: number): readonly Fault[] {
  if (!beatenAt)
    return [weighs('A replica has no heartbeat: how much a failover would lose is unknown. Look at its jobs.')];
  const seconds = Math.round((now.getTime() - beatenAt.getTime()) / 1000);
  if (seconds <= lagSecondsMax) return [];
  const beyond =
    seconds > recoveryPointSeconds
      ? `, more than the ${recoveryPointSeconds} s that may be lost: a person would be asked`
      : '';
  return [weighs(`A replica is ${seconds} s behind${beyond}. Look at ReplicaLag, and at what the primary writes.`)];
}

export function leaseFaults(
  record: LeaseRecord | undefined,
  about: { readonly epoch: number; readonly databases: readonly string[]; readonly now: Date },
): readonly Fault[] {
  const means =
    'so nothing would prove that the old primary is fenced. Look at guard-primary in the region that reigns.';
  if (!record) return [blocks(`There is no lease of the primary here, ${means}`)];
  if (record.epoch !== about.epoch || record.closedBy !== undefined) {
    return [blocks(`The lease here is closed, or of reign ${record.epoch} instead of ${about.epoch}, ${means}`)];
  }
  const seconds = (about.now.getTime() - Date.parse(record.until)) / 1000;
  if (seconds > leaseSeconds + fenceMarginSeconds) {
    return [blocks(`The lease here ended at ${record.until} and is not renewed, ${means}`)];
  }
  const missing = about.databases.filter((database) => !record.databases.includes(database));
  return missing.length === 0 ? [] : [blocks(`The lease here does not name ${missing.join(', ')}, ${means}`)];
}

export interface ServiceImageSeen {
  readonly service: string;
  readonly repository: string;
  /** What the primary runs; undefined: no promotion has left one. */
  readonly release: StandbyRelease | undefined;
  /** Digest under the release's tag in the registry of this region. */
  readonly found: string | undefined;
}

export function imageFaults(seen: readonly ServiceImageSeen[]): readonly Fault[] {
  return seen.flatMap(({ service, repository, release, found }) => {
    if (!release || found === release.digest) return [];
    const is = found === undefined ? 'is not' : `is ${found}`;
    return [
      blocks(`${service} runs ${release.tag} (${release.digest}), which ${is} in ${repository} here. Push it again.`),
    ];
  });
}

/** Current versions by name: those that are needed, what is here, and what the other region has (undefined: it did not say). */
export function secretFaults(
  needed: readonly string[],
  here: ReadonlyMap<string, string>,
  there: ReadonlyMap<string, string> | undefined,
): readonly Fault[] {
  return needed.flatMap((name) => {
    const version = here.get(name);
    if (version === undefined) return [blocks(`The secret ${name} is not here. Replicate it to this region again.`)];
    const other = there?.get(name);
    if (other === undefined || other === version) return [];
    return [weighs(`The copy of ${name} here is not its current version. Look at the secret's replication status.`)];
  });
}

export function keyFaults(keys: readonly { readonly alias: string; readonly usable: boolean }[]): readonly Fault[] {
  return keys
    .filter(({ usable }) => !usable)
    .map(({ alias }) => blocks(`The key ${alias} of this region is missing or not enabled. Enable it in KMS.`));
}

export interface QuotaSeen {
  readonly quota: string;
  readonly used: number;
  readonly maximum: number;
}

/** `needs`: how much more of a quota a failover takes. */
export function quotaFaults(seen: readonly QuotaSeen[], needs: Readonly<Record<string, number>>): readonly Fault[] {
  return Object.entries(needs).flatMap(([quota, need]) => {
    const found = seen.find((each) => each.quota === quota);
    if (!found) return [weighs(`RDS does not say how much is left of the quota ${quota}.`)];
    const left = found.maximum - found.used;
    if (left >= need) return [];
    return [blocks(`${left} of ${found.maximum} ${quota} are left here, and ${need} may be needed. Ask AWS for more.`)];
  });
}

export interface DeniedRight {
  readonly task: string;
  readonly action: string;
  readonly resource: string;
  readonly decision: string;
}

export function permissionFaults(denied: readonly DeniedRight[]): readonly Fault[] {
  return denied.map(({ task, action, resource, decision }) =>
    blocks(`${task} may not ${action} on ${resource} (${decision}). Give its role the policy of the stack back.`),
  );
}

export function capacityFaults(
  { name, desired }: NodeGroupPlan,
  seen: { readonly desired: number; readonly issues: readonly string[] } | undefined,
): readonly Fault[] {
  if (!seen) return [blocks(`There is no node group '${name}' here, and ${desired} nodes of it would be needed.`)];
  if (seen.issues.length === 0) return [];
  return [
    weighs(`The node group '${name}' has no room: ${seen.issues.join(', ')}. Add instance types or zones to it.`),
  ];
}

export interface SignalsSeen {
  /** What the text of each region's health check says; undefined: nobody answers. */
  readonly primary: string | undefined;
  readonly standby: string | undefined;
  /** Region that the traffic's own records lead to. */
  readonly serves: string | undefined;
}

export function signalFaults({ primary, standby, serves }: SignalsSeen, reigns: string): readonly Fault[] {
  const missing = 'Deploy the traffic stack again, in the primary region, while it lives.';
  return [
    ...(primary === undefined ? [blocks(`The record of the primary's health check is not found. ${missing}`)] : []),
    ...(primary === 'down' ? [weighs("Route 53's checkers get no answer from the primary's way in.")] : []),
    ...(standby === undefined ? [blocks(`The record of this region's health check is not found. ${missing}`)] : []),
    ...(standby === 'down'
      ? [
          blocks(
            "Route 53's checkers get no answer from this region's way in: nobody would, after a failover. Look at its load balancer and services.",
          ),
        ]
      : []),
    ...(serves === undefined ? [blocks(`The records that lead users are not found. ${missing}`)] : []),
    ...(serves !== undefined && serves !== reigns
      ? [blocks(`Users are led to ${serves}, and ${reigns} reigns. Look at the traffic switch of both regions.`)]
      : []),
  ];
}

/** `startedAt`: of the newest set here; `everySeconds`: how often one is due here. */
export function setFaults(
  database: string,
  startedAt: Date | undefined,
  about: { readonly now: Date; readonly everySeconds: number },
): readonly Fault[] {
  if (!startedAt)
    return [weighs(`There is no recovery set of ${database} here to restore, should its replica be lost.`)];
  const seconds = (about.now.getTime() - startedAt.getTime()) / 1000;
  if (seconds <= 3 * about.everySeconds) return [];
  const hours = Math.floor(seconds / 3600);
  return [weighs(`The newest recovery set of ${database} here is ${hours} hours old. Look at hourly-backup.`)];
}

export interface ServiceSeen {
  readonly service: string;
  readonly release: StandbyRelease | undefined;
  readonly pods: readonly { readonly image: string; readonly ready: boolean }[];
}

export function releaseFaults(seen: readonly ServiceSeen[]): readonly Fault[] {
  return seen.flatMap(({ service, release, pods }) => {
    if (!release)
      return [weighs(`No promotion has left a release of ${service} for this region: it would serve nothing.`)];
    const ready = pods.filter(({ ready: is }) => is);
    if (ready.length === 0) return [weighs(`No pod of ${service} is ready here. Look at its events.`)];
    if (ready.some(({ image }) => image.endsWith(`@${release.digest}`))) return [];
    return [weighs(`${service} does not run ${release.tag} here, which the primary runs. Look at follow-releases.`)];
  });
}

export function drillFaults(report: DrillReport | undefined, now: Date): readonly Fault[] {
  if (!report) return [weighs('Nobody has drilled a failover to this region: that it works is believed, not seen.')];
  const days = Math.floor((now.getTime() - Date.parse(report.endedAt)) / 86_400_000);
  if (days * 86_400 > drillHoldsSeconds) return [weighs(`The last drill is ${days} days old. Drill again.`)];
  if (report.passed) return [];
  return [weighs(`The last drill failed: ${report.findings.join(' ')} Mend it and drill again.`)];
}
