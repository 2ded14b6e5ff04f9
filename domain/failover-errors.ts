/** Why a failover, a failback or a drill is refused, or can't go on. Where the message says so, nothing was changed. */

export class FailoverAlreadyRunning extends Error {
  override readonly name = 'FailoverAlreadyRunning';
  constructor(environment: string, holder: string, until: string) {
    super(
      `'${environment}' is being moved already: ${holder} holds the platform until ${until}. Allowed is one at a time. Nothing was changed. ` +
        'Look at that execution; start again once it has ended.',
    );
  }
}

export class AlreadyPrimary extends Error {
  override readonly name = 'AlreadyPrimary';
  constructor(environment: string, region: string, epoch: number) {
    super(
      `${region} is the primary of '${environment}' already (reign ${epoch}). Allowed is a failover in the standby, to itself. Nothing was changed. ` +
        'Start it in the other region, or start region-failback here to give the platform back.',
    );
  }
}

/** The platform of the input is not the one that these workflows belong to. */
export class AnotherPlatform extends Error {
  override readonly name = 'AnotherPlatform';
  constructor(given: string, environment: string) {
    super(
      `The input names the platform '${given}'. Allowed here: '${environment}'. Nothing was changed. Start again with ` +
        `{"platform": "${environment}", "reason": "…"}, or start the workflow of '${given}'.`,
    );
  }
}

/** The SSM parameter of the failover does not hold a FailoverPlan. */
export class InvalidFailoverPlan extends Error {
  override readonly name = 'InvalidFailoverPlan';
  constructor(parameter: string, violations: string) {
    super(
      `The parameter '${parameter}' does not say how the platform moves: ${violations}. Nothing was changed. It is written by the stacks from the ` +
        "platform's definition: deploy the failover stack again instead of editing it.",
    );
  }
}

export class StandbyNotReady extends Error {
  override readonly name = 'StandbyNotReady';
  constructor(region: string, environment: string, blocking: readonly string[]) {
    super(
      `${region} can't take over '${environment}': ${blocking.join(' ')} Allowed is a standby without a blocking fault. Nothing was changed. ` +
        `Mend it, or go on in spite of it: {"platform": "${environment}", "reason": "…", "force": "${environment}"}.`,
    );
  }
}

/** The old primary may still write, and nobody has accepted that. */
export class FencingUnproven extends Error {
  override readonly name = 'FencingUnproven';
  constructor(why: string) {
    super(
      `Nothing proves that the old primary can't write any more: ${why}. Allowed without a proof is only what a person accepts, or a definition with ` +
        "whenUnproven: 'go-on'. Nothing was promoted, and the lease is open again. Stop the old primary's database by hand if it can be reached, and start again.",
    );
  }
}

export class LossBeyondObjective extends Error {
  override readonly name = 'LossBeyondObjective';
  constructor(why: string) {
    super(
      `The promotion would lose more than is allowed: ${why} Nothing was promoted, and the lease is open again. A person may accept it: start again and ` +
        'approve the question, or restore a newer recovery set.',
    );
  }
}

export class FailoverNotApproved extends Error {
  override readonly name = 'FailoverNotApproved';
  constructor(question: string, how: 'rejected' | 'not answered', by?: string) {
    super(
      `${question} ${how === 'rejected' ? `${by ?? 'Somebody'} said no.` : 'Nobody answered in time.'} Allowed is what a person approves. ` +
        'Nothing was promoted. Start the failover again when it is wanted after all.',
    );
  }
}

/** A promotion has taken half as long again as its share. It may still end. */
export class PromotionHangs extends Error {
  override readonly name = 'PromotionHangs';
  constructor(instance: string, status: string, seconds: number) {
    super(
      `The promotion of '${instance}' runs for ${seconds} s; the instance is '${status}'. It may still end, so nothing is done over it. Look at its events ` +
        '(aws rds describe-events), open a case with AWS, or restore the newest set beside it (workflow restore).',
    );
  }
}

export class NothingToRestore extends Error {
  override readonly name = 'NothingToRestore';
  constructor(database: string, region: string) {
    super(
      `The database '${database}' has neither a replica nor a recovery set in ${region}. Allowed is one of the two. The fence stands; nothing was promoted of this ` +
        'database. Look in the other region for a set, or for the primary itself, before anything is deleted.',
    );
  }
}

/** After the promotion something does not answer as it must before traffic comes. */
export class NotValid extends Error {
  override readonly name = 'NotValid';
  constructor(region: string, wrong: readonly string[]) {
    super(
      `${region} is not ready to serve: ${wrong.join('; ')}. Traffic is not opened before it is. The databases are promoted and admit the application: mend what is ` +
        'named; the workflow looks again, and can be started again.',
    );
  }
}

export class FailbackRefused extends Error {
  override readonly name = 'FailbackRefused';
  constructor(region: string, reasons: readonly string[]) {
    super(
      `The platform can't go back to ${region}: ${reasons.join(' ')} Allowed is a region that has answered for an hour, is fenced, follows without lag and has no ` +
        'blocking fault. Nothing was changed. Start again when it is so.',
    );
  }
}

export class DrillRefused extends Error {
  override readonly name = 'DrillRefused';
  constructor(inTheWay: string) {
    super(
      `A drill can't run now: ${inTheWay}. Allowed is a drill while no failover, rotation or restore runs. Nothing was changed. Start it again afterwards; the ` +
        'schedule tries again the next day.',
    );
  }
}

/** A failback is started where the platform is, to go where it was. */
export class NotPrimary extends Error {
  override readonly name = 'NotPrimary';
  constructor(environment: string, region: string, primary: string, epoch: number) {
    super(
      `${region} is not the primary of '${environment}': reign ${epoch} is that of ${primary}. Allowed is a failback in the region that reigns. Nothing was changed. ` +
        `Start it in ${primary}; and where a failback stopped after ${primary} had entered its reign, start region-failover there to finish it.`,
    );
  }
}

/** The standby can't be built under the instance's own name. */
export class RebuildImpossible extends Error {
  override readonly name = 'RebuildImpossible';
  constructor(instance: string, region: string, why: string) {
    super(
      `'${instance}' in ${region} can't be built as a replica: ${why}. Allowed is a name that is free or can be freed, and an instance beside it to take the network and key from. ` +
        'Look at the instance in RDS, mend or rename it, and start the failback again; the application was let in all the while.',
    );
  }
}
