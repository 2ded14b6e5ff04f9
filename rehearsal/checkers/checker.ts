import type { Slot } from '../../domain/names.ts';
import type { RehearsalEvent } from '../kernel/log.ts';

/** A slot's Deployment, as the cluster has it. */
export interface SlotState {
  readonly image: string;
  readonly replicas: number;
}

/** What the release of one service looks like in the world, read from the cluster and not from what a workflow says. */
export interface ReleaseState {
  /** Percent by slot; undefined for a service without a route. */
  readonly weights?: Readonly<Record<Slot, number>>;
  readonly slots: Readonly<Partial<Record<Slot, SlotState>>>;
  readonly stableSlot: Slot;
  /** The promotion that holds the service, if one does. */
  readonly heldBy?: string;
}

/** The world once the run is over. */
export interface WorldAtEnd {
  readonly environment: string;
  readonly service: string;
  readonly strategy: 'canary' | 'blue-green' | 'rolling';
  /** Before the promotion under rehearsal was started. */
  readonly before: ReleaseState;
  readonly after: ReleaseState;
  /** Virtual milliseconds since 1970 at which the promotion under rehearsal was started. */
  readonly startedAt: number;
  readonly executionsRunning: readonly {
    readonly workflow: string;
    readonly execution: string;
    readonly asksUntil?: number;
  }[];
  readonly alarmsWithoutData: readonly { readonly alarm: string; readonly dimensions: string }[];
  /** Approvals that nobody answered and that are not over. */
  readonly approvalsPending: readonly string[];
  readonly deadLetters: number;
  /** The release was taken back, or should have been: everything but promoted and refused. */
  readonly rolledBack: boolean;
}

/** A promise that was not kept, with what was seen. */
export interface Violation {
  readonly checker: string;
  readonly detail: string;
}

/**
 * Watches a run and says whether one promise was kept. A checker reads the event log and the world, never a workflow's own
 * account of itself.
 */
export interface Checker<World = WorldAtEnd> {
  /** The promise, as a person reads it in the result. */
  readonly name: string;
  seen?(event: RehearsalEvent): void;
  conclude(world: World): readonly string[];
}
