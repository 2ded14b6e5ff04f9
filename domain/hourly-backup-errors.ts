/** How an hour of backups fails. What was made until then is left to the planner, and the set is closed with the name and the message. */

/** No thinning makes room for the next set: other users' snapshots count as well. */
export class SnapshotQuotaReached extends Error {
  override readonly name = 'SnapshotQuotaReached';
  constructor(region: string, reason: string) {
    super(`No snapshot of the next recovery set was made in ${region}. ${reason}`);
  }
}

/** A failover comes first, and a region that does not reign any more backs nothing up. */
export class BackupGaveWay extends Error {
  override readonly name = 'BackupGaveWay';
  constructor(setId: string, why: string) {
    super(
      `The recovery set '${setId}' was given up: ${why}. Allowed is a backup in the region that reigns, while no failover runs. What it had made ` +
        'is removed by a later run; the next due minute makes a new set. Nothing has to be done.',
    );
  }
}

/** RDS takes a snapshot of an instance that is available. Asking again in a minute is right. */
export class DatabaseBusy extends Error {
  override readonly name = 'DatabaseBusy';
  constructor(instance: string, status: string) {
    super(
      `The instance '${instance}' is ${status}. Allowed for a snapshot: available or storage-optimization. It is tried again each minute for ` +
        "three quarters of an hour; if it stays so, look at the instance's events.",
    );
  }
}

/** Others copy as well: 20 at a time to a region. Asking again in a minute is right. */
export class CopiesAtTheirLimit extends Error {
  override readonly name = 'CopiesAtTheirLimit';
  constructor(region: string, said: string) {
    super(
      `RDS takes no further snapshot copy to ${region} now: ${said}. Allowed are 20 at a time. It is tried again each minute for three quarters ` +
        'of an hour; if it stays so, look for who copies snapshots there.',
    );
  }
}

/** A replica that is backing up cannot be promoted. */
export class DatabaseIsReplica extends Error {
  override readonly name = 'DatabaseIsReplica';
  constructor(instance: string, source: string) {
    super(
      `The instance '${instance}' is a replica of '${source}'. Allowed is an instance that nothing replicates to: a replica that is backing up ` +
        'cannot be promoted. No snapshot was made. Look which region reigns (docs/runbook.md#backup-failed).',
    );
  }
}

/** RDS or EBS gave a snapshot, a copy or an export up, it is gone, or it carries another's tags. */
export class SnapshotFailed extends Error {
  override readonly name = 'SnapshotFailed';
  constructor(snapshot: string, region: string, found: string) {
    super(
      `The snapshot '${snapshot}' in ${region} ${found}. Allowed is one of this set that is being made or is available. The set is closed as ` +
        "failed and the next due minute makes a new one. Look at the snapshot's events if it happens again.",
    );
  }
}

/** Later than a run may take. */
export class SnapshotTooSlow extends Error {
  override readonly name = 'SnapshotTooSlow';
  constructor(snapshot: string, region: string, minutes: number, percent: number) {
    super(
      `The snapshot '${snapshot}' in ${region} is at ${percent} % ${minutes} minutes after its set was due. Allowed are ${minutes} minutes. The set is ` +
        'closed as failed, or stays without its copy; the next due minute makes a new one. Look whether more is copied than the region takes.',
    );
  }
}

/** What was taken does not make up the whole set. */
export class MembersMissing extends Error {
  override readonly name = 'MembersMissing';
  constructor(setId: string, missing: readonly string[]) {
    super(
      `The recovery set '${setId}' lacks ${missing.slice(0, 10).join(', ')}${missing.length > 10 ? ` and ${missing.length - 10} more` : ''}. Allowed is a set of all ` +
        'its members. It is closed as failed and the next due minute makes a new one. Look at who deletes snapshots or objects of ours.',
    );
  }
}

/** The other region's copy is not what was taken. */
export class CopyNotVerified extends Error {
  override readonly name = 'CopyNotVerified';
  constructor(setId: string, region: string, differences: readonly string[]) {
    super(
      `The copy of the recovery set '${setId}' in ${region} differs: ${differences.slice(0, 10).join('; ')}. Allowed is a copy like its source, under the ` +
        'key of its region. The set stays complete where it was taken, and is not offered there. The next copied set is a new one.',
    );
  }
}

export class ClusterStateTooLarge extends Error {
  override readonly name = 'ClusterStateTooLarge';
  constructor(setId: string, gigabytes: number, gigabytesMax: number) {
    super(
      `The cluster state of the recovery set '${setId}' has more than ${gigabytes} GB, compressed. Allowed by the definition are ${gigabytesMax} GB. Nothing was ` +
        'kept of it. Remove what does not belong in the cluster, or raise backups.clusterState.gigabytesMax.',
    );
  }
}
