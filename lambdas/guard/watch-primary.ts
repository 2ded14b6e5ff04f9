import { type FailoverPlan, otherRegion } from '../../domain/failover-plan.ts';
import {
  type AtWitness,
  decisionBindsSeconds,
  type Judgement,
  judged,
  type Look,
  type Reaction,
  reaction,
  watched,
} from '../../domain/failover-signals.ts';
import type { LeaseRecord } from '../../domain/lease.ts';
import type { Reign as ReignRecord } from '../../domain/reign.ts';
import type { Clock } from '../ports/clock.ts';
import type { Leases, PublicHealth, WatchMemory, WorkflowStarts } from '../ports/failover.ts';

export interface LookPorts {
  readonly region: string;
  readonly plan: FailoverPlan;
  readonly leases: Pick<Leases, 'read'>;
  readonly memory: WatchMemory;
  readonly publicHealth: PublicHealth;
  /** The oldest heartbeat among the replicas here; undefined: one can't be read. */
  oldestBeat(): Promise<Date | undefined>;
  readonly clock: Clock;
}

export interface LookSeen {
  readonly judgement: Judgement;
  readonly look: Look;
  /** The open lease of the reign stands here: this region has the right to take over. */
  readonly armed: boolean;
  readonly witness: AtWitness;
}

/** Looks at the primary once, by every signal, and remembers it. */
export async function lookAtPrimary(reign: ReignRecord, ports: LookPorts): Promise<LookSeen> {
  const { memory, clock } = ports;
  const [health, lease, beatenAt, before] = await Promise.all([
    ports.publicHealth.look(),
    seen(() => ports.leases.read(ports.region)),
    seen(() => ports.oldestBeat()),
    memory.state(),
  ]);
  const look: Look = {
    at: clock.now(),
    public: health,
    ...(lease.seen && { lease: lease.value ?? null }),
    ...(beatenAt.value && { beatenAt: beatenAt.value }),
  };
  const state = watched(before, look);
  await memory.keepState(state);
  const judgement = judged(state, health !== 'unknown');
  return { judgement, look, armed: isArmed(lease.value, reign), witness: await witnessOf(judgement, look, ports) };
}

/** Asked in a partition alone: then it says whether the primary lives on. No record there is one that nobody renews. */
async function witnessOf(
  { pattern }: Judgement,
  { at }: Look,
  { plan, leases }: Pick<LookPorts, 'plan' | 'leases'>,
): Promise<AtWitness> {
  const { witness } = plan;
  if (witness === null) return 'none';
  if (pattern !== 'partition') return 'unknown';
  const record = await seen(() => leases.read(witness));
  if (!record.seen) return 'unknown';
  return record.value !== undefined && record.value.until > at.toISOString() ? 'renews' : 'ended';
}

function isArmed(lease: LeaseRecord | undefined, { epoch }: ReignRecord): boolean {
  return lease !== undefined && lease.epoch === epoch && lease.closedBy === undefined;
}

async function seen<T>(look: () => Promise<T>): Promise<{ readonly seen: boolean; readonly value?: T }> {
  try {
    return { seen: true, value: await look() };
  } catch {
    return { seen: false };
  }
}

export interface WatchPorts extends LookPorts {
  readonly environment: string;
  readonly starts: WorkflowStarts;
}

export interface WatchSeen extends LookSeen {
  readonly reaction: Reaction;
}

/** One look, and the start of the failover where it says so: under a name of the reign and the minute of the loss, so that looks meet in one execution. */
export async function watchOnce(reign: ReignRecord, ports: WatchPorts): Promise<WatchSeen> {
  const seenNow = await lookAtPrimary(reign, ports);
  const decided = await ports.memory.decision();
  const react = reaction(seenNow.judgement, {
    armed: seenNow.armed,
    witness: seenNow.witness,
    epoch: reign.epoch,
    now: seenNow.look.at,
    ...(decided && { decided }),
  });
  if (react.do === 'start') await startFailover(reign, seenNow.judgement, react.why, ports);
  return { ...seenNow, reaction: react };
}

async function startFailover(
  reign: ReignRecord,
  { since }: Judgement,
  why: string,
  { environment, plan, region, starts, clock }: WatchPorts,
): Promise<void> {
  const from = since ?? clock.now().toISOString();
  const minute = from.slice(0, 16).replace(/[^0-9]/g, '');
  // An execution's name is taken for 90 days: what died undecided is started anew under another.
  const again = Math.floor((clock.now().getTime() - Date.parse(from)) / (decisionBindsSeconds * 1000));
  const reason = `${otherRegion(plan, region)} does not answer. ${why}`;
  const input = { platform: environment, reason, startedBy: 'watch' };
  await starts.start(`reign-${reign.epoch + 1}-${minute}${again > 0 ? `-${again}` : ''}`, JSON.stringify(input));
}
