import type { Push } from '../aws/ecr-images.ts';
import type { FaultDescription } from '../faults/described.ts';
import type { RehearsalEvent } from '../kernel/log.ts';
import { type Manner, usualManner } from './engineer.ts';
import type { Stage } from './stage.ts';

/** What named faults change about the image that is released. */
export function imageUnder(faults: ReadonlySet<string>, otherRegions: readonly string[]): Partial<Push> {
  const lastRegion = otherRegions.at(-1);
  const critical = { name: 'CVE-2026-0001', severity: 'CRITICAL', fixAvailable: 'YES', package: 'openssl' } as const;
  return {
    ...(faults.has('image-critical') ? { findings: [critical] } : {}),
    ...(faults.has('image-unscanned') ? { scan: 'missing' as const } : {}),
    ...(faults.has('image-not-replicated') && lastRegion ? { replication: { [lastRegion]: 'stall' as const } } : {}),
  };
}

/** How the engineer behaves under named faults. */
export function mannerUnder(faults: ReadonlySet<string>, approvalTimeoutSeconds: number): Manner {
  return {
    ...usualManner,
    ...(faults.has('approval-rejected') ? { decision: 'reject' as const } : {}),
    ...(faults.has('approval-twice') ? { twice: true } : {}),
    ...(faults.has('approval-late') ? { answersAfterSeconds: approvalTimeoutSeconds + 60 } : {}),
  };
}

const goingBack = new Set(['Take the release over', 'Return traffic to stable']);

/** Things that people do in the middle of a promotion, each once, as named faults ask. */
export function meddle(stage: Stage, faults: readonly FaultDescription[]): void {
  const names = new Set(faults.map(({ name }) => name));
  const once = new Set<string>();
  const onFirst = (name: string, action: () => Promise<void>) => {
    if (!names.has(name) || once.has(name)) return;
    once.add(name);
    stage.rehearsal.kernel.after(0, `fault ${name}`, action);
  };
  stage.rehearsal.log.subscribe((event: RehearsalEvent) => {
    if (event.kind === 'traffic.shifted' && stage.canaryPercentIn(event) === 25) {
      onFirst('stopped-by-hand', () => stopByHand(stage));
      onFirst('rolled-back-by-hand', async () => {
        await rollBackByHand(stage);
      });
    }
    if (event.kind === 'traffic.shifted' && stage.canaryPercentIn(event) === 10) {
      onFirst('break-alarms', () => misdirectAlarms(stage));
      onFirst('break-rights', async () => stage.takeRightAway('judge-canary', 'cloudwatch:GetMetricData'));
    }
    // Whichever way back comes first: by an alarm, or by the promotion itself.
    if (event.kind === 'state.exited' && goingBack.has(String(event['state']))) {
      onFirst('break-rollback', async () => stage.changeStableImage());
    }
  });
}

async function stopByHand(stage: Stage): Promise<void> {
  stage.engineer.tell('stops the promotion in the console');
  await stage.engineer.call('states', 'StopExecution', {
    executionArn: stage.promotionArn,
    error: 'StoppedByHand',
    cause: 'stopped in the console',
  });
}

function rollBackByHand(stage: Stage, service = stage.request.service): Promise<string> {
  return stage.engineer.start(
    'canary-rollback',
    { service, reason: 'customers report wrong totals', requestedBy: stage.engineer.name },
    `starts the rollback of ${service}`,
  );
}

/** A service that no definition has. */
export const unknownService = 'aeon-dt-unheard-of';

/** Rollbacks that are asked for when everything has ended; virtual time passes until they have ended too. */
export async function goBackAfterwards(stage: Stage, faults: ReadonlySet<string>, digest: string): Promise<void> {
  if (faults.has('goes-bad-afterwards')) {
    stage.traffic.setBehaviour(digest, { errorRate: 0.3 });
    // Five bad minutes and their delay: the service's own alarm is about to fire as well.
    await stage.pass(400);
    await stage.during(rollBackByHand(stage));
  }
  if (faults.has('rolled-back-afterwards')) await stage.during(rollBackByHand(stage));
  if (faults.has('unknown-service')) await stage.during(rollBackByHand(stage, unknownService));
}

/** Somebody "tidies up": the schedule that keeps the alarms is switched off, and the alarms are pointed at a target group that is gone. */
async function misdirectAlarms(stage: Stage): Promise<void> {
  stage.engineer.tell('switches the keeping of alarms off and points them at target groups that are gone');
  await stage.pointAlarmsElsewhere();
}

/** What somebody does after everything has ended. */
export async function meddleAfterwards(stage: Stage, faults: ReadonlySet<string>): Promise<void> {
  if (faults.has('break-weights')) {
    stage.engineer.tell('sets the route to 50/50 with kubectl');
    stage.setWeights(50);
  }
  if (faults.has('break-leftovers')) {
    stage.engineer.tell('scales the idle slot to two replicas with kubectl');
    stage.scaleIdleSlot(2);
  }
}
