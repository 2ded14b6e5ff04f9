import { free, platforms } from './classes.ts';
import { prices } from './prices.ts';

/** A template, as far as its cost goes. */
export interface PricedTemplate {
  readonly Resources?: Readonly<
    Record<string, { readonly Type: string; readonly Properties?: Readonly<Record<string, unknown>> }>
  >;
}

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

/** What nobody can measure from the app. */
export const assumptions = {
  promotionsAMonth: 30,
  /** Of a function that the rehearsal did not run. */
  millisecondsOtherwise: 1_000,
  /** Each night: three states and four a repository; two invocations and two a repository. */
  retention: { statesBesides: 3, statesARepository: 4, invocationsBesides: 2, invocationsARepository: 2 },
  metricsAJudgement: 12,
  /** The function's settings are decrypted, a secret or a topic's key is used. */
  keyRequestsAnInvocation: 2,
  secretRequestsAScheduledRun: 1,
  queueRequestsAMonth: 1_000,
  tracesAMonth: 10_000,
} as const;

export interface CostLine {
  readonly service: string;
  readonly what: string;
  readonly quantity: number;
  readonly dollars: number;
}

export interface Cost {
  readonly lines: readonly CostLine[];
  readonly byService: Readonly<Record<string, number>>;
  readonly totalDollars: number;
  /** Step Functions and Lambda. */
  readonly workflowsAndFunctionsDollars: number;
  readonly notCounted: readonly { readonly types: readonly string[]; readonly because: string }[];
  /** Types that the table of classes does not know: their cost is missing. */
  readonly unclassified: readonly string[];
}

const hoursAMonth = 730;
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
  const lines = [...fixed(templates, options.keptAlarmMetrics), ...moving(templates, measured, options.repositories)];
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
  ];
  const known = (type: string) =>
    priced.includes(type) ||
    free.includes(type) ||
    platforms.some((each) => each.types.some((start) => type.startsWith(start)));
  return {
    lines,
    byService: Object.fromEntries(Object.entries(byService).map(([service, dollars]) => [service, cents(dollars)])),
    totalDollars: cents(lines.reduce((sum, { dollars }) => sum + dollars, 0)),
    workflowsAndFunctionsDollars: cents((byService['Step Functions'] ?? 0) + (byService['Lambda'] ?? 0)),
    notCounted: platforms,
    unclassified: [...types].filter((type) => !known(type)).sort(),
  };
}

/** What costs the same whatever happens. */
function fixed(templates: readonly PricedTemplate[], keptAlarmMetrics: number): CostLine[] {
  const all = templates.flatMap(resourcesOf);
  const count = (type: string) => all.filter(({ Type }) => Type === type).length;
  const secrets = all
    .filter(({ Type }) => Type === 'AWS::SecretsManager::Secret')
    .reduce((sum, { Properties }) => sum + 1 + listOf(Properties?.['ReplicaRegions']).length, 0);
  const alarmMetrics = all
    .filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm')
    .reduce((sum, { Properties }) => sum + metricsOf(Properties?.['Metrics']), 0);
  return [
    line('KMS', 'keys', count('AWS::KMS::Key') + count('AWS::KMS::ReplicaKey'), prices.key.dollars),
    line('Secrets Manager', 'secrets and replicas', secrets, prices.secret.dollars),
    line('CloudWatch', 'alarm metrics of the templates', alarmMetrics, prices.alarmMetric.dollars),
    line('CloudWatch', 'alarm metrics that keep-alarms puts', keptAlarmMetrics, prices.alarmMetric.dollars),
    line('CloudWatch', 'dashboards', count('AWS::CloudWatch::Dashboard'), prices.dashboard.dollars),
    line('CloudWatch', 'custom metrics from logs', count('AWS::Logs::MetricFilter'), prices.customMetric.dollars),
  ];
}

