import type { RehearsalEvent } from '../kernel/log.ts';
import type { Outcome } from './result.ts';

/** Ends of canary-promotion at which nothing was changed. */
const refusals = new Set(['Promotion refused', 'Release rejected', 'Nobody approved in time', 'Input is wrong']);

interface Ending {
  readonly workflow: string;
  readonly execution: string;
  readonly status: string;
  readonly output?: { readonly outcome?: string; readonly reason?: string };
  readonly error?: string;
  readonly cause?: string;
  readonly lastState: string;
}

/** An escalation waits for a person beside the release: no release waits for it, and a run does not last until it has ended. */
function waitsBeside(workflow: string): boolean {
  return workflow.endsWith('-notification-escalation');
}

/** Follows executions through the log, to say at the end what became of the promotion under rehearsal. */
export class OutcomeReader {
  readonly #lastStates = new Map<string, string>();
  readonly #running = new Map<string, string>();
  readonly #endings: Ending[] = [];

  seen(event: RehearsalEvent): void {
    const execution = String(event['execution']);
    if (event.kind === 'execution.started' && !waitsBeside(String(event['workflow'])))
      this.#running.set(execution, String(event['workflow']));
    if (event.kind === 'state.entered') this.#lastStates.set(execution, String(event['state']));
    if (event.kind !== 'execution.ended') return;
    this.#running.delete(execution);
    this.#endings.push({
      workflow: String(event['workflow']),
      execution,
      status: String(event['status']),
      ...(parsed(event['output']) === undefined
        ? {}
        : { output: parsed(event['output']) as NonNullable<Ending['output']> }),
      ...(typeof event['error'] === 'string' ? { error: event['error'] } : {}),
      ...(typeof event['cause'] === 'string' ? { cause: event['cause'] } : {}),
      lastState: this.#lastStates.get(execution) ?? '',
    });
  }

  /** Executions that have not ended: name → workflow. */
  get running(): ReadonlyMap<string, string> {
    return this.#running;
  }

  hasEnded(execution: string): boolean {
    return this.#endings.some((ending) => ending.execution === execution);
  }

  /** What became of it; `failed` where it has not ended. */
  of(execution: string): { readonly outcome: Outcome; readonly reason: string } {
    const ending = this.#endings.find((candidate) => candidate.execution === execution);
    if (!ending) return { outcome: 'failed', reason: `${execution} has not ended` };
    const rollback = this.#endings.findLast(
      ({ workflow, status, output }) =>
        workflow.endsWith('canary-rollback') && status === 'SUCCEEDED' && output?.outcome === 'rolled-back',
    );
    if (ending.status === 'SUCCEEDED') return told(rollback ?? ending);
    if (refusals.has(ending.lastState)) return { outcome: 'refused', reason: `${ending.error}: ${ending.cause}` };
    if (rollback) return told(rollback);
    const failedRollback = this.#endings.findLast(
      ({ workflow, lastState }) => workflow.endsWith('canary-rollback') && lastState === 'Rollback failed',
    );
    const last = failedRollback ?? ending;
    return { outcome: 'failed', reason: `${last.error ?? last.status}: ${last.cause ?? ''}` };
  }

  /** Whether any rollback was carried through, by the promotion itself or by the rollback workflow. */
  get rolledBack(): boolean {
    return this.#endings.some(({ output }) => output?.outcome === 'rolled-back' || output?.outcome === 'inconclusive');
  }
}

function told({ output }: Ending): { outcome: Outcome; reason: string } {
  return { outcome: (output?.outcome ?? 'failed') as Outcome, reason: output?.reason ?? '' };
}

function parsed(output: unknown): unknown {
  if (typeof output !== 'string') return output ?? undefined;
  try {
    return JSON.parse(output);
  } catch {
    return undefined;
  }
}
