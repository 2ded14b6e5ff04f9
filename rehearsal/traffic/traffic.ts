import type { Kernel } from '../kernel/kernel.ts';
import type { EventLog } from '../kernel/log.ts';
import {
  type Incident,
  type Load,
  type ReleaseBehaviour,
  type ReleaseTotals,
  type ServedSpan,
  soundBehaviour,
} from './behaviour.ts';
import { type Backend, type DataPlane, grouped, percents } from './data-plane.ts';
import { binomial, lognormalHistogram, poisson } from './draws.ts';
import { MinuteBooks } from './minute.ts';
import type { MetricPublisher } from './publisher.ts';
import { QueueWork } from './work.ts';

/** A route with what the load balancer does with it since when. */
interface Served {
  plane: DataPlane;
  since: number;
  /** Nobody sends requests to a service before it first answers: its users arrive with its first serving target, and then stay. */
  opened: boolean;
}

export interface TrafficOptions {
  readonly kernel: Kernel;
  readonly log: EventLog;
  readonly metrics: () => MetricPublisher;
  /** Where nobody set a load; 100 unless told. */
  readonly defaultRequestsPerSecond?: number;
}

/**
 * The users of the routed services. Between two changes of anything (weights, targets, behaviours, incidents, minutes) the requests
 * of a segment are drawn as counts; each closed minute goes to CloudWatch as Elastic Load Balancing publishes it.
 */
export class Traffic {
  readonly work = new QueueWork();
  readonly #kernel: Kernel;
  readonly #log: EventLog;
  readonly #defaultLoad: Load;
  /** By `region/service`. */
  readonly #planes = new Map<string, Served>();
  readonly #behaviours = new Map<string, ReleaseBehaviour>();
  readonly #loads = new Map<string, Load>();
  readonly #incidents = new Set<Incident>();
  readonly #totals = new Map<
    string,
    { service: string; digest: string | undefined; requests: number; failed: number }
  >();
  readonly #spans: ServedSpan[] = [];
  readonly #books: MinuteBooks;
  #begun = false;
  #usersRegion: string | undefined;

  constructor(options: TrafficOptions) {
    this.#kernel = options.kernel;
    this.#log = options.log;
    this.#defaultLoad = { requestsPerSecond: options.defaultRequestsPerSecond ?? 100 };
    this.#books = new MinuteBooks({ now: () => options.kernel.now(), log: options.log, metrics: options.metrics });
  }

  /** Users arrive from now on. Before, routes and targets may change without anybody noticing. */
  begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    for (const entry of this.#planes.values()) entry.since = this.#kernel.now();
    this.#closeMinute();
  }

