import { shareOf } from '../../domain/failover-budget.ts';
import type { RehearsalEvent } from '../kernel/log.ts';
import type { FailoverRunOutcome, StepTaken } from './failover-request.ts';

/** What one execution of a failover said of itself. */
export interface FailoverTold {
  readonly execution: string | undefined;
  readonly outcome: FailoverRunOutcome;
  readonly reason: string;
  readonly fencing: 'proven' | 'unproven' | null;
  readonly lossSeconds: number | null;
  readonly lossSecondsMin: number | null;
  readonly approvedBy: readonly string[];
  readonly steps: readonly StepTaken[];
  /** A person said yes to losing more than the objective. */
  readonly lossAccepted: boolean;
}

interface Output {
  readonly outcome?: FailoverRunOutcome;
  readonly reason?: string;
  readonly fencing?: 'proven' | 'unproven' | null;
  readonly lossSeconds?: number | null;
  readonly lossSecondsMin?: number | null;
  readonly approvedBy?: readonly string[];
  readonly steps?: readonly { readonly name: string; readonly startedAt: string; readonly endedAt: string | null }[];
}

/** Ends of the workflow at which nothing was changed. */
const refusals = /refused$/i;

/** Follows the executions of one workflow through the log, from `began` on. */
export class FailoverReader {
  readonly #workflow: string;
  readonly #endings: RehearsalEvent[] = [];
  readonly #lastStates = new Map<string, string>();
  readonly #answered: string[] = [];
  readonly #running = new Set<string>();
  /** As they were started: a later one is refused, or finds what was decided. */
  readonly #order: string[] = [];

  /** `workflow`: the end of its name. */
  constructor(workflow: string) {
    this.#workflow = workflow;
  }

  seen(event: RehearsalEvent): void {
    if (!String(event['workflow']).endsWith(this.#workflow)) return;
    const execution = String(event['execution']);
    if (event.kind === 'execution.started') {
      this.#running.add(execution);
      this.#order.push(execution);
    }
    if (event.kind === 'state.entered') this.#lastStates.set(execution, String(event['state']));
    if (event.kind === 'state.exited' && decisionIn(event) === 'approve') this.#answered.push(String(event['state']));
    if (event.kind !== 'execution.ended') return;
    this.#running.delete(execution);
    this.#endings.push(event);
  }

  /** Errors of the executions that ended without anything changed, beside the one that the run is about. */
  get refusals(): readonly string[] {
    return this.#endings
      .filter((ending) => refusals.test(this.#lastStates.get(String(ending['execution'])) ?? ''))
      .map((ending) => outputOf(ending).reason ?? `${ending['error']}: ${ending['cause'] ?? ''}`);
  }

  get started(): number {
    return this.#endings.length + this.#running.size;
  }

  get running(): boolean {
    return this.#running.size > 0;
  }

  /** Of the execution that moved the platform, or else of the first; without any, it stayed. */
  told(recoverySeconds: number, now: number): FailoverTold {
    const moved = this.#endings.find((ending) => outputOf(ending).outcome === 'failed-over');
    const [first] = this.#order;
    const ending = moved ?? this.#endings.find((one) => one['execution'] === first);
    const lossAccepted = this.#answered.some((state) => /loss|lose/i.test(state));
    const nothing = {
      fencing: null,
      lossSeconds: null,
      lossSecondsMin: null,
      approvedBy: [],
      steps: [],
      lossAccepted,
    } as const;
    if (!ending && this.#running.size > 0) {
      const [execution = ''] = this.#running;
      return {
        ...nothing,
        execution,
        outcome: 'failed',
        reason: `It has not ended: ${this.#lastStates.get(execution)}`,
      };
    }
    if (!ending) return { ...nothing, execution: undefined, outcome: 'stayed', reason: 'No failover was started.' };
    const execution = String(ending['execution']);
    if (ending['status'] !== 'SUCCEEDED') {
      const refused = refusals.test(this.#lastStates.get(execution) ?? '');
      const reason = `${ending['error'] ?? ending['status']}: ${ending['cause'] ?? ''}`;
      return { ...nothing, execution, outcome: refused ? 'refused' : 'failed', reason };
    }
    const {
      outcome = 'failed',
      reason = '',
      fencing,
      lossSeconds,
      lossSecondsMin,
      approvedBy,
      steps,
    } = outputOf(ending);
    return {
      execution,
      outcome,
      reason,
      fencing: fencing ?? null,
      lossSeconds: lossSeconds ?? null,
      lossSecondsMin: lossSecondsMin ?? null,
      approvedBy: approvedBy ?? [],
      steps: (steps ?? []).map((step) => stepOf(step, recoverySeconds, now)),
      lossAccepted,
    };
  }
}

function stepOf(
  { name, startedAt, endedAt }: NonNullable<Output['steps']>[number],
  recoverySeconds: number,
  now: number,
): StepTaken {
  const seconds = ((endedAt === null ? now : Date.parse(endedAt)) - Date.parse(startedAt)) / 1000;
  return {
    name,
    seconds: Math.round(seconds * 10) / 10,
    budgetSeconds: shareOf(name as Parameters<typeof shareOf>[0], recoverySeconds),
  };
}

function decisionIn(event: RehearsalEvent): unknown {
  return (event['output'] as { readonly decision?: unknown } | null | undefined)?.decision;
}

function outputOf(ending: RehearsalEvent): Output {
  const output = ending['output'];
  if (typeof output !== 'string') return (output ?? {}) as Output;
  try {
    return JSON.parse(output) as Output;
  } catch {
    return {};
  }
}
