import { heartbeatPeriodSeconds } from './databases.ts';
import type { AtWitness, Judgement, LastDecision } from './failover-signals.ts';
import { decisionBindsSeconds, livesOn, partitionWords } from './failover-signals.ts';
import type { FenceVerdict } from './lease.ts';

/** Decisions of a region's failover: who decides, what would be lost, whether the next step may be taken. No step decides for itself. */

export interface DecisionInput {
  /** `watch`: a function or an alarm started it. */
  readonly startedBy: 'watch' | 'person';
  /** The platform's definition. */
  readonly decision: 'automatic' | 'person';
  readonly judgement: Judgement;
  readonly witness: AtWitness;
  /** What would break a failover for certain, by `domain/readiness.ts`. */
  readonly blocking: readonly string[];
  /** A person goes on in spite of them: the environment's name, typed, beside a reason. */
  readonly forced: boolean;
  readonly decided?: LastDecision;
  readonly epoch: number;
  readonly now: Date;
}

export type Decision =
  | { readonly verdict: 'go'; readonly why: string }
  | { readonly verdict: 'ask'; readonly why: string }
  | { readonly verdict: 'stay'; readonly why: string }
  | { readonly verdict: 'refuse'; readonly why: string };

/** Whether the platform moves. What is refused or stayed changes nothing. */
export function decide(input: DecisionInput): Decision {
  const { startedBy, decision, judgement, blocking, forced } = input;
  const { pattern } = judgement;
  const lost = pattern === 'region-lost' || (pattern === 'partition' && !livesOn(judgement, input.witness));
  if (startedBy === 'watch' && !lost) return { verdict: 'stay', why: staying(judgement, input.witness) };
  if (startedBy === 'watch' && binds(input)) {
    return { verdict: 'stay', why: `It was decided at ${input.decided?.at}: '${input.decided?.outcome}'.` };
  }
  if (blocking.length > 0 && !forced) return { verdict: 'refuse', why: blocking.join(' ') };
  if (startedBy === 'person' && !lost) {
    return { verdict: 'ask', why: `The primary does not look lost (${judgement.pattern}). Moving it stops it.` };
  }
  const why = `Lost: ${judgement.lost.join(', ')}.${pattern === 'partition' ? ` ${partitionWords[input.witness]}` : ''}`;
  // Two places at once that the primary does not reach, and the world does: nobody has foreseen what that is.
  if (decision === 'person' || input.witness === 'ended') return { verdict: 'ask', why };
  return { verdict: 'go', why };
}

function binds({ decided, epoch, now }: DecisionInput): boolean {
  return decided?.epoch === epoch && now.getTime() - Date.parse(decided.at) < decisionBindsSeconds * 1000;
}

function staying({ pattern, lost }: Judgement, witness: AtWitness): string {
  if (pattern === 'well') return 'The primary is well.';
  if (pattern === 'one-signal') return `Only '${lost.join()}' is lost; one signal moves nothing.`;
  if (pattern === 'partition') return partitionWords[witness];
  return 'Two signals are lost, not yet for long enough.';
}

/** What happens after the fence's share of the time. */
export type FenceStep =
  | { readonly do: 'go-on'; readonly fencing: 'proven' | 'unproven'; readonly why: string }
  | { readonly do: 'wait'; readonly waitSeconds: number }
  | { readonly do: 'ask'; readonly why: string };

/** `accepted`: a person said yes to going on without a proof, in this execution. */
export function fenceStep(
  verdict: FenceVerdict,
  settings: { readonly whenUnproven: 'ask' | 'go-on'; readonly accepted: boolean; readonly now: Date },
): FenceStep {
  if (verdict.fencing === 'proven') return { do: 'go-on', fencing: 'proven', why: verdict.how };
  if (verdict.fencing === 'waits') {
    return {
      do: 'wait',
      waitSeconds: Math.max(1, Math.ceil((Date.parse(verdict.until) - settings.now.getTime()) / 1000)),
    };
  }
  if (settings.whenUnproven === 'go-on' || settings.accepted)
    return { do: 'go-on', fencing: 'unproven', why: verdict.why };
  return { do: 'ask', why: verdict.why };
}

export interface LossMeasured {
  readonly database: string;
  /** At most: from the last beat that arrived to the moment from which nothing could be written any more. Null: it can't be read. */
  readonly seconds: number | null;
  /** At least: to the moment when the old primary was last heard, less the beat's period. Every commit in between has not arrived. */
  readonly secondsMin: number;
}

/** Until when the old primary wrote lies between the two: when its lease was last renewed (null: never), and the lease's end, or now where nothing proves one. */
export interface WritingEnded {
  readonly renewedAt: Date | null;
  readonly writableUntil: Date;
}

/**
 * What a promotion would lose of a database: every commit of the old primary since the last beat that arrived. Nobody but the old primary itself knows when in
 * between it stopped, so that it is an interval.
 */
export function measured(
  database: string,
  beatenAt: Date | undefined,
  { renewedAt, writableUntil }: WritingEnded,
): LossMeasured {
  if (beatenAt === undefined) return { database, seconds: null, secondsMin: 0 };
  const since = (until: Date): number => (until.getTime() - beatenAt.getTime()) / 1000;
  const seconds = Math.max(0, Math.ceil(since(writableUntil)));
  const heard = renewedAt === null ? 0 : Math.floor(since(renewedAt)) - heartbeatPeriodSeconds;
  return { database, seconds, secondsMin: Math.min(seconds, Math.max(0, heard)) };
}

export interface LossStep {
  readonly do: 'go-on' | 'ask';
  readonly seconds: number | null;
  readonly secondsMin: number;
  readonly why: string;
}

/** A loss above the objective, or one that nobody knows, is a person's to accept. */
export function lossStep(losses: readonly LossMeasured[], recoveryPointSeconds: number, accepted: boolean): LossStep {
  const unknown = losses.filter(({ seconds }) => seconds === null).map(({ database }) => database);
  const known = losses.flatMap(({ seconds }) => (seconds === null ? [] : [seconds]));
  const seconds = unknown.length > 0 ? null : Math.max(0, ...known);
  const secondsMin = Math.max(0, ...losses.map((loss) => loss.secondsMin));
  const over = losses.filter((loss) => loss.seconds !== null && loss.seconds > recoveryPointSeconds);
  const said = [
    ...unknown.map((database) => `${database}: nobody can say how much.`),
    ...over.map((loss) => `${loss.database}: ${loss.seconds} s, and ${recoveryPointSeconds} s are allowed.`),
  ];
  if (said.length === 0)
    return {
      do: 'go-on',
      seconds,
      secondsMin,
      why: `Between ${secondsMin} s and ${seconds} s are lost; ${recoveryPointSeconds} s are allowed.`,
    };
  return { do: accepted ? 'go-on' : 'ask', seconds, secondsMin, why: said.join(' ') };
}
