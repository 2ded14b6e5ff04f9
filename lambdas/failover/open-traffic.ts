import { NotValid } from '../../domain/failover-errors.ts';
import type { FailoverPlan } from '../../domain/failover-plan.ts';
import { servesFigure, servesSignalName } from '../../domain/failover-settings.ts';
import type { Reign as ReignRecord } from '../../domain/reign.ts';
import type { OpenTrafficInput, OpenTrafficOutput } from '../../domain/workflows/region-failover.ts';
import type { Clock } from '../ports/clock.ts';
import type { Arming } from '../ports/failover.ts';
import type { Reign } from '../ports/reign.ts';
import type { TextSignals, TrafficRecord, TrafficSwitch } from '../ports/serving.ts';

export interface TrafficPorts {
  readonly region: string;
  readonly plan: FailoverPlan;
  readonly record: TrafficRecord;
  readonly arming: Pick<Arming, 'armed'>;
  readonly trafficSwitch: TrafficSwitch;
}

export interface OpenTrafficPorts extends TrafficPorts {
  readonly reign: Pick<Reign, 'current'>;
  readonly texts: TextSignals;
  readonly clock: Clock;
}

/**
 * Opens traffic to this region: keeps that it did, turns the switch that Route 53 reads, and says whether its answer has followed. Nothing of Route
 * 53's own API is called. Throws NotValid where this region does not have the reign of the run, AwsUnavailable, AwsRefused.
 */
export async function openTraffic({ run }: OpenTrafficInput, ports: OpenTrafficPorts): Promise<OpenTrafficOutput> {
  const { plan, region, record, texts, clock } = ports;
  const reign = await ports.reign.current();
  if (reign.primary !== region || reign.epoch !== run.epoch + 1) {
    throw new NotValid(region, [`reign ${reign.epoch} is that of ${reign.primary}`]);
  }
  const before = await record.opened();
  const opened = before?.epoch === reign.epoch ? before : { epoch: reign.epoch, at: clock.now().toISOString() };
  if (opened !== before) await record.keepOpened(opened);
  await showTraffic(reign, ports);
  const answer = plan.zone === null ? region : await texts.read(servesSignalName(run.environment, plan.zone));
  return { followed: answer === region, openedAt: opened.at };
}

/** Writes the figure of the region's switch as the records say: by `open-traffic`, and again each minute by the watch. Throws AwsUnavailable, AwsRefused. */
export async function showTraffic(
  reign: ReignRecord,
  { region, plan, record, arming, trafficSwitch }: TrafficPorts,
): Promise<void> {
  const opened = (await record.opened())?.epoch;
  const armed = await arming.armed();
  await trafficSwitch.show(servesFigure({ region, definedPrimary: plan.regions.primary, reign, opened, armed }));
}
