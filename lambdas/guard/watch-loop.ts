import { staysSeconds } from '../../domain/failover-settings.ts';
import { type Judgement, lookEverySeconds, type Pattern } from '../../domain/failover-signals.ts';
import { reignsIn } from '../../domain/reign.ts';
import { showTraffic, type TrafficPorts } from '../failover/open-traffic.ts';
import type { Pauses } from '../ports/failover.ts';
import type { Reign } from '../ports/reign.ts';
import { type WatchPorts, watchOnce } from './watch-primary.ts';

export interface WatchLoopPorts extends Omit<WatchPorts, 'plan'>, TrafficPorts {
  readonly reign: Pick<Reign, 'current'>;
  readonly pauses: Pauses;
  /** What alarms and people see of a look. */
  report(judgement: Judgement): Promise<void>;
}

export interface WatchLoopSeen {
  readonly looks: number;
  /** `reigns`: there is nobody to watch. */
  readonly state: Pattern | 'reigns';
  /** Looks that started the failover, or found it started. */
  readonly started: number;
}

/**
 * Watches the primary while it stays: the next watch starts when the minute is over. First it writes the switch of its
 * own region again, wherever it is: what Route 53 reads must not run dry. Throws AwsUnavailable, AwsRefused.
 */
export async function watchLoop(ports: WatchLoopPorts): Promise<WatchLoopSeen> {
  const { clock, region, pauses } = ports;
  const ends = clock.now().getTime() + staysSeconds * 1000;
  let started = 0;
  for (let looks = 1; ; looks++) {
    const lookEnds = clock.now().getTime() + lookEverySeconds * 1000;
    const reign = await ports.reign.current();
    if (looks === 1) await showTraffic(reign, ports);
    if (reignsIn(reign, region)) return { looks: looks - 1, state: 'reigns', started };
    const { judgement, reaction } = await watchOnce(reign, ports);
    if (reaction.do === 'start') started++;
    await ports.report(judgement);
    if (lookEnds >= ends) return { looks, state: judgement.pattern, started };
    await pauses.seconds(Math.max(1, (lookEnds - clock.now().getTime()) / 1000));
  }
}
