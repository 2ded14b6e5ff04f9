import { environmentName, functionName } from '../../domain/names.ts';
import { rotationTask } from '../../domain/rotation.ts';
import type { CallFault, CallSeen, FaultPlan, InvocationFault } from '../faults/fault.ts';
import { requireRotationRequest, standForRotation } from './rotation.ts';
import type { RotationRequest } from './rotation-request.ts';

/**
 * What may become of one call. `cut-off`: it has its effect, and nothing that the function asks for afterwards gets out: as good as dead, it
 * runs into its timeout.
 */
export const callFates = ['throttle', 'denied', 'lost-answer', 'cut-off'] as const;
export type CallFate = (typeof callFates)[number];

/** Fails one call of one function, and sees them all. */
export class OneCallFails implements FaultPlan {
  readonly #functionName: string;
  #seen: string[] = [];
  #index: number | undefined;
  #fate: CallFate = 'throttle';
  #cutOff = false;

  constructor(functionName: string) {
    this.#functionName = functionName;
  }

  /** Counts anew; the call with this index meets the fate, none where it is left out. */
  expect(index?: number, fate: CallFate = 'throttle'): this {
    this.#seen = [];
    this.#index = index;
    this.#fate = fate;
    this.#cutOff = false;
    return this;
  }

  /** `secretsmanager:PutSecretValue`, in the order in which they came. */
  get seen(): readonly string[] {
    return this.#seen;
  }

  onCall({ service, operation, principal }: CallSeen): CallFault | undefined {
    if (principal.kind !== 'role' || principal.sessionName !== this.#functionName) return undefined;
    if (service === 'postgres' && operation === 'connection') return undefined;
    if (this.#cutOff) return { kind: 'timeout' };
    const index = this.#seen.push(`${service}:${operation}`) - 1;
    if (index !== this.#index) return undefined;
    if (this.#fate !== 'cut-off') return { kind: this.#fate };
    this.#cutOff = true;
    return { kind: 'lost-answer' };
  }

  /** A new invocation has a network again. */
  onInvocation(name: string): InvocationFault | undefined {
    if (name === this.#functionName) this.#cutOff = false;
    return undefined;
  }

  onDelivery(): undefined {
    return undefined;
  }
}

export type RotationSweep = Pick<RotationRequest, 'platform' | 'secret' | 'seed' | 'assemblyDirectory'>;

/** What became of a rotation in which one call met its fate. */
export interface SweptCall {
  readonly index: number;
  /** `secretsmanager:PutSecretValue`, `postgres:message`. */
  readonly call: string;
  readonly fate: CallFate;
  /** Exactly one AWSCURRENT, which logs in; no AWSPENDING, no claim. */
  readonly whole: boolean;
  readonly detail: string;
}

/**
 * Rotates one secret of one deployed platform again and again, each time with the next call of the rotation function meeting the fate, until
 * every call that it makes has. The watchdog of the app mends what is left behind.
 */
export async function* sweepRotations(sweep: RotationSweep, fate: CallFate): AsyncGenerator<SweptCall> {
  const secret = requireRotationRequest({ ...sweep, faults: [] });
  const plan = new OneCallFails(functionName(environmentName(sweep.platform.name, 'production'), rotationTask(secret)));
  const request = { ...sweep, faults: [], withoutConsumers: true, plan };
  const round = await standForRotation(request, secret);
  try {
    let calls = 1;
    for (let index = 0; index < calls; index++) {
      plan.expect(index, fate);
      const { labels, currentLogin, claims } = await round.rotate();
      calls = Math.max(calls, plan.seen.length);
      const having = (label: string) => Object.values(labels).filter((stages) => stages.includes(label)).length;
      const pendingLeft = Object.values(labels).filter(
        (stages) => stages.includes('AWSPENDING') && !stages.includes('AWSCURRENT'),
      ).length;
      const whole = having('AWSCURRENT') === 1 && pendingLeft === 0 && currentLogin === 'in' && claims.length === 0;
      const detail = JSON.stringify({ labels, currentLogin, claims });
      yield { index, call: plan.seen[index] ?? 'never made', fate, whole, detail };
    }
  } finally {
    await round.close();
  }
}
