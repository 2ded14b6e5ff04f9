import type { ReadinessReport } from '../../domain/readiness.ts';
import type { Checker } from './checker.ts';

/** The world after a look, read from parameters and alarms, not from what the look says of itself. */
export interface ReadinessAtEnd {
  readonly lookedAt: number;
  readonly report: ReadinessReport;
  /** Of the region that reigns. */
  readonly inThePrimary: ReadinessReport | undefined;
  /** State of the alarm on blocking faults. */
  readonly alarm: string;
  readonly leaks: readonly string[];
}

/** The look's own: its report, its figures, its notice, its log. */
const ownWrites = /^(ssm:PutParameter|cloudwatch:PutMetricData|sns:Publish)$/;
const reads = /:(Describe|Get|List|Batch(Get|Check)|Scan|Simulate)/;

export function readinessCheckers(): readonly Checker<ReadinessAtEnd>[] {
  return [
    changesNothing(),
    {
      name: 'what blocks rings, and nothing else does',
      conclude({ report, alarm }) {
        const expected = report.ready ? 'OK' : 'ALARM';
        return alarm === expected ? [] : [`the alarm standby-not-ready is ${alarm}, and ${expected} is right`];
      },
    },
    {
      name: 'the region that reigns is not looked at',
      conclude: ({ inThePrimary }) => (inThePrimary ? [`it has a report of ${inThePrimary.at}`] : []),
    },
    { name: 'no secret is written anywhere', conclude: ({ leaks }) => leaks },
  ];
}

function changesNothing(): Checker<ReadinessAtEnd> {
  const changes = new Set<string>();
  return {
    name: 'a look changes nothing',
    seen(event) {
      if (event.kind !== 'aws.called' || !/LookAtReadiness/.test(String(event['principal']))) return;
      const call = `${event['service']}:${event['operation']}`;
      if (!reads.test(call) && !ownWrites.test(call)) changes.add(call);
      const resource = String(event['resource']);
      if (call === 'ssm:PutParameter' && !resource.endsWith('/readiness')) changes.add(`${call} ${resource}`);
    },
    conclude: () => [...changes].map((call) => `it called ${call}`),
  };
}
