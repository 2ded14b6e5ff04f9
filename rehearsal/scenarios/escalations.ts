import {
  acknowledgedByTag,
  alarmName,
  environmentName,
  stateMachineName,
  topicName,
  watchingAlarmName,
} from '../../domain/names.ts';
import type { Platform } from '../../platforms/schema.ts';
import { ScenarioNotPossible } from '../errors.ts';
import type { GrantLedgerRecord } from '../iam/index.ts';
import type { EventLog } from '../kernel/log.ts';
import { createRehearsal, type Rehearsal } from '../rehearsal.ts';
import { Engineer } from './engineer.ts';

export interface EscalationsRequest {
  readonly platform: Platform;
  readonly seed: number;
  readonly assemblyDirectory: string;
}

/** One alarm that rang, and what became of it. */
export interface RungAlarm {
  readonly region: string;
  readonly alarm: string;
  /** Whether the answer that somebody gave for its last firing still stands on it. */
  readonly oldAnswerStands: boolean;
}

export interface EscalationsRun {
  readonly log: EventLog;
  readonly rung: readonly RungAlarm[];
  /** `alarm outcome` of each escalation that has ended. */
  readonly endings: readonly string[];
  /** Which granted rights were needed: merged over scenarios it shows those that none needs. */
  readonly grants: GrantLedgerRecord;
}

const startsAt = Date.UTC(2026, 10, 2, 8, 0, 0);
/** Until the alarms have been evaluated once, and a message in a queue has been seen. */
const settleSeconds = 180;
/** A quarter of an hour for an answer, and the minutes around it. */
const answerSeconds = 20 * 60;

/**
 * In each region an alarm of the control plane and one of a service ring. Somebody had answered for an earlier firing of both; this time
 * nobody answers. Throws ScenarioNotPossible.
 */
export async function rehearseEscalations(request: EscalationsRequest): Promise<EscalationsRun> {
  const { platform, seed, assemblyDirectory } = request;
  // No alarms are kept on a service without a route: this one stays as it is put here.
  const service = platform.services.find(({ route }) => !route)?.name;
  if (!service)
    throw new ScenarioNotPossible(`'${platform.name}' has no service without a route for an alarm of its own.`);
  // Everything is deployed: the alarm of a schedule that is left out would ring as well.
  const rehearsal = await createRehearsal({ assemblyDirectory, seed, startsAt, functionsKeepNothing: true });
  const { log, kernel, iam } = rehearsal;
  const environment = environmentName(platform.name, 'production');
  const pass = (seconds: number) => kernel.run({ until: kernel.now() + seconds * 1000 });
  const { primary, standby } = platform.regions;
  const regions = [primary.name, ...(standby ? [standby.name] : [])];
  const people = regions.map((region) => new Person(rehearsal, region, environment));
  await pass(settleSeconds);
  const queueAlarm = watchingAlarmName(environment, 'undelivered-escalations');
  const serviceAlarm = alarmName({ environment, service, scope: 'all', signal: 'errors' });
  for (const person of people) {
    await person.putServiceAlarm(serviceAlarm);
    for (const alarm of [queueAlarm, serviceAlarm]) await person.answerFor(alarm);
    await person.leaveUndelivered(`mainstay-${environment}-undelivered-escalations`);
    await person.ring(serviceAlarm);
  }
  await pass(settleSeconds + answerSeconds);
  const rung: RungAlarm[] = [];
  for (const person of people) {
    for (const alarm of [queueAlarm, serviceAlarm]) {
      rung.push({ region: person.region, alarm, oldAnswerStands: await person.hasAnswer(alarm) });
    }
  }
  const workflow = stateMachineName(environment, 'notification-escalation');
  return { log, rung, endings: endingsOf(log, workflow, [queueAlarm, serviceAlarm]), grants: iam.ledger.toRecord() };
}

/** Other alarms ring as well before the first release: nobody serves. */
function endingsOf(log: EventLog, workflow: string, alarms: readonly string[]): string[] {
  return log.events
    .filter((event) => event.kind === 'execution.ended' && event['workflow'] === workflow)
    .map((event) => (event['output'] ?? {}) as { alarm?: string; outcome?: string })
    .filter(({ alarm }) => alarm !== undefined && alarms.includes(alarm))
    .map(({ alarm, outcome }) => `${alarm} ${outcome}`)
    .sort();
}

/** Somebody in the console of one region. */
class Person {
  readonly region: string;
  readonly #rehearsal: Rehearsal;
  readonly #engineer: Engineer;
  readonly #environment: string;

  constructor(rehearsal: Rehearsal, region: string, environment: string) {
    this.region = region;
    this.#rehearsal = rehearsal;
    this.#environment = environment;
    this.#engineer = new Engineer({ account: rehearsal.account, region, environment });
  }

  /** As keep-alarms puts it, but that it stays where somebody sets it. */
  async putServiceAlarm(alarm: string): Promise<void> {
    const { account } = this.#rehearsal.account;
    await this.#call('cloudwatch', 'PutMetricAlarm', {
      AlarmName: alarm,
      Namespace: 'AWS/ApplicationELB',
      MetricName: 'HTTPCode_Target_5XX_Count',
      Dimensions: [{ Name: 'LoadBalancer', Value: 'app/none/0' }],
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 5,
      Threshold: 5,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'ignore',
      AlarmActions: [`arn:aws:sns:${this.region}:${account}:${topicName(this.#environment, 'critical')}`],
    });
  }

  async answerFor(alarm: string): Promise<void> {
    this.#engineer.tell(`answers for ${alarm} in ${this.region}`);
    const Tags = [{ Key: acknowledgedByTag, Value: this.#engineer.name }];
    await this.#call('cloudwatch', 'TagResource', { ResourceARN: this.#arn(alarm), Tags });
  }

  async hasAnswer(alarm: string): Promise<boolean> {
    const found = await this.#call('cloudwatch', 'ListTagsForResource', { ResourceARN: this.#arn(alarm) });
    return (found['Tags'] as { readonly Key: string }[]).some(({ Key }) => Key === acknowledgedByTag);
  }

  async ring(alarm: string): Promise<void> {
    await this.#call('cloudwatch', 'SetAlarmState', {
      AlarmName: alarm,
      StateValue: 'ALARM',
      StateReason: 'customers see errors',
    });
  }

  async leaveUndelivered(queue: string): Promise<void> {
    const { account } = this.#rehearsal.account;
    const QueueUrl = `https://sqs.${this.region}.amazonaws.com/${account}/${queue}`;
    await this.#call('sqs', 'SendMessage', { QueueUrl, MessageBody: '{}' });
  }

  #arn(alarm: string): string {
    return `arn:aws:cloudwatch:${this.region}:${this.#rehearsal.account.account}:alarm:${alarm}`;
  }

  async #call(service: string, operation: string, input: Parameters<Engineer['call']>[2]) {
    let settled = false;
    const answer = this.#engineer.call(service, operation, input);
    const done = () => {
      settled = true;
    };
    answer.then(done, done);
    await this.#rehearsal.kernel.run({ done: () => settled });
    return answer;
  }
}
