import type { AlarmStateValue, MetricAlarm } from './cloudwatch-alarm.ts';
import { metricAlarmMembers, readHead, readMetricAlarm } from './cloudwatch-alarm-input.ts';
import { AlarmBook, type AlarmWithoutData } from './cloudwatch-alarms.ts';
import { parseAlarmRule } from './cloudwatch-composite.ts';
import { type KeptDashboard, readDashboard } from './cloudwatch-dashboards.ts';
import { type Distribution, distributionOf } from './cloudwatch-distribution.ts';
import { type MetricIdentity, MetricStore, type MetricTimes } from './cloudwatch-metrics.ts';
import { describeAlarms, getMetricData, listMetrics, readDatum } from './cloudwatch-operations.ts';
import { readMetric } from './cloudwatch-query.ts';
import { AlarmTags, tagOperations } from './cloudwatch-tags.ts';
import type { CreateModule, MetricSink, MetricValue } from './module.ts';
import {
  type AccountServices,
  type AuthorisationRequest,
  AwsError,
  type CallContext,
  type DeployedResource,
  type Operation,
  type OperationInput,
  type ResourceProvider,
  type ResourceRequest,
  type SimulatedService,
} from './service.ts';

/** The simulated CloudWatch of all regions: metrics, metric math, alarms. */
export class CloudWatch implements SimulatedService, MetricSink {
  readonly id = 'cloudwatch';
  readonly metrics: MetricStore;
  readonly alarms: AlarmBook;
  readonly tags = new AlarmTags();
  readonly dashboards: KeptDashboard[] = [];
  readonly operations: Readonly<Record<string, Operation>>;
  readonly providers: readonly ResourceProvider[];
  readonly #services: AccountServices;

  constructor(services: AccountServices) {
    this.#services = services;
    this.metrics = new MetricStore(() => services.kernel.now());
    this.alarms = new AlarmBook(services, this.metrics);
    const exists = (arn: string, { region }: CallContext): boolean =>
      this.alarms.list(region).some(({ alarm }) => alarm.arn === arn);
    this.operations = {
      ...this.#metricOperations(),
      ...this.#alarmOperations(),
      ...tagOperations(this.tags, exists),
    };
    this.providers = this.#createProviders();
  }

  /** One observation at the present time, visible at once. */
  putMetric(value: MetricValue): void {
    this.metrics.putDistribution(value.region, value, distributionOf([[value.value, 1]]));
  }

  /**
   * What was seen in the minute of `times.at`, visible from `times.visibleAt` on. A load balancer publishes a closed minute:
   * `visibleAt` = end of the minute + `loadBalancerMetricDelayMilliseconds`; counts that are 0 are not published.
   */
  putDistribution(region: string, metric: MetricIdentity, distribution: Distribution, times: MetricTimes = {}): void {
    this.metrics.putDistribution(region, metric, distribution, times);
  }

  /** Metric alarms of the region of which no metric got a data point for a time at or after `sinceMilliseconds`. */
  alarmsWithoutData(region: string, sinceMilliseconds: number): AlarmWithoutData[] {
    return this.alarms.withoutData(region, sinceMilliseconds);
  }

