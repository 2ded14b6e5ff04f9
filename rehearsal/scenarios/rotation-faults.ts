import { functionName } from '../../domain/names.ts';
import { rotationTask } from '../../domain/rotation.ts';
import {
  clusterFault,
  everydayFaults,
  type FaultDescription,
  knownFaults,
  refusal,
  sabotage,
  world,
} from '../faults/described.ts';
import type { CallFault, CallSeen, DeliveryFault, FaultPlan, InvocationFault } from '../faults/fault.ts';
import { SeededFaults } from '../faults/plan.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { RehearsalEvent } from '../kernel/log.ts';

/** The steps after which a rotation may crash, as the command line names them. */
export const crashSteps = {
  create: 'createSecret',
  set: 'setSecret',
  test: 'testSecret',
  finish: 'finishSecret',
} as const;
export type CrashStep = keyof typeof crashSteps;

/** Every fault of a rehearsed rotation. */
export const rotationFaults: readonly FaultDescription[] = [
  ...Object.entries(crashSteps).map(([name, step]) =>
    world(`crash-after-${name}`, `the function dies after ${step}, each time, until Secrets Manager gives up`),
  ),
  ...Object.entries(crashSteps).map(([name, step]) =>
    world(`crash-once-after-${name}`, `the function dies once after ${step}`),
  ),
  ...everydayFaults,
  clusterFault,
  world('delivered-late', 'every step is delivered once more when all is over'),
  world('consumer-never-ready', 'a consumer does not become ready with the new version'),
  world('promotion-asked', 'a promotion of a consumer is asked for while the secret rotates'),
  world('schedule-missed', 'the window passes, and Secrets Manager does not rotate'),
  refusal('server-unreachable', 'the server cannot be reached for twenty minutes'),
  refusal('superuser-gone', "the superuser's secret is marked for deletion"),
  refusal('superuser-elsewhere', "somebody edits the superuser's secret: it opens another server"),
  refusal('unknown-kind', 'somebody edits the secret: it opens an engine that the function does not know'),
  refusal('field-missing', 'somebody edits the secret: it does not say its engine any more'),
  refusal('not-ours', 'somebody has another secret rotated by this function'),
  refusal('promotion-running', 'a promotion of a consumer runs'),
  refusal('not-pending', 'the function is invoked with a token that is not pending'),
  sabotage(
    'break-login',
    'somebody changes the password at the server by hand, and the watchdog with it',
    'the current version logs in',
  ),
  sabotage(
    'break-pending',
    'somebody leaves AWSPENDING on another version after the run',
    'one AWSCURRENT and no AWSPENDING',
  ),
  sabotage('break-silence', 'somebody prints the secret into a message', 'no password stands anywhere'),
  sabotage('break-claim', 'somebody claims the database for ever', 'the claim is given back'),
  sabotage(
    'break-budget',
    'somebody deletes most pods of a consumer at once',
    'consumers stay within their disruption budget',
  ),
];

/** Throws UnknownFault. */
export function requireRotationFaults(names: readonly string[]): void {
  knownFaults(names, rotationFaults, 'a rotation');
}

const connectionFaults = new Set<CallFault['kind'] | undefined>(['timeout', 'lost-answer']);

/** The named faults of one rotation: those that the seed draws, crashes after a step, and the caller's own. */
export class RotationFaults implements FaultPlan {
  readonly #seeded: SeededFaults;
  readonly #own: FaultPlan | undefined;
  readonly #crashes: ReadonlyMap<string, 'once' | 'always'>;
  readonly #functionName: string;
  readonly #crashed = new Set<string>();
  #armed = false;
  #givenUp = false;

  constructor(
    names: readonly string[],
    options: {
      readonly environment: string;
      readonly secret: string;
      readonly kernel: () => Kernel;
      readonly own?: FaultPlan | undefined;
    },
  ) {
    this.#seeded = new SeededFaults(names, options.kernel);
    this.#own = options.own;
    this.#functionName = functionName(options.environment, rotationTask(options.secret));
    this.#crashes = new Map(
      Object.entries(crashSteps).flatMap(([name, step]): [string, 'once' | 'always'][] => [
        ...(names.includes(`crash-after-${name}`) ? [[step, 'always'] as [string, 'always']] : []),
        ...(names.includes(`crash-once-after-${name}`) ? [[step, 'once'] as [string, 'once']] : []),
      ]),
    );
  }

  arm(): void {
    this.#armed = true;
    this.#seeded.arm();
  }

  disarm(): void {
    this.#armed = false;
    this.#seeded.disarm();
  }

  /** Secrets Manager has given the rotation up: whoever mends it now is not killed any more. */
  seen(event: RehearsalEvent): void {
    if (event.kind === 'rotation.ended' && this.#armed) this.#givenUp = true;
  }

  onCall(call: CallSeen): CallFault | undefined {
    const own = this.#armed ? this.#own?.onCall(call) : undefined;
    if (own) return own;
    if (call.service !== 'postgres') return this.#seeded.onCall(call);
    // A connection breaks or does not, and not each message by itself; a server of ours throttles nobody.
    const drawn = call.operation === 'connection' ? this.#seeded.onCall(call) : undefined;
    return connectionFaults.has(drawn?.kind) ? drawn : undefined;
  }

  onInvocation(name: string, attempt: number, payload?: string): InvocationFault | undefined {
    const own = this.#armed ? this.#own?.onInvocation(name, attempt, payload) : undefined;
    return own ?? this.#crash(name, payload) ?? this.#seeded.onInvocation(name, attempt);
  }

  onDelivery(ruleName: string, detailType: string): DeliveryFault | undefined {
    return this.#seeded.onDelivery(ruleName, detailType);
  }

  #crash(name: string, payload: string | undefined): InvocationFault | undefined {
    if (!this.#armed || this.#givenUp || name !== this.#functionName) return undefined;
    const step = String(/"Step":"(\w+)"/.exec(payload ?? '')?.[1]);
    const crash = this.#crashes.get(step);
    if (!crash || (crash === 'once' && this.#crashed.has(step))) return undefined;
    this.#crashed.add(step);
    return { kind: 'crash-after' };
  }
}
