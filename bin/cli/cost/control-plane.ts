import { type FixedHours, free, platforms } from './classes.ts';
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
  /** Those that stay: 110 s a minute in the region that reigns, 70 s in the one that stands by, and nothing in the other. Half, for each region's runs. */
  millisecondsOfStaying: { 'guard-primary': 55_000, 'watch-primary': 35_000 } as Readonly<Record<string, number>>,
  /** Each night: three states and four a repository; two invocations and two a repository. */
  retention: { statesBesides: 3, statesARepository: 4, invocationsBesides: 2, invocationsARepository: 2 },
  /**
   * States and invocations of a scheduled run, counted off the workflows for one database and not yet measured in a rehearsal; the mean of both
   * regions, of which one takes sets and the other one sees that it need not. Tests take turns: one region's run begins, the other's does nothing.
   */
  scheduledWorkflows: {
    'hourly-backup': { states: 40, invocations: 13 },
    'restore-test': { states: 40, invocations: 20 },
  },
  metricsAJudgement: 12,
  /** The function's settings are decrypted, a secret or a topic's key is used. */
  keyRequestsAnInvocation: 2,
  /**
   * By functions; pods that mount their secrets are the platform's. Nearly all the watchdog's, 2,920 times a month: of three secrets it describes
   * and reads each with its superuser's, in the standby it describes them twice.
   */
  secretRequestsAMonth: 45_000,
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
    'AWS::Route53::HealthCheck',
  ];
  const known = (type: string) =>
    priced.includes(type) ||
    free.includes(type) ||
    platforms.some((each) => each.types.some((start) => type.startsWith(start)));
  const totalDollars = cents(lines.reduce((sum, { dollars }) => sum + dollars, 0));
  const rotation = keysOf(templates) * prices.keyRotation.dollars;
  return {
    lines,
    byService: Object.fromEntries(Object.entries(byService).map(([service, dollars]) => [service, cents(dollars)])),
    totalDollars,
    workflowsAndFunctionsDollars: cents((byService['Step Functions'] ?? 0) + (byService['Lambda'] ?? 0)),
    later: { secondYearDollars: cents(totalDollars + rotation), thirdYearDollars: cents(totalDollars + 2 * rotation) },
    beside: platforms.map(({ name, types, because, hours = [] }) => ({
      name,
      types,
      because,
      hours: hours.map((each) => hoursLine(name, each, templates)),
    })),
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
    line('KMS', 'keys', keysOf(templates), prices.key.dollars),
    line('Secrets Manager', 'secrets and replicas', secrets, prices.secret.dollars),
    line('CloudWatch', 'alarm metrics of the templates', alarmMetrics, prices.alarmMetric.dollars),
    line('CloudWatch', 'alarm metrics that keep-alarms puts', keptAlarmMetrics, prices.alarmMetric.dollars),
    line('CloudWatch', 'dashboards', count('AWS::CloudWatch::Dashboard'), prices.dashboard.dollars),
    line('CloudWatch', 'custom metrics from logs', count('AWS::Logs::MetricFilter'), prices.customMetric.dollars),
    line('Route 53', 'health checks', count('AWS::Route53::HealthCheck'), prices.healthCheck.dollars),
  ];
}

function keysOf(templates: readonly PricedTemplate[]): number {
  return templates
    .flatMap(resourcesOf)
    .filter(({ Type }) => Type === 'AWS::KMS::Key' || Type === 'AWS::KMS::ReplicaKey').length;
}

function hoursLine(
  name: string,
  { what, type, price, units }: FixedHours,
  templates: readonly PricedTemplate[],
): CostLine {
  const quantity = templates
    .flatMap(resourcesOf)
    .filter(({ Type }) => Type === type)
    .reduce((sum, { Properties = {} }) => sum + (units?.(Properties) ?? 1), 0);
  return line(name, what, quantity, prices[price].dollars * hoursAMonth);
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
    line('Secrets Manager', 'requests', assumptions.secretRequestsAMonth, prices.secretRequest.dollars),
    line('SNS', 'emails', emails, prices.email.dollars),
    line('SQS', 'requests', assumptions.queueRequestsAMonth, prices.queueRequest.dollars),
    line('DynamoDB', 'writes', promotionsAMonth * 2, prices.tableWrite.dollars),
    line('X-Ray', 'traces', assumptions.tracesAMonth, prices.trace.dollars),
    line('EventBridge', 'scheduled and AWS events, which are free', scheduledInvocations + nights, 0),
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
