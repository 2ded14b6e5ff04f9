import { readinessParameterName } from '../../domain/failover-plan.ts';
import {
  blockingCount,
  type PartSeen,
  type ReadinessPart,
  type ReadinessReport,
  readiness,
  readinessNotice,
  readinessParts,
  readinessReport,
  reportText,
} from '../../domain/readiness.ts';
import { reignsIn } from '../../domain/reign.ts';
import type { LookAtReadinessOutput } from '../../domain/workflows/readiness.ts';
import type { Notifications, Parameters } from '../ports/aws.ts';
import type { Clock } from '../ports/clock.ts';
import type { Reign } from '../ports/reign.ts';
import { jsonOf } from '../rotation/plans.ts';
import type { Looks } from './looks.ts';

export interface LookAtReadinessPorts {
  readonly environment: string;
  readonly region: string;
  readonly clock: Clock;
  readonly reign: Pick<Reign, 'current'>;
  readonly parameters: Pick<Parameters, 'read'>;
  readonly looks: Looks;
  readonly notifications: Notifications;
  keep(parameter: string, text: string): Promise<void>;
  /** Score undefined: this region reigns, and has none. */
  measure(figures: { readonly score?: number; readonly blocking: number }): Promise<void>;
}

/**
 * Looks at everything that a failover to this region would need, keeps the report where a failover reads it, and tells people what is new in it. Ends
 * quietly in the region that reigns. Changes nothing of what it looks at. Throws AwsUnavailable, AwsRefused where the report itself can't be kept.
 */
export async function lookAtReadiness(ports: LookAtReadinessPorts): Promise<LookAtReadinessOutput> {
  const { environment, region, clock, parameters } = ports;
  const reigns = await ports.reign.current();
  if (reignsIn(reigns, region)) {
    await ports.measure({ blocking: 0 });
    return { looked: false };
  }
  const looked = await Promise.all(readinessParts.map((part) => look(part, ports.looks)));
  const seen = looked.flatMap((each): PartSeen[] => ('faults' in each ? [each] : []));
  const whyUnseen = new Map(
    looked.flatMap((each): [ReadinessPart, string][] => ('why' in each ? [[each.part, each.why]] : [])),
  );
  const report = readiness(seen, { environment, region, now: clock.now() });
  const name = readinessParameterName(environment);
  const before = readinessReport.safeParse(jsonOf((await parameters.read(name)) ?? '')).data;
  await ports.keep(name, reportText(report));
  await ports.measure({ score: report.score, blocking: blockingCount(report) });
  await tell(report, before, whyUnseen, ports);
  return { looked: true, report };
}

type Looked = PartSeen | { readonly part: ReadinessPart; readonly why: string };

/** What does not answer is not ready: nobody knows it. */
async function look(part: ReadinessPart, looks: Looks): Promise<Looked> {
  try {
    return { part, faults: await looks[part]() };
  } catch (error) {
    const { name, message } = error as Error;
    return { part, why: `${name}: ${message}` };
  }
}

async function tell(
  report: ReadinessReport,
  before: ReadinessReport | undefined,
  whyUnseen: ReadonlyMap<ReadinessPart, string>,
  { notifications }: LookAtReadinessPorts,
): Promise<void> {
  const notice = readinessNotice(report, before, whyUnseen);
  if (notice) await notifications.publish(notice.severity, notice.subject, notice.text);
}
