import type { StatesService } from '../aws/states.ts';
import type { FailoverAtEnd } from '../checkers/failover.ts';
import type { AcknowledgedWrite, FailoverClients } from './failover-clients.ts';
import { expected, type FailoverScene } from './failover-outages.ts';
import type { FailoverTold } from './failover-outcome.ts';
import { criticalPathSeconds, imposedWaits, timeToLiveSeconds } from './failover-path.ts';
import type { FailoverRequest, FailoverResult } from './failover-request.ts';
import { reignText } from './failover-world.ts';

/** What was seen of a run. */
export interface RunSeen {
  readonly outageAt: number;
  /** When users were led elsewhere. */
  readonly ledAt: number | undefined;
  readonly told: FailoverTold;
  /** An hour of backups was waited for. */
  readonly hour: boolean;
}

type Figures = Pick<
  FailoverResult,
  | 'outcome'
  | 'reason'
  | 'rtoSeconds'
  | 'rpoSeconds'
  | 'reportedLossSeconds'
  | 'reportedLossSecondsMin'
  | 'lostWrites'
  | 'fencing'
  | 'approvedBy'
  | 'steps'
  | 'imposedWaits'
  | 'criticalPathSeconds'
>;

/** The world for the checkers, and the figures of the result, from the same look. */
export async function atEnd(
  scene: FailoverScene & { readonly clients: FailoverClients },
  request: FailoverRequest,
  seen: RunSeen,
): Promise<{ readonly world: FailoverAtEnd; readonly figures: Figures }> {
  const { stage, world } = scene;
  const { kernel, log } = stage.rehearsal;
  const { told, outageAt } = seen;
  const inRegion = request.outage === 'database';
  const moved = !inRegion && world.reign(world.to).primary === world.to && world.from !== world.to;
  const missing = kernel.hold(() => world.lost());
  await kernel.run({ until: kernel.now() });
  const lost = await missing;
  const lostSeconds = spanOf(lost, scene.clients.acknowledged);
  const rtoSeconds = rtoOf(scene, seen, { moved, inRegion });
  const ledAt = seen.ledAt ?? kernel.now();
  const { execution } = told;
  const about = { events: log.events, outageAt, ledAt, to: world.to };
  const waits = moved && execution !== undefined ? imposedWaits({ ...about, execution }) : [];
  const critical = waits.length === 0 ? null : criticalPathSeconds(waits);
  const { recovery } = request.platform;
  const objective = (inRegion ? recovery.database : undefined) ?? recovery.platform;
  return {
    world: {
      moved,
      expected: expected(request, scene.faults, scene.witness),
      rtoSeconds,
      recoverySecondsMax: objective.recoveryTimeMinutesMax * 60,
      criticalPathSeconds: critical,
      lostWrites: lost.length,
      lostSeconds,
      reportedLossSeconds: told.lossSeconds,
      reportedLossSecondsMin: shows(lost, scene.clients.acknowledged) ? told.lossSecondsMin : 0,
      recoveryPointSecondsMax: objective.recoveryPointMinutesMax * 60,
      lossAccepted: told.lossAccepted,
      reigns: world.reigns,
      reignsExpected: world.heard.map((region) =>
        reignText(region, moved ? { epoch: 2, primary: world.to } : { epoch: 1, primary: world.from }),
      ),
      missingAfterwards: moved ? world.missing(outageAt, seen.hour) : [],
      writtenInTwo: world.writtenInTwo,
      leaks: world.leaks,
      executionsRunning: running(scene),
    },
    figures: {
      outcome: told.outcome,
      reason: told.reason,
      rtoSeconds,
      rpoSeconds: lostSeconds,
      reportedLossSeconds: told.lossSeconds,
      reportedLossSecondsMin: told.lossSecondsMin,
      lostWrites: lost.length,
      fencing: told.fencing,
      approvedBy: told.approvedBy,
      steps: told.steps,
      imposedWaits: waits,
      criticalPathSeconds: critical,
    },
  };
}

/** Whether the writes show how far the loss reaches back: not where the first write of the run is lost as well. */
function shows([first]: readonly AcknowledgedWrite[], [begun]: readonly AcknowledgedWrite[]): boolean {
  return first === undefined || first !== begun;
}

/** From the last write before them that is kept to the last of them. */
function spanOf(lost: readonly AcknowledgedWrite[], acknowledged: readonly AcknowledgedWrite[]): number {
  const [first] = lost;
  if (!first) return 0;
  const missing = new Set(lost);
  const kept = acknowledged.findLast((write) => write.at <= first.at && !missing.has(write));
  return Math.ceil((Math.max(...lost.map(({ at }) => at)) - (kept ?? first).at) / 1000);
}

/** Until clients that obey a record's time to live write again: the last of them is led there when it has passed. */
function rtoOf(
  { stage, world, clients }: FailoverScene & { readonly clients: FailoverClients },
  { outageAt, ledAt }: RunSeen,
  { moved, inRegion }: { readonly moved: boolean; readonly inRegion: boolean },
): number | null {
  if (!moved && !inRegion) return null;
  const first = clients.firstIn(moved ? world.to : world.from, outageAt + 1);
  // Nobody could write again until the end of the run.
  if (!first || (moved && ledAt === undefined)) return Math.round((stage.rehearsal.kernel.now() - outageAt) / 1000);
  const led = moved && ledAt !== undefined ? ledAt + timeToLiveSeconds * 1000 : 0;
  return Math.round((Math.max(first.at, led) - outageAt) / 100) / 10;
}

/** They wait for no failover: somebody in an escalation, and an hour's copy to the other region, which may take five. Whether the set was made is looked at. */
const ofTheirOwn = /-(notification-escalation|hourly-backup)$/;

/** In a lost region everything stands still. */
export function running({ stage }: Pick<FailoverScene, 'stage'>): FailoverAtEnd['executionsRunning'] {
  const { account } = stage.rehearsal;
  return account
    .service<StatesService>('states')
    .executions()
    .filter(({ execution, machine }) => execution.status === 'RUNNING' && !account.regions.isLost(machine.region))
    .filter(({ machine }) => !ofTheirOwn.test(machine.name))
    .map(({ machine, name }) => ({ workflow: machine.name, execution: name }));
}
