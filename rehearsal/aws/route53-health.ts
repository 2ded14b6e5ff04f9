import { nothingBegan, type Timer } from '../kernel/kernel.ts';
import type { CloudWatch } from './cloudwatch.ts';
import {
  type AlarmStateValue,
  decide,
  evaluationRangePeriods,
  type MetricAlarm,
  metricsOf,
} from './cloudwatch-alarm.ts';
import { computeSeries } from './cloudwatch-query.ts';
import { alarmStreamDelayMilliseconds, healthCheckTimeoutMilliseconds } from './durations.ts';
import type { CheckConfig, CheckRule } from './route53-checks.ts';
import { type AccountServices, AwsError } from './service.ts';

interface Check {
  readonly config: CheckConfig;
  /** Before it is inverted. 'Route 53 considers a new health check to be healthy until there's enough data'. */
  healthy: boolean;
  /** What the last look at an endpoint found. */
  found: boolean;
  timer: Timer | undefined;
}

const minute = 60_000;
const statistics = ['Average', 'Minimum', 'Maximum', 'Sum', 'SampleCount'];

export interface HealthOptions {
  readonly services: AccountServices;
  /** Whether requests to the host are answered well, by the way that DNS leads now. */
  readonly answers: (host: string) => boolean;
}

/**
 * The health checks: checkers all over the world, none of them in a region that can be lost. An endpoint is looked at when something about
 * it may have changed, an alarm's data once they can be there.
 * https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html
 */
export class HealthChecks {
  readonly #options: HealthOptions;
  readonly #checks = new Map<string, Check>();
  readonly #watchers: (() => void)[] = [];
  #begun = false;

  constructor(options: HealthOptions) {
    this.#options = options;
  }

  add(config: CheckConfig): void {
    this.#checks.set(config.id, { config, healthy: true, found: true, timer: undefined });
  }

  /** Called after any status changed. */
  watch(watcher: () => void): void {
    this.#watchers.push(watcher);
  }

  /** Throws AwsError NoSuchHealthCheck. */
  isHealthy(id: string): boolean {
    const check = this.#checks.get(id);
    if (!check) throw new AwsError('NoSuchHealthCheck', `No health check exists with the ID ${id}.`, 404);
    return this.#status(check);
  }

  /** By its name, for checkers and tests. */
  named(name: string): boolean {
    const check = [...this.#checks.values()].find(({ config }) => config.name === name);
    if (!check) throw new RangeError(`There is no health check ${name}.`);
    return this.#status(check);
  }

  #status({ config, healthy }: Check): boolean {
    const { rule, inverted } = config;
    const own =
      rule.kind === 'calculated' ? rule.children.filter((id) => this.isHealthy(id)).length >= rule.least : healthy;
    return own !== inverted;
  }

  /** Everything is deployed: the checkers' view counts from now on. Throws AwsError InvalidInput for an alarm that can't be followed. */
  begin(): void {
    this.#begun = true;
    for (const check of this.#checks.values()) {
      const { rule } = check.config;
      if (rule.kind === 'alarm') this.#follow(check, rule);
    }
    this.look();
  }

