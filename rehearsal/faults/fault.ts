import type { Principal } from '../aws/service.ts';

/** A call about to be made, as fault plans see it. */
export interface CallSeen {
  readonly at: number;
  readonly service: string;
  readonly operation: string;
  readonly region: string;
  readonly principal: Principal;
}

/** What a fault does to one call. `lost-answer` runs the operation and then loses its answer. */
export type CallFault =
  | { readonly kind: 'throttle' }
  | { readonly kind: 'server-error' }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'denied' }
  | { readonly kind: 'lost-answer' };

/** What a fault does to one invocation of a function: killed before it starts, or after its work but before its answer. */
export type InvocationFault =
  | { readonly kind: 'crash-before' }
  | { readonly kind: 'crash-after' }
  | { readonly kind: 'deliver-twice' };

/** What a fault does to one event on its way to a target. */
export type DeliveryFault =
  | { readonly kind: 'duplicate'; readonly afterMilliseconds: number }
  | { readonly kind: 'late'; readonly byMilliseconds: number }
  /** It never comes, and nobody is told. */
  | { readonly kind: 'lost' };

/**
 * The faults of one run, asked at each point where the world can go wrong. Draws from named streams of the run's seed only.
 * AWS calls (`onCall`), the Kubernetes API (`onCall` with service `kubernetes`), functions, events.
 */
export interface FaultPlan {
  onCall(call: CallSeen): CallFault | undefined;
  /** `payload`: JSON text of the event that the function is given. */
  onInvocation(functionName: string, attempt: number, payload?: string): InvocationFault | undefined;
  /** `region`: the rule's. */
  onDelivery(ruleName: string, detailType: string, region: string): DeliveryFault | undefined;
}

/** Nothing goes wrong. */
export const noFaults: FaultPlan = {
  onCall: () => undefined,
  onInvocation: () => undefined,
  onDelivery: () => undefined,
};
