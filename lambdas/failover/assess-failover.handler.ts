import { assessFailoverInput } from '../../domain/workflows/region-failover.ts';
import { dnsSignals } from '../aws/dns-signals.ts';
import { secretLogins } from '../aws/secrets.ts';
import { task } from '../handling/task.ts';
import { assessFailover } from './assess-failover.ts';
import { oldestBeat } from './masters.ts';
import { wholePlanOf } from './plans.ts';
import { publicHealthOf } from './public-health.ts';
import { failoverPorts } from './wiring.ts';

const common = failoverPorts();
const { environment, parameters } = common;
const logins = secretLogins(common.region);
const texts = dnsSignals();

export const handler = task(assessFailoverInput, async (input) => {
  const { plan, databases } = await wholePlanOf(environment, parameters);
  return assessFailover(input, {
    ...common,
    plan,
    oldestBeat: () => oldestBeat(databases, { logins, parameters }),
    publicHealth: publicHealthOf({ environment, zone: plan.zone, region: input.run.from }, texts),
  });
});