  /** Something about the endpoints may be otherwise than before. */
  look(): void {
    if (!this.#begun) return;
    for (const check of this.#checks.values()) {
      const { rule } = check.config;
      if (rule.kind === 'endpoint') this.#lookAt(check, rule);
    }
  }

  /** So many checks in a row have to find it otherwise; the checkers don't coordinate, so the first comes at any time within the interval. */
  #lookAt(check: Check, rule: Extract<CheckRule, { kind: 'endpoint' }>): void {
    const found = this.#options.answers(rule.host);
    if (found === check.found) return;
    check.found = found;
    check.timer?.cancel();
    check.timer = undefined;
    if (found === check.healthy) return;
    const { kernel } = this.#options.services;
    const interval = rule.intervalSeconds * 1000;
    const first = kernel.random(`route53/${check.config.name}`).below(interval);
    const after = first + (rule.threshold - 1) * interval + (found ? 0 : healthCheckTimeoutMilliseconds);
    check.timer = kernel.outside(() =>
      kernel.after(after, `health check ${check.config.name}`, () => this.#become(check, found)),
    );
  }

  #become(check: Check, healthy: boolean): void {
    if (check.healthy === healthy) return;
    const before = this.#statuses();
    check.healthy = healthy;
    for (const [name, status] of this.#statuses()) {
      if (before.get(name) !== status) {
        this.#options.services.log.write('health.changed', { check: name, status: status ? 'healthy' : 'unhealthy' });
      }
    }
    for (const watcher of this.#watchers) watcher();
  }

  #statuses(): Map<string, boolean> {
    return new Map([...this.#checks.values()].map((check) => [check.config.name, this.#status(check)]));
  }

  /** 'Route 53 monitors the data stream of the corresponding alarm instead of the alarm state': each minute, once its data can be there. */
  #follow(check: Check, rule: Extract<CheckRule, { kind: 'alarm' }>): void {
    const alarm = this.#alarmOf(check.config.name, rule);
    const { kernel, regions } = this.#options.services;
    const { metrics } = this.#options.services.service<CloudWatch>('cloudwatch');
    const [metric] = metricsOf(alarm);
    const next = (): void => {
      const at = Math.floor(kernel.now() / minute) * minute + minute + alarmStreamDelayMilliseconds;
      kernel.at(at, `health check ${check.config.name}`, () => {
        next();
        const to = at - alarmStreamDelayMilliseconds;
        const from = to - evaluationRangePeriods(alarm.rule.evaluationPeriods) * alarm.rule.periodSeconds * 1000;
        const silent = regions.isLost(rule.region) || !metric || !metrics.hasDataSince(rule.region, metric, from);
        const state = silent ? 'INSUFFICIENT_DATA' : this.#stateOf(alarm, from, to);
        const healthy = statusBy(state, rule, check.healthy);
        if (healthy === check.healthy) return nothingBegan;
        this.#become(check, healthy);
        return undefined;
      });
    };
    kernel.outside(next);
  }

  #alarmOf(check: string, { alarm: name, region }: Extract<CheckRule, { kind: 'alarm' }>): MetricAlarm {
    const kept = this.#options.services.service<CloudWatch>('cloudwatch').alarms.get(region, name);
    const refused = (why: string): AwsError =>
      new AwsError('InvalidInput', `Health check ${check}: alarm ${name} ${why}`);
    if (!kept) throw refused(`does not exist in ${region}`);
    const { alarm } = kept;
    // https://docs.aws.amazon.com/Route53/latest/APIReference/API_AlarmIdentifier.html; of expressions and composites it says nothing: refused.
    if (alarm.kind !== 'metric' || !alarm.single) throw refused('is no alarm on one metric');
    const [query] = alarm.queries;
    if (query?.kind === 'metric' && !statistics.includes(query.stat)) throw refused(`has the statistic ${query.stat}`);
    if (alarm.rule.periodSeconds < 60) throw refused('has a high resolution');
    return alarm;
  }

  /** By the data alone: neither SetAlarmState nor what the alarm makes of missing data counts. */
  #stateOf(alarm: MetricAlarm, from: number, to: number): AlarmStateValue {
    const { metrics } = this.#options.services.service<CloudWatch>('cloudwatch');
    const series = computeSeries(alarm.queries, metrics, { region: alarm.region, from, to }).get(
      alarm.queries[0]?.id ?? '',
    );
    if (!(series instanceof Map)) return 'INSUFFICIENT_DATA';
    const step = alarm.rule.periodSeconds * 1000;
    const range = Array.from({ length: (to - from) / step }, (_, index) => {
      const startsAt = from + index * step;
      return { startsAt, value: series.get(startsAt) };
    });
    return decide({ ...alarm.rule, treatMissingData: 'missing' }, range).value ?? 'INSUFFICIENT_DATA';
  }
}

/** https://docs.aws.amazon.com/Route53/latest/APIReference/API_HealthCheckConfig.html, InsufficientDataHealthStatus */
function statusBy(
  state: AlarmStateValue,
  { withoutData }: Extract<CheckRule, { kind: 'alarm' }>,
  standing: boolean,
): boolean {
  if (state !== 'INSUFFICIENT_DATA') return state === 'OK';
  return withoutData === 'LastKnownStatus' ? standing : withoutData === 'Healthy';
}
