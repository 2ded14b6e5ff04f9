import { assumptions } from './assumptions.ts';
import { free, platforms } from './classes.ts';
import { allowed, type CostLine, cents, hoursAMonth, line, listOf, type PricedTemplate, resourcesOf } from './lines.ts';
import { prices } from './prices.ts';
import { controlPlaneKeys, hoursLine, keysAndSecretsBeside, standing } from './standing.ts';

/** What one run of something took, from a rehearsal. */
export interface Measured {
  /** Of a healthy promotion, with the workflows that it starts. */
  readonly promotion: { readonly transitions: number; readonly judgements: number; readonly emails: number };
  /** Invocations in one promotion, by function name. */
  readonly invocations: Readonly<Record<string, number>>;
  /** Mean milliseconds of a run, by function name. */
  readonly milliseconds: Readonly<Record<string, number>>;
  readonly logBytesPerInvocation: number;
  readonly logBytesPerTransition: number;
}

export interface Cost {
  readonly lines: readonly CostLine[];
  readonly byService: Readonly<Record<string, number>>;
  readonly totalDollars: number;
  /** Step Functions and Lambda. */
  readonly workflowsAndFunctionsDollars: number;
  /** What AWS takes off for ever in an account whose allowances nobody else uses, line by line and below zero; and what is left to pay. */
  readonly alwaysFree: {
    readonly lines: readonly CostLine[];
    readonly totalDollars: number;
    readonly workflowsAndFunctionsDollars: number;
  };
  /** The first two yearly rotations of a key cost a dollar a month each; totals with them, of the second year and from the third on. */
  readonly later: { readonly secondYearDollars: number; readonly thirdYearDollars: number };
  /** What belongs to the platform, with what its standing parts cost before they are used. Not in any of the sums above. */
  readonly beside: readonly {
    readonly name: string;
    readonly types: readonly string[];
    readonly because: string;
    readonly hours: readonly CostLine[];
  }[];
  /** Types that the table of classes does not know: their cost is missing. */
  readonly unclassified: readonly string[];
}

const gigabyte = 1_000_000_000;

/** The monthly cost of the control plane, from its templates, what a rehearsal measured, and the assumptions. */
export function costOf(options: {
  readonly templates: readonly PricedTemplate[];
  readonly measured: Measured;
  /** Metrics of the alarms that keep-alarms puts: they stand in no template. */
  readonly keptAlarmMetrics: number;
  readonly repositories: number;
}): Cost {
  const { templates, measured } = options;
  const lines = [
    ...standing(templates, options.keptAlarmMetrics),
    ...moving(templates, measured, options.repositories),
  ];
  const byService: Record<string, number> = {};
  for (const { service, dollars } of lines) byService[service] = (byService[service] ?? 0) + dollars;
  const types = new Set(templates.flatMap((template) => resourcesOf(template).map(({ Type }) => Type)));
  const priced = [
    'AWS::KMS::Key',
    'AWS::KMS::ReplicaKey',
    'AWS::SecretsManager::Secret',
    'AWS::CloudWatch::Alarm',
    'AWS::CloudWatch::Dashboard',
    'AWS::Logs::MetricFilter',
    'AWS::Route53::HealthCheck',
  ];
  const known = (type: string) =>
    priced.includes(type) ||
    free.includes(type) ||
    platforms.some((each) => each.types.some((start) => type.startsWith(start)));
  const sumOf = (which: readonly CostLine[]) => cents(which.reduce((sum, { dollars }) => sum + dollars, 0));
  const ours = (which: readonly CostLine[]) =>
    which.filter(({ service }) => service === 'Step Functions' || service === 'Lambda');
  const given = allowed(lines);
  const totalDollars = sumOf(lines);
  const rotation = controlPlaneKeys(templates) * prices.keyRotation.dollars;
  return {
    lines,
    byService: Object.fromEntries(Object.entries(byService).map(([service, dollars]) => [service, cents(dollars)])),
    totalDollars,
    workflowsAndFunctionsDollars: sumOf(ours(lines)),
    alwaysFree: {
      lines: given,
      totalDollars: sumOf([...lines, ...given]),
      workflowsAndFunctionsDollars: sumOf(ours([...lines, ...given])),
    },
    later: { secondYearDollars: cents(totalDollars + rotation), thirdYearDollars: cents(totalDollars + 2 * rotation) },
    beside: [
      keysAndSecretsBeside(templates),
      ...platforms.map(({ name, types, because, hours = [] }) => ({
        name,
        types,
        because,
        hours: hours.map((each) => hoursLine(name, each, templates)),
      })),
    ],
    unclassified: [...types].filter((type) => !known(type)).sort(),
  };
}

