import { nothingBegan, type Timer } from '../kernel/kernel.ts';
import {
  type Alarm,
  type AlarmState,
  type AlarmStateValue,
  type CompositeAlarm,
  decide,
  type EvaluatedPoint,
  evaluationRangePeriods,
  type MetricAlarm,
  metricsOf,
  reasonOf,
} from './cloudwatch-alarm.ts';
import { notification, stateChangeEvent } from './cloudwatch-alarm-notice.ts';
import { parseAlarmRule } from './cloudwatch-composite.ts';
import { evaluationInterval, reasonDataOf, returnedSeries } from './cloudwatch-evaluation.ts';
import {
  floorTo,
  type MetricIdentity,
  type MetricStore,
  metricKey,
  resolutionMilliseconds,
} from './cloudwatch-metrics.ts';
import { SleepingAlarms } from './cloudwatch-sleeping.ts';
import { alarmEvaluationIntervalMilliseconds } from './durations.ts';
import type { EventBus } from './module.ts';
import { type AccountServices, AwsError, NoAnswer, type SimulatedService } from './service.ts';

/** An alarm with what it says now. */
export interface KeptAlarm {
  readonly alarm: Alarm;
  readonly state: AlarmState;
}

/** An alarm whose metrics got no data, with what it looks at: for the checker of alarms that watch nothing. */
export interface AlarmWithoutData {
  readonly alarm: string;
  /** Those of its metrics that got no data point. */
  readonly metrics: readonly MetricIdentity[];
}

/** An action that AWS refused; CloudWatch writes it into the alarm's history and tells nobody. */
export interface FailedAction {
  readonly alarm: string;
  readonly action: string;
  readonly error: string;
}

interface Entry {
  alarm: Alarm;
  state: AlarmState;
  timer: Timer | undefined;
  /** Its own second of the minute, as CloudWatch spreads its evaluations (not documented, assumed). */
  readonly offset: number;
  readonly createdAt: number;
  /** What a metric alarm reads, and its label in the kernel: asked for each minute. */
  metrics: readonly MetricIdentity[];
  label: string;
  /** The state that an evaluation without a single data point left it in: another one would leave it there again. */
  silentIn: AlarmState | undefined;
  /** When it would have been evaluated next, while nothing calls for it: see `SleepingAlarms`. */
  sleepsSince: number | undefined;
  /** Where its evaluations happen. */
  place: string | undefined;
}

interface EvaluatedSpan {
  readonly from: number;
  readonly to: number;
  readonly silent: boolean;
}

/** The alarms of all regions: evaluated on the kernel, acting through the account. */
export class AlarmBook {
  readonly failedActions: FailedAction[] = [];
  readonly #services: AccountServices;
  readonly #store: MetricStore;
  readonly #regions = new Map<string, Map<string, Entry>>();
  readonly #sleeping = new SleepingAlarms<Entry>();

