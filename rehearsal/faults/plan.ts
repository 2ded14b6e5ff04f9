import type { Kernel } from '../kernel/kernel.ts';
import type { CallFault, CallSeen, DeliveryFault, FaultPlan, InvocationFault } from './fault.ts';

/** One in so many calls or invocations meets the fault. */
const oneInTen = 0.1;
const oneInTwentyFive = 0.04;

/**
 * The faults by name, drawn from the run's seed: one stream a fault, so that naming another fault does not move the first.
 * Faults begin when `arm()` is called, after the platform stands and the stable version serves, and stay away from what a
 * person does: a person sees an error and tries again.
 */
export class SeededFaults implements FaultPlan {
  readonly #names: ReadonlySet<string>;
  readonly #kernel: () => Kernel;
  readonly #denies: (call: CallSeen) => boolean;
  #armed = false;
  #denied = false;

  /** `denies`: the call that the fault `denied` takes, the first time it comes; one to CloudWatch unless told. */
  constructor(
    names: readonly string[],
    kernel: () => Kernel,
    denies: (call: CallSeen) => boolean = ({ service }) => service === 'cloudwatch',
  ) {
    this.#names = new Set(names);
    this.#kernel = kernel;
    this.#denies = denies;
  }

  /** From now on things go wrong. */
  arm(): void {
    this.#armed = true;
  }

  /** From now on nothing goes wrong any more. */
  disarm(): void {
    this.#armed = false;
  }

  onCall(call: CallSeen): CallFault | undefined {
    if (!this.#armed || call.principal.kind !== 'role') return undefined;
    if (call.service === 'kubernetes') return this.#onKubernetes(call);
    if (this.#draw('throttle', oneInTen)) return { kind: 'throttle' };
    if (this.#draw('server-error', oneInTen)) return { kind: 'server-error' };
    if (this.#draw('timeout', oneInTwentyFive)) return { kind: 'timeout' };
    if (this.#draw('lost-answer', oneInTwentyFive)) return { kind: 'lost-answer' };
    if (this.#names.has('denied') && !this.#denied && this.#denies(call)) {
      this.#denied = true;
      return { kind: 'denied' };
    }
    return undefined;
  }

  #onKubernetes(_call: CallSeen): CallFault | undefined {
    if (!this.#draw('kubernetes-errors', oneInTen)) return undefined;
    return this.#stream('kubernetes-errors/kind').chance(0.5) ? { kind: 'throttle' } : { kind: 'server-error' };
  }

  onInvocation(_functionName: string, attempt: number): InvocationFault | undefined {
    // A retry of the same task succeeds: what fails for ever is an outage, not a fault of one invocation.
    if (!this.#armed || attempt > 1) return undefined;
    if (this.#draw('crash-before', oneInTen)) return { kind: 'crash-before' };
    if (this.#draw('crash-after-side-effect', oneInTen)) return { kind: 'crash-after' };
    if (this.#draw('deliver-twice', oneInTen)) return { kind: 'deliver-twice' };
    return undefined;
  }

  onDelivery(_ruleName: string, detailType: string): DeliveryFault | undefined {
    if (!this.#armed || detailType !== 'CloudWatch Alarm State Change') return undefined;
    if (this.#names.has('duplicate-alarm')) return { kind: 'duplicate', afterMilliseconds: 1_000 };
    if (this.#names.has('late-alarm')) return { kind: 'late', byMilliseconds: 20_000 };
    return undefined;
  }

  #draw(name: string, probability: number): boolean {
    return this.#names.has(name) && this.#stream(name).chance(probability);
  }

  #stream(name: string) {
    return this.#kernel().random(`fault/${name}`);
  }
}