/** What costs by use. */
function moving(templates: readonly PricedTemplate[], measured: Measured, repositories: number): CostLine[] {
  const { promotionsAMonth, retention } = assumptions;
  const scheduled = templates.flatMap(scheduledRuns);
  const runsOf = (wanted: (workflow: string) => boolean) =>
    scheduled.filter(({ workflow }) => workflow && wanted(workflow)).reduce((sum, { runs }) => sum + runs, 0);
  const nights = runsOf((workflow) => workflow.endsWith('image-retention'));
  const invoked = new Map<string, number>();
  const add = (name: string, runs: number) => invoked.set(name, (invoked.get(name) ?? 0) + runs);
  for (const { functionName, runs } of scheduled) if (functionName) add(functionName, runs);
  for (const [name, runs] of Object.entries(measured.invocations)) add(name, runs * promotionsAMonth);
  add('image-retention', nights * (retention.invocationsBesides + retention.invocationsARepository * repositories));
  let scheduledTransitions = nights * (retention.statesBesides + retention.statesARepository * repositories);
  for (const [name, { states, invocations: each }] of Object.entries(assumptions.scheduledWorkflows)) {
    const runs = runsOf((workflow) => workflow.endsWith(`-${name}`));
    add(name, runs * each);
    scheduledTransitions += runs * states;
  }
  const memory = memoryByFunction(templates);
  const invocations = [...invoked.values()].reduce((sum, runs) => sum + runs, 0);
  const gigabyteSeconds = [...invoked].reduce((sum, [name, runs]) => {
    const task = name.replace(/^.*?-((guard|watch)-primary)$/, '$1');
    const staying = assumptions.millisecondsOfStaying[task];
    const milliseconds = staying ?? measured.milliseconds[name] ?? assumptions.millisecondsOtherwise;
    return sum + (runs * milliseconds * (memory.get(name) ?? 512)) / 1024 / 1000;
  }, 0);
  const transitions = measured.promotion.transitions * promotionsAMonth + scheduledTransitions;
  const logBytes = invocations * measured.logBytesPerInvocation + transitions * measured.logBytesPerTransition;
  const scheduledInvocations = scheduled
    .filter(({ functionName }) => functionName)
    .reduce((sum, { runs }) => sum + runs, 0);
  // Where there is no standby, nobody guards and nobody watches.
  const minutes = scheduled.some(({ functionName }) => functionName?.endsWith('-guard-primary')) ? hoursAMonth * 60 : 0;
  const requests =
    minutes * assumptions.metricRequestsAMinute +
    measured.promotion.judgements * promotionsAMonth * assumptions.metricsAJudgement;
  const emails = measured.promotion.emails * promotionsAMonth + nights;
  return [
    line('Lambda', 'invocations', invocations, 'invocation'),
    line('Lambda', 'gigabyte-seconds', gigabyteSeconds, 'gigabyteSecond'),
    line('Step Functions', 'state transitions', transitions, 'transition'),
    line('CloudWatch', 'requests and metrics read', requests, 'cloudWatchRequest'),
    line('CloudWatch Logs', 'gigabytes taken in', logBytes / gigabyte, 'logGigabyte'),
    line('CloudWatch Logs', 'gigabytes kept', logBytes / gigabyte, 'logGigabyteKept'),
    line('KMS', 'requests', invocations * assumptions.keyRequestsAnInvocation, 'keyRequest'),
    line(
      'Secrets Manager',
      'requests',
      assumptions.secretRequestsAMonth + minutes * assumptions.secretRequestsAMinute,
      'secretRequest',
    ),
    line('SNS', 'emails', emails, 'email'),
    line('SQS', 'requests', assumptions.queueRequestsAMonth, 'queueRequest'),
    line('DynamoDB', 'writes', promotionsAMonth * 2 + minutes * assumptions.tableWritesAMinute, 'tableWrite'),
    line('DynamoDB', 'reads', minutes * assumptions.tableReadsAMinute, 'tableRead'),
    line('X-Ray', 'traces', assumptions.tracesAMonth, 'trace'),
    line('EventBridge', 'scheduled and AWS events, which are free', scheduledInvocations + nights),
  ];
}