  constructor(services: AccountServices, store: MetricStore) {
    this.#services = services;
    this.#store = store;
    store.subscribe((region, key) => {
      for (const entry of this.#sleeping.of(region, key)) this.#wake(entry);
    });
  }

  /** Makes an alarm, INSUFFICIENT_DATA at first, or overwrites one: its state stays until the next evaluation. */
  put(alarm: Alarm): void {
    const alarms = this.#alarms(alarm.region);
    const known = alarms.get(alarm.name);
    if (known) {
      known.timer?.cancel();
      this.#sleeping.remove(known);
      known.alarm = alarm;
      known.metrics = metricsRead(alarm);
      known.silentIn = undefined;
      this.#begin(known);
      return;
    }
    const { kernel } = this.#services;
    const changedAt = kernel.now();
    const entry: Entry = {
      alarm,
      state: { value: 'INSUFFICIENT_DATA', reason: 'Unchecked: Initial alarm creation', reasonData: '', changedAt },
      timer: undefined,
      metrics: metricsRead(alarm),
      label: `evaluate alarm ${alarm.name}`,
      silentIn: undefined,
      sleepsSince: undefined,
      place: undefined,
      createdAt: changedAt,
      offset: kernel
        .random(`cloudwatch/evaluation/${alarm.region}/${alarm.name}`)
        .below(alarmEvaluationIntervalMilliseconds),
    };
    alarms.set(alarm.name, entry);
    this.#begin(entry);
  }

  get(region: string, name: string): KeptAlarm | undefined {
    return this.#alarms(region).get(name);
  }

  /** In the order of their names, as DescribeAlarms lists them. */
  list(region: string): KeptAlarm[] {
    return [...this.#alarms(region).values()].sort((a, b) => (a.alarm.name < b.alarm.name ? -1 : 1));
  }

  delete(region: string, name: string): void {
    const entry = this.#alarms(region).get(name);
    if (!entry) return;
    entry.timer?.cancel();
    this.#sleeping.remove(entry);
    this.#alarms(region).delete(name);
  }

  /** SetAlarmState, and the outcome of an evaluation: does nothing when the state is the same. */
  change(region: string, name: string, value: AlarmStateValue, reason: string, reasonData = ''): void {
    const entry = this.#alarms(region).get(name);
    if (!entry || entry.state.value === value) return;
    const previous = entry.state;
    entry.state = { value, reason, reasonData, changedAt: this.#services.kernel.now() };
    this.#wake(entry);
    this.#services.log.write('alarm.changed', { alarm: name, from: previous.value, to: value, reason });
    this.#services
      .service<SimulatedService & EventBus>('events')
      .publish(stateChangeEvent(entry.alarm, previous, entry.state));
    this.#act(entry.alarm, previous, entry.state);
    this.#followComposites(region, name);
  }

  /** Metric alarms of which no metric got a data point for a time since then. */
  withoutData(region: string, since: number): AlarmWithoutData[] {
    return this.list(region).flatMap(({ alarm }) => {
      if (alarm.kind !== 'metric') return [];
      const unique = new Map(metricsOf(alarm).map((metric) => [metricKey(metric), metric]));
      const metrics = [...unique.values()];
      const silent = metrics.filter((metric) => !this.#store.hasDataSince(region, metric, since));
      return silent.length === metrics.length ? [{ alarm: alarm.name, metrics: silent }] : [];
    });
  }

  #alarms(region: string): Map<string, Entry> {
    const alarms = this.#regions.get(region) ?? new Map<string, Entry>();
    this.#regions.set(region, alarms);
    return alarms;
  }

  #begin(entry: Entry): void {
    if (entry.alarm.kind === 'composite') {
      this.#evaluateComposite(entry, entry.alarm);
      return;
    }
    const { kernel } = this.#services;
    entry.place = kernel.place;
    this.#schedule(entry, floorTo(kernel.now(), alarmEvaluationIntervalMilliseconds) + entry.offset);
  }

  #schedule(entry: Entry, earliest: number): void {
    const { kernel } = this.#services;
    const interval = evaluationInterval(entry.alarm);
    const at = earliest > kernel.now() ? earliest : earliest + alarmEvaluationIntervalMilliseconds;
    entry.timer = kernel.at(at, entry.label, () => {
      const { alarm } = entry;
      if (alarm.kind !== 'metric' || isWarmingUp(entry, at)) {
        this.#schedule(entry, at + interval);
        return nothingBegan;
      }
      const span = this.#span(entry, alarm);
      if (span.silent && entry.silentIn === entry.state) {
        this.#sleeping.add(entry, at);
        return nothingBegan;
      }
      this.#schedule(entry, at + interval);
      return this.#look(entry, alarm, span) ? undefined : nothingBegan;
    });
  }

  /** Something calls for it again: it goes on in the second of the minute that is its own. */
  #wake(entry: Entry): void {
    const since = entry.sleepsSince;
    if (since === undefined) return;
    this.#sleeping.remove(entry);
    const { kernel } = this.#services;
    const interval = evaluationInterval(entry.alarm);
    const next = since + (Math.floor((kernel.now() - since) / interval) + 1) * interval;
    const schedule = (): void => this.#schedule(entry, next);
    if (entry.place === undefined) kernel.outside(schedule);
    else kernel.within(entry.place, schedule);
  }

