import type { InterlockClaim, InterlockedWork, InterlockSubject } from '../../domain/interlock.ts';

/** The region's claims. */
export interface Interlock {
  /**
   * Claims every subject for the holder, or none. Claims again what the holder has already, with the later hour. A claim on
   * `platform` by another holder bars every subject. Throws WorkInProgress with the claim in the way, AwsUnavailable, AwsRefused.
   */
  claim(wanted: {
    readonly subjects: readonly InterlockSubject[];
    readonly work: InterlockedWork;
    readonly holder: string;
    readonly forSeconds: number;
  }): Promise<readonly InterlockClaim[]>;
  /** Gives back what the holder has; what another has stays. */
  release(holder: string, subjects: readonly InterlockSubject[]): Promise<void>;
  /** Claims that still bind. */
  list(): Promise<readonly InterlockClaim[]>;
}