const knownWorkflow = new RegExp(`-(image-retention|${Object.keys(assumptions.scheduledWorkflows).join('|')})$`);

interface ScheduledRun {
  readonly runs: number;
  readonly functionName?: string;
  /** Name of the state machine. */
  readonly workflow?: string;
}

/** Runs a month of each target of a rule with a schedule. */
function scheduledRuns(template: PricedTemplate): ScheduledRun[] {
  return resourcesOf(template).flatMap(({ Type, Properties = {} }): ScheduledRun[] => {
    const expression = Properties['ScheduleExpression'];
    if (Type !== 'AWS::Events::Rule' || typeof expression !== 'string') return [];
    const runs = runsAMonth(expression);
    return listOf(Properties['Targets']).map((target) => {
      const arn = (target as { Arn?: unknown }).Arn;
      const [logicalId] = ((arn as { 'Fn::GetAtt'?: string[] } | undefined)?.['Fn::GetAtt'] ?? []) as string[];
      const found = logicalId === undefined ? undefined : template.Resources?.[logicalId];
      if (found?.Type === 'AWS::Lambda::Function')
        return { runs, functionName: String(found.Properties?.['FunctionName']) };
      const name = found?.Properties?.['StateMachineName'] ?? /stateMachine:([\w-]+)/.exec(JSON.stringify(arn))?.[1];
      if (typeof name !== 'string' || !knownWorkflow.test(name)) {
        throw new RangeError(
          `The cost of a run of '${name}', which '${expression}' starts, is not known; add it to the assumptions in bin/cli/cost/control-plane.ts.`,
        );
      }
      return { runs, workflow: name };
    });
  });
}

/** `rate(5 minutes)`, or a cron expression of fixed minutes, fixed hours or each, of every day or of one weekday. Throws RangeError for another. */
export function runsAMonth(expression: string): number {
  const [, count, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  const hours = { minute: 1 / 60, hour: 1, day: 24 } as const;
  if (count && unit) return hoursAMonth / (Number(count) * hours[unit as keyof typeof hours]);
  const [, minutes = '', hoursOfDay = '', weekday] =
    /^cron\(([\d,]+) (\*|[\d,]+) [*?] \* (\?|\*|[A-Z]{3}) \*\)$/.exec(expression) ?? [];
  if (weekday !== undefined) {
    const hoursADay = hoursOfDay === '*' ? 24 : hoursOfDay.split(',').length;
    return ((hoursAMonth / 24) * minutes.split(',').length * hoursADay) / (/[A-Z]/.test(weekday) ? 7 : 1);
  }
  throw new RangeError(
    `The cost of the schedule '${expression}' is not known; add its kind to bin/cli/cost/control-plane.ts.`,
  );
}

function memoryByFunction(templates: readonly PricedTemplate[]): ReadonlyMap<string, number> {
  return new Map(
    templates
      .flatMap(resourcesOf)
      .filter(({ Type }) => Type === 'AWS::Lambda::Function')
      .map(({ Properties = {} }) => [String(Properties['FunctionName']), Number(Properties['MemorySize'] ?? 128)]),
  );
}
