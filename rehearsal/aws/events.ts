import { generatedName } from '../iam/index.ts';
import { checkTarget, countRule, type DeliveryTarget, deliver } from './events-delivery.ts';
import { type TargetInput, targetInput } from './events-input.ts';
import { checkPattern, matchesPattern } from './events-pattern.ts';
import { type Schedule, scheduleOf } from './events-schedule.ts';
import { assertModelled } from './modelled.ts';
import type { EventBus, ServiceEvent, ServiceModule, World } from './module.ts';
import {
  AwsError,
  type CallContext,
  type Operation,
  type OperationInput,
  type ResourceProvider,
  type ResourceRequest,
  type SimulatedService,
  Unmodelled,
} from './service.ts';

interface RuleTarget extends DeliveryTarget, TargetInput {
  readonly Id: string;
}

interface Rule {
  readonly name: string;
  readonly arn: string;
  readonly region: string;
  readonly pattern?: unknown;
  readonly schedule?: Schedule;
  readonly targets: readonly RuleTarget[];
  enabled: boolean;
}

const targetMembers = [
  'Id',
  'Arn',
  'RoleArn',
  'Input',
  'InputPath',
  'InputTransformer',
  'RetryPolicy',
  'DeadLetterConfig',
];

/** The simulated EventBridge: the default bus of every region, its rules, and their schedules. */
export class EventsService implements SimulatedService, EventBus {
  readonly id = 'events';
  readonly operations: Readonly<Record<string, Operation>>;
  readonly #world: World;
  readonly #rules: Rule[] = [];

  constructor(world: World) {
    this.#world = world;
    this.operations = {
      PutEvents: {
        inputs: ['Entries'],
        authorise: (input, { region, account }) => [
          {
            action: 'events:PutEvents',
            resources: [`arn:aws:events:${region}:${account}:event-bus/default`],
            conditions: sources(input),
          },
        ],
        run: (input, context) => this.#putEvents(input, context),
      },
      DisableRule: this.#switching('DisableRule', false),
      EnableRule: this.#switching('EnableRule', true),
      DescribeRule: {
        inputs: ['Name'],
        authorise: (input, context) => [
          { action: 'events:DescribeRule', resources: [ruleArn(String(input['Name']), context)] },
        ],
        run: (input, context) => {
          const rule = this.#rule(input, context);
          return {
            Name: rule.name,
            Arn: rule.arn,
            State: rule.enabled ? 'ENABLED' : 'DISABLED',
            EventBusName: 'default',
          };
        },
      },
    };
  }

  /** Rules that fire by the clock, as they stand. */
  get scheduled(): readonly { readonly name: string; readonly region: string; readonly enabled: boolean }[] {
    return this.#rules
      .filter(({ schedule }) => schedule)
      .map(({ name, region, enabled }) => ({ name, region, enabled }));
  }

  publish({ source, detailType, detail, resources, region }: ServiceEvent): void {
    const event = {
      version: '0',
      id: this.#world.account.nextId('event', 'uuid'),
      'detail-type': detailType,
      source,
      account: this.#world.account.account,
      // Whole seconds: https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html
      time: `${new Date(this.#world.account.kernel.now()).toISOString().slice(0, 19)}Z`,
      region,
      resources,
      detail,
    };
    for (const rule of this.#rules) {
      if (rule.enabled && rule.region === region && rule.pattern && matchesPattern(rule.pattern, event)) {
        this.#deliverAll(rule, event);
      }
    }
  }

  /** A schedule counts from the rule's creation, in the midst of a deployment as well. */
  addRule(rule: Rule): void {
    this.#rules.push(rule);
    if (rule.schedule) this.#scheduleNext(rule, rule.schedule);
  }

