import type { Route53 } from '../aws/route53.ts';
import type { Rehearsal } from '../rehearsal.ts';
import { timeToLiveSeconds } from './failover-path.ts';
import type { FailoverWorld } from './failover-world.ts';
import type { Stage } from './stage.ts';

/** Of the users, those whose clients keep an address as long as they run. Assumed. */
const deafShare = 0.03;
const deafForMilliseconds = 3_600_000;
const steps = 4;

/** When users were led to another region for the last time; undefined while they never were. */
export interface UsersSeen {
  readonly ledAt: number | undefined;
}

/** Lets the users go where the name servers lead them: one after the other as their resolvers forget, and a few only when they start anew. */
export function leadUsers(rehearsal: Rehearsal, world: FailoverWorld, stage: Stage): UsersSeen {
  const { account, kernel, log } = rehearsal;
  const seen: { ledAt: number | undefined } = { ledAt: undefined };
  let led = world.led ?? world.from;
  account.service<Route53>('route53').health.watch(() => {
    const now = world.led;
    if (now === undefined || now === led) return;
    const before = led;
    led = now;
    seen.ledAt = kernel.now();
    log.write('users.led', { region: now, from: before });
    const spread = (share: number) => (): void => {
      if (led === now)
        stage.traffic.spreadUsers(
          new Map([
            [now, share],
            [before, 1 - share],
          ]),
        );
    };
    kernel.outside(() => {
      for (let step = 1; step <= steps; step++) {
        const after = (step * timeToLiveSeconds * 1000) / steps;
        kernel.after(after, 'resolvers forget', spread((step * (1 - deafShare)) / steps));
      }
      kernel.after(deafForMilliseconds, 'clients start anew', spread(1));
    });
  });
  return seen;
}
