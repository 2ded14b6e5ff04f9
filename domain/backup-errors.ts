/** Why a backup, a restore or its test is refused. Nothing was changed when one of these is thrown. */

/** Not every member of the set is there. */
export class SetIncomplete extends Error {
  override readonly name = 'SetIncomplete';
  constructor(setId: string, region: string, missing: readonly string[]) {
    super(
      `The recovery set '${setId}' is not whole in ${region}: ${missing.join(', ')}. Allowed is a set that is complete there. ` +
        'Nothing was restored. Start again with an earlier set, or with its copy in the other region.',
    );
  }
}

export class SetOfAnotherPlatform extends Error {
  override readonly name = 'SetOfAnotherPlatform';
  constructor(setId: string, its: string, environment: string) {
    super(
      `The recovery set '${setId}' is of the environment '${its}'. Allowed here: sets of '${environment}'. Nothing was restored. ` +
        `Start the restore of '${its}' instead, or name a set of '${environment}'.`,
    );
  }
}

export class SetKeyMissing extends Error {
  override readonly name = 'SetKeyMissing';
  constructor(setId: string, region: string, key: string, usable: readonly string[]) {
    super(
      `The recovery set '${setId}' is encrypted with ${key}, which can't be used in ${region}. Allowed: ${usable.join(', ') || 'none'}. ` +
        "Nothing was restored. Enable the key or cancel its deletion, or restore the set's copy in the region of its key.",
    );
  }
}

export class SetTooOld extends Error {
  override readonly name = 'SetTooOld';
  constructor(setId: string, dueAt: string, notBefore: string) {
    super(
      `The recovery set '${setId}' is of ${dueAt}. Asked for was one not before ${notBefore}. Nothing was restored. ` +
        'Wait for the next set, or start again with an earlier time and accept the loss.',
    );
  }
}

export class DatabaseStillRuns extends Error {
  override readonly name = 'DatabaseStillRuns';
  constructor(instance: string, status: string) {
    super(
      `The database instance '${instance}' exists and is ${status}. Allowed is a name that is free: a restore stands beside the running ` +
        'database and never over it. Nothing was restored. Leave the name out, and switch over once the restored data was looked at.',
    );
  }
}

export class RetentionOverQuota extends Error {
  override readonly name = 'RetentionOverQuota';
  constructor(sets: number, databases: number, needed: number, quota: number, setsMax: number) {
    super(
      `${sets} recovery sets of ${databases} databases would hold ${needed} manual snapshots with those reserved; the region allows ${quota}. ` +
        `Allowed are ${setsMax} sets at most. Keep fewer, or raise the quota with AWS and manualSnapshotQuota in the definition.`,
    );
  }
}
