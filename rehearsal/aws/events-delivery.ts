import { eventDeliveryMilliseconds } from './durations.ts';
import type { MetricSink, World } from './module.ts';
import {
  AwsError,
  NoAnswer,
  type OperationInput,
  type Principal,
  type SimulatedService,
  Unmodelled,
} from './service.ts';

/** A target as rules and schedules have it. */
export interface DeliveryTarget {
  readonly Arn: string;
  readonly RoleArn?: string;
  readonly RetryPolicy?: { readonly MaximumEventAgeInSeconds?: number; readonly MaximumRetryAttempts?: number };
  readonly DeadLetterConfig?: { readonly Arn?: string };
}

/** One event on its way to one target. */
export interface Delivery {
  readonly rule: { readonly name: string; readonly arn: string; readonly region: string };
  /** `events.amazonaws.com` or `scheduler.amazonaws.com`. */
  readonly service: string;
  readonly eventId: string;
  readonly detailType: string;
  readonly target: DeliveryTarget;
  /** The target's input; made anew at each attempt, and may throw AwsError. */
  payload(): string;
}

/** Refuses at deployment a target that could not be called. */
export function checkTarget(target: DeliveryTarget): void {
  callOf(target, '{}', '');
}

/**
 * Brings an event to its target, at least once: latency, the run's delivery faults, retries, the dead-letter queue.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-event-delivery.html
 */
export function deliver(world: World, delivery: Delivery): void {
  const { kernel, log } = world.account;
  const { rule, detailType } = delivery;
  const fault = world.faults.onDelivery(rule.name, detailType, rule.region);
  if (fault) log.write('fault.injected', { fault: fault.kind, on: `${rule.name}: ${detailType}` });
  if (fault?.kind === 'lost') return;
  const late = fault?.kind === 'late' ? fault.byMilliseconds : 0;
  const attempts = new DeliveryAttempts(world, delivery);
  kernel.after(eventDeliveryMilliseconds + late, `deliver ${rule.name}`, () => attempts.attempt());
  if (fault?.kind === 'duplicate') {
    const again = new DeliveryAttempts(world, delivery);
    kernel.after(eventDeliveryMilliseconds + fault.afterMilliseconds, `deliver ${rule.name} again`, () =>
      again.attempt(),
    );
  }
}

class DeliveryAttempts {
  readonly #world: World;
  readonly #delivery: Delivery;
  readonly #firstAt: number;
  #retries = 0;

  constructor(world: World, delivery: Delivery) {
    this.#world = world;
    this.#delivery = delivery;
    this.#firstAt = world.account.kernel.now();
  }