  /** What an evaluation would look at now, and whether there is nothing in it. */
  #span(entry: Entry, { rule, region }: MetricAlarm): EvaluatedSpan {
    const to = floorTo(this.#services.kernel.now(), resolutionMilliseconds);
    const from = to - evaluationRangePeriods(rule.evaluationPeriods) * rule.periodSeconds * 1000;
    return { from, to, silent: entry.metrics.every((metric) => !this.#store.hasDataSince(region, metric, from)) };
  }

  /** Answers whether the state changed. */
  #look(entry: Entry, alarm: MetricAlarm, { from, to, silent }: EvaluatedSpan): boolean {
    const before = entry.state;
    this.#evaluate(entry, alarm, from, to);
    entry.silentIn = silent ? entry.state : undefined;
    return entry.state !== before;
  }

  /**
   * 'If the period is 5 minutes, then at the end of minute 6 the alarm is evaluated on the data of minutes 2 to 6': the window
   * slides by the minute. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
   */
  #evaluate(entry: Entry, alarm: MetricAlarm, from: number, to: number): void {
    const { rule } = alarm;
    const periodMilliseconds = rule.periodSeconds * 1000;
    const series = returnedSeries(alarm, this.#store, from, to);
    const range: EvaluatedPoint[] = [];
    for (let startsAt = from; startsAt < to; startsAt += periodMilliseconds)
      range.push({ startsAt, value: series.get(startsAt) });
    const evaluation = decide(rule, range);
    if (evaluation.value === undefined || evaluation.value === entry.state.value) return;
    const reason = reasonOf(rule, evaluation, entry.state.value);
    const reasonData = reasonDataOf(alarm, evaluation.evaluated, this.#services.kernel.now());
    this.change(alarm.region, alarm.name, evaluation.value, reason, reasonData);
  }

  #evaluateComposite(entry: Entry, alarm: CompositeAlarm, because?: KeptAlarm): void {
    const alarms = this.#alarms(alarm.region);
    const rule = parseAlarmRule(alarm.ruleText);
    const nameOf = (reference: string) => (reference.startsWith('arn:') ? reference.split(':alarm:')[1] : reference);
    const holds = rule.holds((reference) => alarms.get(nameOf(reference) ?? '')?.state.value);
    const reason = because
      ? `${because.alarm.arn} transitioned to ${because.state.value} at ${new Date(because.state.changedAt).toUTCString()}`
      : `${entry.alarm.arn} was created and its alarm rule evaluates to ${holds ? 'ALARM' : 'OK'}`;
    this.change(alarm.region, alarm.name, holds ? 'ALARM' : 'OK', reason);
  }

  #followComposites(region: string, changed: string): void {
    const because = this.get(region, changed);
    for (const entry of this.#alarms(region).values()) {
      if (entry.alarm.kind !== 'composite' || entry.alarm.name === changed) continue;
      const { reads } = parseAlarmRule(entry.alarm.ruleText);
      if (reads.some((read) => read === changed || read.endsWith(`:alarm:${changed}`)))
        this.#evaluateComposite(entry, entry.alarm, because);
    }
  }

  /** 'CloudWatch doesn't test or validate the actions', so a refused one changes nothing here. */
  #act(alarm: Alarm, previous: AlarmState, state: AlarmState): void {
    if (!alarm.actionsEnabled) return;
    const { account, kernel } = this.#services;
    const { subject, message } = notification(alarm, account, previous, state);
    for (const action of alarm.actions[state.value]) {
      this.#services
        .call({
          service: 'sns',
          operation: 'Publish',
          input: { TopicArn: action, Subject: subject, Message: message },
          principal: { kind: 'service', service: 'cloudwatch.amazonaws.com', sourceArn: alarm.arn },
          region: action.split(':')[3] ?? alarm.region,
        })
        .catch((error: unknown) => {
          if (error instanceof AwsError || error instanceof NoAnswer) {
            this.failedActions.push({ alarm: alarm.name, action, error: `${error.name}: ${error.message}` });
          } else kernel.fail(error);
        });
    }
  }
}

function metricsRead(alarm: Alarm): readonly MetricIdentity[] {
  return alarm.kind === 'metric' ? metricsOf(alarm) : [];
}

function isWarmingUp({ alarm, createdAt }: Entry, at: number): boolean {
  return alarm.kind === 'metric' && at < createdAt + (alarm.warmUpMinutes ?? 0) * 60_000;
}
