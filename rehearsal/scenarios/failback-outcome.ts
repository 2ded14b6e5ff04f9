import type { FailbackOutcome } from '../../domain/workflows/region-failback.ts';
import type { RehearsalEvent } from '../kernel/log.ts';

/** What one execution of a failback said of itself. */
export interface FailbackTold {
  readonly outcome: FailbackOutcome;
  readonly reason: string;
  readonly approvedBy: readonly string[];
  readonly steps: readonly { readonly name: string; readonly seconds: number }[];
}

interface Output {
  readonly outcome?: FailbackOutcome;
  readonly reason?: string;
  readonly approvedBy?: readonly string[];
  readonly steps?: readonly { readonly name: string; readonly startedAt: string; readonly endedAt: string }[];
}

const ours = /-region-failback$/;

/** Follows the executions of region-failback through the log. */
export class FailbackReader {
  readonly #endings: RehearsalEvent[] = [];
  readonly #running = new Set<string>();
  readonly #order: string[] = [];
  readonly #lastStates = new Map<string, string>();

  seen(event: RehearsalEvent): void {
    if (!ours.test(String(event['workflow']))) return;
    const execution = String(event['execution']);
    if (event.kind === 'execution.started') {
      this.#running.add(execution);
      this.#order.push(execution);
    }
    if (event.kind === 'state.entered') this.#lastStates.set(execution, String(event['state']));
    if (event.kind !== 'execution.ended') return;
    this.#running.delete(execution);
    this.#endings.push(event);
  }

  get running(): boolean {
    return this.#running.size > 0;
  }

  /** The execution that the run is about: the first. */
  get first(): string | undefined {
    return this.#order[0];
  }

  /** How the others ended that changed nothing. */
  get refusals(): readonly string[] {
    return this.#endings
      .filter((ending) => ending['execution'] !== this.first && ending['status'] === 'FAILED')
      .map((ending) => `${ending['error']}: ${ending['cause'] ?? ''}`);
  }

  /** Of one that was stopped the outcome is `failed`. */
  get told(): FailbackTold {
    const ending = this.#endings.find((one) => one['execution'] === this.first);
    const nothing = { approvedBy: [], steps: [] } as const;
    const state = this.#lastStates.get(this.first ?? '') ?? '';
    if (!ending) return { ...nothing, outcome: 'failed', reason: `It has not ended: ${state}` };
    if (ending['status'] !== 'SUCCEEDED') {
      const reason = String(ending['cause'] ?? ending['status']);
      return { ...nothing, outcome: /refused$/.test(state) ? 'refused' : 'failed', reason };
    }
    const { outcome = 'failed', reason = '', approvedBy = [], steps = [] } = (ending['output'] ?? {}) as Output;
    return {
      outcome,
      reason,
      approvedBy,
      steps: steps.map(({ name, startedAt, endedAt }) => ({
        name,
        seconds: Math.round((Date.parse(endedAt) - Date.parse(startedAt)) / 100) / 10,
      })),
    };
  }
}