  async attempt(): Promise<void> {
    const { rule, target, detailType, eventId } = this.#delivery;
    const { account } = this.#world;
    try {
      const principal = this.#principal(target.RoleArn);
      const executionName = `${eventId}_${account.nextId('delivery', 'uuid')}`;
      const call = callOf(target, this.#delivery.payload(), executionName);
      await account.call({ ...call, principal, region: regionOf(target.Arn) });
      account.log.write('event.delivered', { rule: rule.name, target: target.Arn, detailType });
      this.#count('Invocations');
    } catch (error) {
      if (!(error instanceof AwsError) && !(error instanceof NoAnswer)) throw error;
      await this.#failed(error);
    }
  }

  /** The role that the rule names, which must trust the service; without one the service itself, judged by the target's policy. */
  #principal(roleArn: string | undefined): Principal {
    const { rule, service } = this.#delivery;
    if (roleArn === undefined) return { kind: 'service', service, sourceArn: rule.arn };
    this.#world.iam.assumeByService(roleArn, service, {
      'aws:SourceArn': rule.arn,
      'aws:SourceAccount': this.#world.account.account,
    });
    return { kind: 'role', roleArn, sessionName: rule.name.slice(0, 64) };
  }

  /**
   * Retries what may pass, 185 times or 24 hours unless the target says otherwise. Missing permissions and missing targets go
   * to the dead-letter queue at once. The growth of the back-off is assumed: 1 s doubled up to 60 s, each with full jitter.
   */
  async #failed(error: AwsError | NoAnswer): Promise<void> {
    const { kernel } = this.#world.account;
    const policy = this.#delivery.target.RetryPolicy ?? {};
    const mayPass =
      error instanceof NoAnswer || error.statusCode >= 500 || error.statusCode === 429 || /Thrott/.test(error.name);
    const ageSeconds = (kernel.now() - this.#firstAt) / 1000;
    const exhausted = !mayPass
      ? 'NonRetriable'
      : this.#retries >= (policy.MaximumRetryAttempts ?? 185)
        ? 'MaximumRetryAttempts'
        : ageSeconds >= (policy.MaximumEventAgeInSeconds ?? 86_400)
          ? 'MaximumEventAgeInSeconds'
          : undefined;
    if (exhausted !== undefined) {
      await this.#giveUp(error, exhausted);
      return;
    }
    const ceiling = Math.min(60_000, 1_000 * 2 ** this.#retries);
    this.#retries++;
    const wait = 1 + kernel.random('events/backoff').below(ceiling);
    kernel.after(wait, `deliver ${this.#delivery.rule.name}, retry ${this.#retries}`, () => this.attempt());
  }

  async #giveUp(error: Error, condition: string): Promise<void> {
    const { rule, target, service } = this.#delivery;
    // 'Includes successful and failed invocations, but doesn't include retried attempts until they fail permanently', eb-monitoring.
    this.#count('Invocations');
    this.#count('FailedInvocations');
    const queueArn = target.DeadLetterConfig?.Arn;
    if (queueArn === undefined) return;
    const attribute = (value: string) => ({ DataType: 'String', StringValue: value });
    // The scheduler sends dead letters under the schedule's role, EventBridge as itself under the queue's policy.
    const principal: Principal =
      service === 'scheduler.amazonaws.com'
        ? this.#principal(target.RoleArn)
        : { kind: 'service', service, sourceArn: rule.arn };
    const input = {
      QueueUrl: queueUrl(queueArn),
      MessageBody: textOr(() => this.#delivery.payload(), '{}'),
      MessageAttributes: {
        RULE_ARN: attribute(rule.arn),
        TARGET_ARN: attribute(target.Arn),
        ERROR_CODE: attribute(error.name),
        ERROR_MESSAGE: attribute(error.message),
        EXHAUSTED_RETRY_CONDITION: attribute(condition),
        RETRY_ATTEMPTS: attribute(String(this.#retries)),
      },
    };
    try {
      await this.#world.account.call({
        service: 'sqs',
        operation: 'SendMessage',
        input,
        principal,
        region: regionOf(queueArn),
      });
      this.#count('InvocationsSentToDlq');
    } catch (refusal) {
      if (!(refusal instanceof AwsError) && !(refusal instanceof NoAnswer)) throw refusal;
      this.#count('InvocationsFailedToBeSentToDlq');
    }
  }

  #count(name: string): void {
    const { rule, service } = this.#delivery;
    if (service === 'events.amazonaws.com') countRule(this.#world, rule, name);
  }
}

/** One more of a rule's metric. EventBridge sends none that is zero: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html */
export function countRule(world: World, rule: Delivery['rule'], name: string): void {
  world.account.service<SimulatedService & MetricSink>('cloudwatch').putMetric({
    namespace: 'AWS/Events',
    name,
    dimensions: { RuleName: rule.name },
    value: 1,
    unit: 'Count',
    region: rule.region,
  });
}

function callOf(
  target: DeliveryTarget,
  payload: string,
  executionName: string,
): { service: string; operation: string; input: OperationInput } {
  const [, , service, , , resource = ''] = target.Arn.split(':');
  if (service === 'states' && resource === 'stateMachine') {
    const input = { stateMachineArn: target.Arn, name: executionName, input: payload };
    return { service: 'states', operation: 'StartExecution', input };
  }
  if (service === 'lambda') {
    const input = { FunctionName: target.Arn, InvocationType: 'Event', Payload: payload };
    return { service: 'lambda', operation: 'Invoke', input };
  }
  if (service === 'sns') return { service, operation: 'Publish', input: { TopicArn: target.Arn, Message: payload } };
  if (service === 'sqs') {
    return { service, operation: 'SendMessage', input: { QueueUrl: queueUrl(target.Arn), MessageBody: payload } };
  }
  throw new Unmodelled(`the target ${target.Arn} is not modelled; state machines, functions, topics and queues are`);
}

function queueUrl(arn: string): string {
  const [, , , region, account, name] = arn.split(':');
  return `https://sqs.${region}.amazonaws.com/${account}/${name}`;
}

function regionOf(arn: string): string {
  return arn.split(':')[3] ?? '';
}

function textOr(make: () => string, otherwise: string): string {
  try {
    return make();
  } catch {
    return otherwise;
  }
}