  #scheduleNext(rule: Rule, schedule: Schedule): void {
    const { kernel } = this.#world.account;
    const at = schedule(kernel.now());
    if (at === undefined) return;
    kernel.at(at, `schedule ${rule.name}`, () => {
      if (rule.enabled) this.#fire(rule);
      this.#scheduleNext(rule, schedule);
    });
  }

  #fire(rule: Rule): void {
    this.#deliverAll(rule, {
      version: '0',
      id: this.#world.account.nextId('event', 'uuid'),
      'detail-type': 'Scheduled Event',
      source: 'aws.events',
      account: this.#world.account.account,
      time: `${new Date(this.#world.account.kernel.now()).toISOString().slice(0, 19)}Z`,
      region: rule.region,
      resources: [rule.arn],
      detail: {},
    });
  }

  #deliverAll(rule: Rule, event: Readonly<Record<string, unknown>>): void {
    if (rule.pattern) countRule(this.#world, rule, 'MatchedEvents');
    countRule(this.#world, rule, 'TriggeredRules');
    for (const target of rule.targets) {
      deliver(this.#world, {
        rule,
        service: 'events.amazonaws.com',
        eventId: String(event['id']),
        detailType: String(event['detail-type']),
        target,
        payload: () => targetInput(target, event, rule),
      });
    }
  }

  #putEvents(input: OperationInput, { region }: CallContext): OperationInput {
    const entries = (input['Entries'] as OperationInput[]).map((entry) => {
      assertModelled(
        entry,
        ['Source', 'DetailType', 'Detail', 'Resources', 'EventBusName'],
        'events:PutEvents Entries',
      );
      const fault = entryFault(entry);
      if (fault) return fault;
      this.publish({
        source: String(entry['Source']),
        detailType: String(entry['DetailType']),
        detail: JSON.parse(String(entry['Detail'])) as Record<string, unknown>,
        resources: (entry['Resources'] as string[] | undefined) ?? [],
        region,
      });
      return { EventId: this.#world.account.nextId('event', 'uuid') };
    });
    return { Entries: entries, FailedEntryCount: entries.filter((entry) => 'ErrorCode' in entry).length };
  }

  #switching(name: string, enabled: boolean): Operation {
    return {
      inputs: ['Name'],
      authorise: (input, context) => [
        { action: `events:${name}`, resources: [ruleArn(String(input['Name']), context)] },
      ],
      run: (input, context) => {
        this.#rule(input, context).enabled = enabled;
        return {};
      },
    };
  }

  #rule(input: OperationInput, { region }: CallContext): Rule {
    const rule = this.#rules.find((candidate) => candidate.name === input['Name'] && candidate.region === region);
    if (rule) return rule;
    throw new AwsError('ResourceNotFoundException', `Rule ${input['Name']} does not exist on EventBus default.`);
  }
}

/** The EventBridge module: the service and AWS::Events::Rule. */
export function createEvents(world: World): ServiceModule {
  const service = new EventsService(world);
  const provider: ResourceProvider = {
    type: 'AWS::Events::Rule',
    modelled: ['Name', 'EventPattern', 'ScheduleExpression', 'State', 'Targets', 'EventBusName'],
    inert: { Description: 'a text for people', Tags: 'tags change nothing that runs' },
    create(request) {
      const rule = ruleOf(request);
      service.addRule(rule);
      return { ref: rule.name, attributes: { Arn: rule.arn } };
    },
  };
  return { services: [service], providers: [provider] };
}

function ruleOf(request: ResourceRequest): Rule {
  const { properties, region } = request;
  const name = String(properties['Name'] ?? generatedName(request, 64));
  const bus = String(properties['EventBusName'] ?? 'default');
  if (bus !== 'default')
    throw new Unmodelled(`the rule lies on the event bus '${bus}'; the default bus alone is modelled`);
  const pattern = properties['EventPattern'];
  if (pattern !== undefined) checkPattern(pattern);
  const expression = properties['ScheduleExpression'];
  const targets = (properties['Targets'] ?? []) as RuleTarget[];
  for (const target of targets) {
    assertModelled(target, targetMembers, `a target of the rule ${name}`);
    checkTarget(target);
  }
  return {
    name,
    arn: ruleArn(name, { region, account: request.account }),
    region,
    ...(pattern === undefined ? {} : { pattern }),
    ...(expression === undefined ? {} : { schedule: scheduleOf(String(expression)) }),
    targets,
    enabled: properties['State'] !== 'DISABLED',
  };
}

function ruleArn(name: string, { region, account }: { readonly region: string; readonly account: string }): string {
  return `arn:aws:events:${region}:${account}:rule/${name}`;
}

function sources(input: OperationInput): Record<string, string[]> {
  const entries = (input['Entries'] ?? []) as OperationInput[];
  const texts = (member: string): string[] =>
    entries.map((entry) => entry[member]).filter((value) => typeof value === 'string');
  return { 'events:source': texts('Source'), 'events:detail-type': texts('DetailType') };
}

/** Why one entry is refused, in the words of recorded answers; the others of the call go through. */
function entryFault(entry: OperationInput): OperationInput | undefined {
  for (const member of ['Source', 'DetailType', 'Detail']) {
    if (typeof entry[member] === 'string' && entry[member] !== '') continue;
    return {
      ErrorCode: 'InvalidArgument',
      ErrorMessage: `Parameter ${member} is not valid. Reason: ${member} is a required argument.`,
    };
  }
  if (String(entry['Source']).startsWith('aws.')) {
    return { ErrorCode: 'NotAuthorizedForSourceException', ErrorMessage: 'Not authorized for the source.' };
  }
  try {
    JSON.parse(String(entry['Detail']));
  } catch {
    return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
  }
  return undefined;
}
