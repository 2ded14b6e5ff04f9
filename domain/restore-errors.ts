/** Why a restore or its test is refused, beside what domain/backup-errors.ts says of sets. No workflow catches them by name: who started it reads them. */

/** Nobody has a set that could be restored here. */
export class NoSetToRestore extends Error {
  override readonly name = 'NoSetToRestore';
  constructor(region: string, environment: string, looked: number) {
    super(
      `The table of recovery sets in ${region} has no set of '${environment}' that is whole there; it has ${looked} in all. Allowed is one that is ` +
        'complete in its region. Nothing was restored. Look why the hourly backup makes none (docs/runbook.md#recovery-set-failed).',
    );
  }
}

export class UnknownSet extends Error {
  override readonly name = 'UnknownSet';
  constructor(setId: string, region: string, newest: readonly string[]) {
    super(
      `The table of recovery sets in ${region} has no '${setId}'. Its newest are ${newest.join(', ') || 'none'}. Nothing was restored. ` +
        'Start again with one that stands there, or in the other region.',
    );
  }
}

export class UnknownDatabase extends Error {
  override readonly name = 'UnknownDatabase';
  constructor(database: string, where: string, known: readonly string[]) {
    super(
      `${where} has no database '${database}'. It has ${known.slice(0, 20).join(', ') || 'none'}. Nothing was restored. ` +
        'Start again with one of these, or with a set that holds it.',
    );
  }
}

/** Automated backups reach from their retention's begin to some minutes before now. */
export class PointNotReachable extends Error {
  override readonly name = 'PointNotReachable';
  constructor(instance: string, asked: string, allowed: string) {
    super(
      `The instance '${instance}' can't be restored to ${asked}. Allowed: ${allowed}. Nothing was restored. ` +
        'Start again with a time in between, or with a recovery set.',
    );
  }
}

/** Somebody else's instance has the name that a test or restore would give. */
export class RestoreNameTaken extends Error {
  override readonly name = 'RestoreNameTaken';
  constructor(instance: string, owner: string) {
    super(
      `The instance '${instance}' belongs to ${owner || 'nobody that we know'}. Allowed is a name that is free, or that this run has made. Nothing of it ` +
        'was touched. Start again; a new execution has a new name.',
    );
  }
}
