import { openTrafficInput } from '../../domain/workflows/region-failover.ts';
import { dnsSignals } from '../aws/dns-signals.ts';
import { failoverFigures } from '../aws/failover-metrics.ts';
import { task } from '../handling/task.ts';
import { openTraffic } from './open-traffic.ts';
import { failoverPlanOf } from './plans.ts';
import { failoverPorts, regionReign } from './wiring.ts';

const { environment, region, parameters, clock, memory } = failoverPorts();
const { trafficSwitch } = failoverFigures(region, environment, clock);
const reign = regionReign(region);
const ports = { region, clock, reign, record: memory, arming: memory, trafficSwitch, texts: dnsSignals() };

export const handler = task(openTrafficInput, async (input) =>
  openTraffic(input, { ...ports, plan: await failoverPlanOf(environment, parameters) }),
);