  /**
   * All users go to the load balancers of this region from now on, as DNS would send them. Until somebody says so they go
   * where a service first answers.
   */
  sendUsersTo(region: string): void {
    if (this.#usersRegion === region) return;
    this.#settle();
    this.#usersRegion = region;
    for (const { plane } of this.#planes.values()) if (plane.region === region) this.#logShift(plane);
  }

  /** Whether users go there; while nobody has said where, they may go anywhere. */
  hasUsersIn(region: string): boolean {
    return this.#usersRegion === undefined || this.#usersRegion === region;
  }

  /** How the release with this digest behaves from now on. */
  setBehaviour(digest: string, behaviour: ReleaseBehaviour): void {
    this.#settle();
    this.#behaviours.set(digest, behaviour);
  }

  behaviourOf(digest: string): ReleaseBehaviour {
    return this.#behaviours.get(digest) ?? {};
  }

  /** Requests of a route from now on. */
  setLoad(service: string, load: Load): void {
    if (load.dailyShape && load.dailyShape.length !== 24) {
      throw new RangeError(`dailyShape: 24 factors are needed, one an hour; ${load.dailyShape.length} came`);
    }
    this.#settle();
    this.#loads.set(service, load);
  }

  /** Starts an incident that hits every version alike; the answer ends it. */
  startIncident(incident: Incident): () => void {
    this.#settle();
    this.#incidents.add(incident);
    return () => {
      this.#settle();
      this.#incidents.delete(incident);
    };
  }

  /** The load balancer obeys this from now on. */
  obey(plane: DataPlane): void {
    const key = `${plane.region}/${plane.service}`;
    const known = this.#planes.get(key);
    if (known) this.#settlePlane(known);
    const serves = plane.backends.some(
      ({ weight, targets }) => weight > 0 && targets.some(({ state }) => state === 'serving'),
    );
    if (serves) this.#usersRegion ??= plane.region;
    this.#planes.set(key, { plane, since: this.#kernel.now(), opened: known?.opened === true || serves });
    const weightsBefore = JSON.stringify(known && percents(known.plane));
    if (this.hasUsersIn(plane.region) && JSON.stringify(percents(plane)) !== weightsBefore) this.#logShift(plane);
  }

  #logShift(plane: DataPlane): void {
    this.#log.write('traffic.shifted', { service: plane.service, region: plane.region, weights: percents(plane) });
  }

  /** The route is gone; its users meet nothing, and nothing of it is counted. */
  forget(region: string, service: string): void {
    const key = `${region}/${service}`;
    const known = this.#planes.get(key);
    if (known) this.#settlePlane(known);
    this.#planes.delete(key);
  }

  plane(region: string, service: string): DataPlane | undefined {
    return this.#planes.get(`${region}/${service}`)?.plane;
  }

  /** CPU cores that a pod's requests cost it now, on average. */
  coresOf(pod: string): number {
    if (!this.#begun) return 0;
    let cores = 0;
    for (const { plane } of this.#planes.values()) {
      if (!this.hasUsersIn(plane.region)) continue;
      const total = plane.backends.reduce((sum, { weight }) => sum + weight, 0);
      for (const backend of plane.backends) {
        const target = backend.targets.find((candidate) => candidate.pod === pod && candidate.state === 'serving');
        if (!target || total === 0) continue;
        const perSecond = (this.#rate(plane.service) * backend.weight) / total / backend.targets.length;
        cores +=
          perSecond * (this.behaviourOf(target.digest).cpuSecondsPerRequest ?? soundBehaviour.cpuSecondsPerRequest);
      }
    }
    return cores;
  }

  /** What each release of each service did for its users until now. */
  totals(): ReleaseTotals[] {
    this.#settle();
    return [...this.#totals.values()].map((total) => ({ ...total }));
  }

  /** Who served each route since when; the last span of a service ends now. */
  served(): ServedSpan[] {
    this.#settle();
    return this.#spans.map((span) => ({ ...span }));
  }

  #rate(service: string): number {
    const load = this.#loads.get(service) ?? this.#defaultLoad;
    const hour = new Date(this.#kernel.now()).getUTCHours();
    return load.requestsPerSecond * (load.dailyShape?.[hour] ?? 1);
  }

  #closeMinute(): void {
    this.#settle();
    this.#books.close();
    const now = this.#kernel.now();
    this.#kernel.at(Math.floor(now / 60_000) * 60_000 + 60_000, 'traffic: a minute ends', () => this.#closeMinute());
  }

  #settle(): void {
    for (const entry of this.#planes.values()) this.#settlePlane(entry);
  }

  /** Draws what happened since the last change. */
  #settlePlane(entry: Served): void {
    const now = this.#kernel.now();
    const seconds = (now - entry.since) / 1000;
    const { plane, since } = entry;
    entry.since = now;
    if (!this.#begun || !entry.opened || seconds <= 0 || !this.hasUsersIn(plane.region)) return;
    this.#note(plane, since, now);
    const requests = this.#rate(plane.service) * seconds;
    const total = plane.backends.reduce((sum, { weight }) => sum + weight, 0);
    if (total === 0) {
      // https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/gateway/gateway/: a fixed 500.
      const count = poisson(this.#kernel.random(`traffic/${plane.service}`), requests);
      this.#books.refused(plane, undefined, count, plane.unroutedStatus);
      this.#count(plane.service, undefined, count, count);
      return;
    }
    for (const backend of plane.backends) {
      if (backend.weight > 0) this.#serve(plane, backend, (requests * backend.weight) / total);
    }
  }

  #serve(plane: DataPlane, backend: Backend, mean: number): void {
    const random = this.#kernel.random(`traffic/${plane.service}/${backend.name}`);
    let left = poisson(random, mean);
    if (backend.targets.length === 0) {
      this.#books.refused(plane, backend, left);
      this.#count(plane.service, undefined, left, left);
      return;
    }
    const groups = grouped(backend.targets);
    let targetsLeft = backend.targets.length;
    for (const group of groups) {
      const count = binomial(random, left, group.targets / targetsLeft);
      left -= count;
      targetsLeft -= group.targets;
      if (group.state === 'closed') {
        this.#books.unconnected(plane, backend, count);
        this.#count(plane.service, group.digest, count, count);
        continue;
      }
      const behaviour = { ...soundBehaviour, ...this.behaviourOf(group.digest) };
      let success = 1 - behaviour.errorRate;
      let scale = behaviour.latencyScale;
      for (const incident of this.#incidents) {
        success *= 1 - (incident.errorRate ?? 0);
        scale *= incident.latencyScale ?? 1;
      }
      const errors = binomial(random, count, 1 - success);
      const median = (behaviour.latencyMedianMilliseconds * scale) / 1000;
      const latencies = lognormalHistogram(random, count, median, behaviour.latencySigma);
      this.#books.served(plane, backend, { requests: count, errors, latencySeconds: latencies });
      this.#count(plane.service, group.digest, count, errors);
    }
  }

  #count(service: string, digest: string | undefined, requests: number, failed: number): void {
    if (requests === 0) return;
    const key = `${service} ${digest ?? ''}`;
    const total = this.#totals.get(key) ?? { service, digest, requests: 0, failed: 0 };
    total.requests += requests;
    total.failed += failed;
    this.#totals.set(key, total);
  }

  /** Lengthens the last span of the service, or begins another where somebody else serves. */
  #note(plane: DataPlane, from: number, to: number): void {
    const weights = percents(plane);
    const shares = plane.backends
      .filter(({ weight }) => weight > 0)
      .map(({ name, targets }) => ({
        backend: name,
        percent: weights[name] ?? 0,
        digests: [...new Set(targets.map(({ digest }) => digest))].sort(),
      }));
    const index = this.#spans.findLastIndex(({ service }) => service === plane.service);
    const last = this.#spans[index];
    if (last && last.to === from && JSON.stringify(last.shares) === JSON.stringify(shares)) {
      this.#spans[index] = { ...last, to };
    } else {
      this.#spans.push({ service: plane.service, from, to, shares });
    }
  }
}
