import type { Reign as ReignRecord } from '../../domain/reign.ts';

/** Who reigns, as this function's own region knows it. Each throws AwsUnavailable, AwsRefused. */
export interface Reign {
  /** The definition's primary in epoch 1 where nobody has entered another. */
  current(): Promise<ReignRecord>;
  /** Enters a later reign and answers the one that stands then: this, or one that is as late or later and stays. */
  enter(next: ReignRecord): Promise<ReignRecord>;
}