  #metricOperations(): Record<string, Operation> {
    return {
      GetMetricData: {
        inputs: ['MetricDataQueries', 'StartTime', 'EndTime', 'ScanBy'],
        authorise: () => [{ action: 'cloudwatch:GetMetricData', resources: ['*'] }],
        run: (input, context) => getMetricData(this.metrics, input, context),
      },
      PutMetricData: {
        inputs: ['Namespace', 'MetricData'],
        authorise: (input) => [
          {
            action: 'cloudwatch:PutMetricData',
            resources: ['*'],
            conditions: { 'cloudwatch:namespace': String(input['Namespace']) },
          },
        ],
        run: (input, context) => {
          if (String(input['Namespace']).startsWith('AWS/')) {
            throw new AwsError('InvalidParameterValueException', 'The value AWS/ for parameter Namespace is invalid.');
          }
          for (const datum of input['MetricData'] ?? []) {
            const metric = readMetric({ ...datum, Namespace: input['Namespace'] });
            const { distribution, at } = readDatum(datum);
            this.putDistribution(context.region, metric, distribution, at === undefined ? {} : { at });
          }
          return {};
        },
      },
      ListMetrics: {
        inputs: ['Namespace', 'MetricName', 'Dimensions', 'NextToken'],
        authorise: () => [{ action: 'cloudwatch:ListMetrics', resources: ['*'] }],
        run: (input, context) => listMetrics(this.metrics, input, context),
      },
    };
  }

  #alarmOperations(): Record<string, Operation> {
    return {
      PutMetricAlarm: {
        inputs: metricAlarmMembers,
        authorise: (input, context) => authorisePut(input, context),
        run: (input, context) => {
          const alarm = readMetricAlarm(input, { ...context, now: this.#services.kernel.now() });
          // 'To update the tags of an existing alarm, use TagResource', API_PutMetricAlarm
          if (!this.alarms.get(alarm.region, alarm.name)) this.tags.put(alarm.arn, input['Tags']);
          this.alarms.put(alarm);
          return {};
        },
      },
      DescribeAlarms: {
        inputs: ['AlarmNames', 'AlarmNamePrefix', 'AlarmTypes', 'StateValue', 'MaxRecords', 'NextToken'],
        // Names do not narrow the resource; composite alarms need `*`:
        // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/permissions-reference-cw.html
        authorise: (input, context) => [
          {
            action: 'cloudwatch:DescribeAlarms',
            resources: (input['AlarmTypes'] ?? []).includes('CompositeAlarm') ? ['*'] : [alarmArn(context, '*')],
          },
        ],
        run: (input, context) => describeAlarms(this.alarms, input, context),
      },
      DeleteAlarms: {
        inputs: ['AlarmNames'],
        authorise: (input, context) => [
          {
            action: 'cloudwatch:DeleteAlarms',
            resources: (input['AlarmNames'] ?? []).map((name: string) => alarmArn(context, name)),
          },
        ],
        run: (input, context) => {
          const missing = input['AlarmNames'].filter((name: string) => !this.alarms.get(context.region, name));
          // 'If you specify an incorrect alarm name or make any other error, no alarms are deleted', API_DeleteAlarms
          if (missing.length > 0) throw new AwsError('ResourceNotFound', `Unknown alarms: ${missing.join(', ')}`, 404);
          for (const name of input['AlarmNames']) this.alarms.delete(context.region, name);
          return {};
        },
      },
      SetAlarmState: {
        inputs: ['AlarmName', 'StateValue', 'StateReason', 'StateReasonData'],
        authorise: (input, context) => [
          { action: 'cloudwatch:SetAlarmState', resources: [alarmArn(context, input['AlarmName'])] },
        ],
        run: (input, context) => {
          const { AlarmName: name, StateValue: value, StateReason: reason, StateReasonData: data } = input;
          if (!this.alarms.get(context.region, name))
            throw new AwsError('ResourceNotFound', `Unknown alarm: ${name}`, 404);
          this.alarms.change(context.region, name, value as AlarmStateValue, String(reason), data);
          return {};
        },
      },
    };
  }

  #createProviders(): ResourceProvider[] {
    const nameOf = (request: ResourceRequest) =>
      String(
        request.properties['AlarmName'] ??
          `${request.stackName}-${request.logicalId}-${this.#services.nextId('alarm', 'alnum13')}`,
      );
    return [
      {
        type: 'AWS::CloudWatch::Alarm',
        modelled: metricAlarmMembers,
        inert: {},
        create: (request) => {
          const place = { ...request, now: this.#services.kernel.now() };
          const alarm: MetricAlarm = readMetricAlarm({ ...request.properties, AlarmName: nameOf(request) }, place);
          this.alarms.put(alarm);
          this.tags.put(alarm.arn, request.properties['Tags']);
          return deployed(alarm.name, alarm.arn);
        },
      },
      {
        type: 'AWS::CloudWatch::CompositeAlarm',
        modelled: [
          'AlarmName',
          'AlarmDescription',
          'ActionsEnabled',
          'OKActions',
          'AlarmActions',
          'InsufficientDataActions',
          'AlarmRule',
        ],
        inert: { Tags: 'tags of alarms play no part in a rehearsal' },
        create: (request) => {
          const place = { ...request, now: this.#services.kernel.now() };
          const head = readHead({ ...request.properties, AlarmName: nameOf(request) }, place);
          const ruleText = String(request.properties['AlarmRule']);
          parseAlarmRule(ruleText);
          this.alarms.put({ kind: 'composite', ...head, ruleText });
          return deployed(head.name, head.arn);
        },
      },
      {
        type: 'AWS::CloudWatch::Dashboard',
        modelled: ['DashboardName', 'DashboardBody'],
        inert: { Tags: 'tags of dashboards play no part in a rehearsal' },
        create: (request) => {
          const { dashboard, resource } = readDashboard(request);
          // 'All dashboards in your account are global, not region-specific', API_PutDashboard: a second one would overwrite the first.
          if (this.dashboards.some(({ name }) => name === dashboard.name)) {
            throw new AwsError(
              'AlreadyExists',
              `The account has a dashboard '${dashboard.name}' already, in one region or another.`,
            );
          }
          this.dashboards.push(dashboard);
          return resource;
        },
      },
    ];
  }
}

/** CloudWatch as a module of the simulated world. */
export const createCloudWatch: CreateModule = ({ account }) => {
  const cloudWatch = new CloudWatch(account);
  return { services: [cloudWatch], providers: cloudWatch.providers };
};

function deployed(name: string, arn: string): DeployedResource {
  return { ref: name, attributes: { Arn: arn } };
}

function alarmArn(context: CallContext, name: string): string {
  return `arn:aws:cloudwatch:${context.region}:${context.account}:alarm:${name}`;
}

/** Condition keys: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html */
function authorisePut(input: OperationInput, context: CallContext): AuthorisationRequest[] {
  const resources = [alarmArn(context, String(input['AlarmName']))];
  const actions = [
    ...(input['OKActions'] ?? []),
    ...(input['AlarmActions'] ?? []),
    ...(input['InsufficientDataActions'] ?? []),
  ];
  const conditions = actions.length === 0 ? {} : { 'cloudwatch:AlarmActions': actions };
  const tags: { Key: string; Value: string }[] = input['Tags'] ?? [];
  const tagConditions = Object.fromEntries(tags.map((tag) => [`aws:RequestTag/${tag.Key}`, tag.Value]));
  const put = { action: 'cloudwatch:PutMetricAlarm', resources, conditions: { ...conditions, ...tagConditions } };
  // 'To use this with Tags you must also have the cloudwatch:TagResource permission', API_PutMetricAlarm
  return tags.length === 0 ? [put] : [put, { action: 'cloudwatch:TagResource', resources, conditions: tagConditions }];
}