/** What costs by use. */
function moving(templates: readonly PricedTemplate[], measured: Measured, repositories: number): CostLine[] {
  const { promotionsAMonth, retention } = assumptions;
  const scheduled = templates.flatMap(scheduledRuns);
  const nights = scheduled.filter(({ stateMachine }) => stateMachine).reduce((sum, { runs }) => sum + runs, 0);
  const invoked = new Map<string, number>();
  const add = (name: string, runs: number) => invoked.set(name, (invoked.get(name) ?? 0) + runs);
  for (const { functionName, runs } of scheduled) if (functionName) add(functionName, runs);
  for (const [name, runs] of Object.entries(measured.invocations)) add(name, runs * promotionsAMonth);
  add('image-retention', nights * (retention.invocationsBesides + retention.invocationsARepository * repositories));
  const memory = memoryByFunction(templates);
  const invocations = [...invoked.values()].reduce((sum, runs) => sum + runs, 0);
  const gigabyteSeconds = [...invoked].reduce((sum, [name, runs]) => {
    const milliseconds = measured.milliseconds[name] ?? assumptions.millisecondsOtherwise;
    return sum + (runs * milliseconds * (memory.get(name) ?? 512)) / 1024 / 1000;
  }, 0);
  const transitions =
    measured.promotion.transitions * promotionsAMonth +
    nights * (retention.statesBesides + retention.statesARepository * repositories);
  const logBytes = invocations * measured.logBytesPerInvocation + transitions * measured.logBytesPerTransition;
  const scheduledInvocations = scheduled
    .filter(({ functionName }) => functionName)
    .reduce((sum, { runs }) => sum + runs, 0);
  const requests =
    scheduledInvocations + measured.promotion.judgements * promotionsAMonth * assumptions.metricsAJudgement;
  const emails = measured.promotion.emails * promotionsAMonth + nights;
  return [
    line('Lambda', 'invocations', invocations, prices.invocation.dollars),
    line('Lambda', 'gigabyte-seconds', gigabyteSeconds, prices.gigabyteSecond.dollars),
    line('Step Functions', 'state transitions', transitions, prices.transition.dollars),
    line('CloudWatch', 'requests and metrics read', requests, prices.cloudWatchRequest.dollars),
    line('CloudWatch Logs', 'gigabytes taken in', logBytes / gigabyte, prices.logGigabyte.dollars),
    line('CloudWatch Logs', 'gigabytes kept', logBytes / gigabyte, prices.logGigabyteKept.dollars),
    line('KMS', 'requests', invocations * assumptions.keyRequestsAnInvocation, prices.keyRequest.dollars),
    line(
      'Secrets Manager',
      'requests',
      scheduledInvocations * assumptions.secretRequestsAScheduledRun,
      prices.secretRequest.dollars,
    ),
    line('SNS', 'emails', emails, prices.email.dollars),
    line('SQS', 'requests', assumptions.queueRequestsAMonth, prices.queueRequest.dollars),
    line('DynamoDB', 'writes', promotionsAMonth * 2, prices.tableWrite.dollars),
    line('X-Ray', 'traces', assumptions.tracesAMonth, prices.trace.dollars),
    line('EventBridge', 'scheduled and AWS events, which are free', scheduledInvocations + nights, 0),
  ];
}

interface ScheduledRun {
  readonly runs: number;
  readonly functionName?: string;
  readonly stateMachine?: true;
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
      return { runs, stateMachine: true };
    });
  });
}

/** `rate(5 minutes)`, or a cron expression of fixed minutes and hours of every day. Throws RangeError for another. */
export function runsAMonth(expression: string): number {
  const [, count, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  const hours = { minute: 1 / 60, hour: 1, day: 24 } as const;
  if (count && unit) return hoursAMonth / (Number(count) * hours[unit as keyof typeof hours]);
  const [, minutes = '', hoursOfDay = '', days] =
    /^cron\(([\d,]+) ([\d,]+) (\*|\?) \* (?:\?|\*) \*\)$/.exec(expression) ?? [];
  if (days !== undefined) return (hoursAMonth / 24) * minutes.split(',').length * hoursOfDay.split(',').length;
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

/** An alarm on one metric is one; on an expression, as many as it reads. */
function metricsOf(metrics: unknown): number {
  return Math.max(1, listOf(metrics).filter((metric) => (metric as { MetricStat?: unknown }).MetricStat).length);
}

function resourcesOf(template: PricedTemplate) {
  return Object.values(template.Resources ?? {});
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function line(service: string, what: string, quantity: number, dollarsEach: number): CostLine {
  return {
    service,
    what,
    quantity: Math.round(quantity * 1000) / 1000,
    dollars: Math.round(quantity * dollarsEach * 10_000) / 10_000,
  };
}

function cents(dollars: number): number {
  return Math.round(dollars * 100) / 100;
}
