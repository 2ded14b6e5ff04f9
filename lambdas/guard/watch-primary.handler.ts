import * as z from 'zod';
import { otherRegion } from '../../domain/failover-plan.ts';
import { dnsSignals } from '../aws/dns-signals.ts';
import { failoverFigures } from '../aws/failover-metrics.ts';
import { systemPauses } from '../aws/pauses.ts';
import { secretLogins } from '../aws/secrets.ts';
import { oldestBeat } from '../failover/masters.ts';
import { wholePlanOf } from '../failover/plans.ts';
import { publicHealthOf } from '../failover/public-health.ts';
import { failoverPorts, regionReign, workflowStarts } from '../failover/wiring.ts';
import { failoverMachine } from '../handling/environment.ts';
import { task } from '../handling/task.ts';
import { withSession } from '../postgres/session.ts';
import { loginsWhileTheyWork, remembered } from './remembering.ts';
import { watchLoop } from './watch-loop.ts';

const common = failoverPorts();
const { environment, region, parameters, clock, memory } = common;
const logins = secretLogins(region);
const texts = dnsSignals();
const { trafficSwitch, watched } = failoverFigures(region, environment, clock);
const ports = {
  ...common,
  record: memory,
  arming: memory,
  trafficSwitch,
  reign: regionReign(region),
  starts: workflowStarts(region, failoverMachine('regionFailover')),
  pauses: systemPauses,
  report: watched,
};
const load = remembered(() => wholePlanOf(environment, parameters));

export const handler = task(z.unknown(), async () => {
  const { plan, databases } = await load();
  const publicHealth = publicHealthOf({ environment, zone: plan.zone, region: otherRegion(plan, region) }, texts);
  const reading = loginsWhileTheyWork(logins, withSession);
  const beat = () => oldestBeat(databases, { logins: reading.logins, parameters }, reading.sessions);
  return watchLoop({ ...ports, plan, publicHealth, oldestBeat: beat });
});
