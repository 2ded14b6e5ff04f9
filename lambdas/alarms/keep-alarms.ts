import type { ServiceDelivery } from '../../domain/delivery.ts';
import { TargetGroupsMissing } from '../../domain/errors.ts';
import { alarmPrefix } from '../../domain/names.ts';
import { serviceAlarms, type Watched } from '../../domain/service-alarms.ts';
import type { KeepAlarmsInput, KeepAlarmsOutput } from '../../domain/workflows/canary-promotion.ts';
import { allPlans } from '../canary/plans.ts';
import type { Alarms, LoadBalancers, Parameters } from '../ports/aws.ts';
import type { ReleaseCluster } from '../ports/release-cluster.ts';
import { watchedOf } from './watched.ts';

export interface KeepAlarmsPorts {
  readonly environment: string;
  readonly cluster: ReleaseCluster;
  readonly loadBalancers: LoadBalancers;
  readonly alarms: Alarms;
  readonly parameters: Parameters;
}

/**
 * Puts each service's alarms on the target groups that its route uses now. As a task of a promotion (with `plan`) it throws
 * TargetGroupsMissing; by schedule it goes on with the next service and names those that wait.
 */
export async function keepAlarms({ plan }: KeepAlarmsInput, ports: KeepAlarmsPorts): Promise<KeepAlarmsOutput> {
  if (plan) {
    const watched = await watchedOf(plan, ports);
    return { watched, put: await keep(plan, watched, ports.alarms), waiting: [] };
  }
  const put: string[] = [];
  const waiting: string[] = [];
  for (const service of await allPlans(ports.environment, ports.parameters)) {
    if (!service.route) continue;
    try {
      put.push(...(await keep(service, await watchedOf(service, ports), ports.alarms)));
    } catch (error) {
      if (!(error instanceof TargetGroupsMissing)) throw error;
      waiting.push(service.service);
    }
  }
  return { watched: null, put, waiting };
}

/** Puts what is missing or stands otherwise; an alarm that stands as it should is left alone. */
async function keep(plan: ServiceDelivery, watched: Watched, alarms: Alarms): Promise<string[]> {
  const standing = await alarms.list(`${alarmPrefix(plan.environment)}${plan.service}/`);
  const put: string[] = [];
  for (const alarm of serviceAlarms(plan, watched)) {
    const found = standing.find((each) => each.name === alarm.name);
    if (found?.configuration === alarms.configurationOf(alarm)) continue;
    await alarms.put(alarm);
    put.push(alarm.name);
  }
  return put;
}
