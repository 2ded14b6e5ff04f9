import type { Kernel } from '../kernel/kernel.ts';
import type { EventLog } from '../kernel/log.ts';
import { availabilityOf } from './availability.ts';
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
import { ServedSpans } from './spans.ts';
import { Totals } from './totals.ts';
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
  readonly #totals = new Totals();
  readonly #spans = new ServedSpans();
  readonly #books: MinuteBooks;
  #begun = false;
  /** Share of the users by region; undefined while nobody has said where they go. */
  #users: ReadonlyMap<string, number> | undefined;
  readonly #lostRegions = new Set<string>();
  readonly #watchers: (() => void)[] = [];

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

  /** All users go to the load balancers of this region from now on. Until somebody says so they go where a service first answers. */
  sendUsersTo(region: string): void {
    this.spreadUsers(new Map([[region, 1]]));
  }

  /** The users go to the regions in these shares from now on; together 1. */
  spreadUsers(shares: ReadonlyMap<string, number>): void {
    const before = this.#users;
    if (before && JSON.stringify([...before]) === JSON.stringify([...shares])) return;
    this.#settle();
    this.#users = shares;
    for (const { plane } of this.#planes.values()) {
      if (this.#share(plane.region) > 0 && !(before?.get(plane.region) ?? 0)) this.#logShift(plane);
    }
  }

  /** Whether users go there; while nobody has said where, they may go anywhere. */
  hasUsersIn(region: string): boolean {
    return this.#share(region) > 0;
  }

  #share(region: string): number {
    return this.#users === undefined ? 1 : (this.#users.get(region) ?? 0);
  }

  /** Nobody there answers from now on, and nothing is published; or it does again. */
  setLost(region: string, lost: boolean): void {
    this.#settle();
    if (lost) this.#lostRegions.add(region);
    else this.#lostRegions.delete(region);
    this.#changed();
  }

  /** Called when what some route's requests meet may have changed. */
  watch(watcher: () => void): void {
    this.#watchers.push(watcher);
  }

  #changed(): void {
    for (const watcher of this.#watchers) watcher();
  }

  /** The share of a route's requests that is answered well now; 0 where there is no such route. */
  availability(region: string, service: string): number {
    const plane = this.plane(region, service);
    if (!plane || this.#lostRegions.has(region)) return 0;
    return availabilityOf(plane, (digest) => this.behaviourOf(digest), this.#incidents);
  }

  /** How the release with this digest behaves from now on. */
  setBehaviour(digest: string, behaviour: ReleaseBehaviour): void {
    this.#settle();
    this.#behaviours.set(digest, behaviour);
    this.#changed();
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
    this.#changed();
    return () => {
      this.#settle();
      this.#incidents.delete(incident);
      this.#changed();
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
    if (serves) this.#users ??= new Map([[plane.region, 1]]);
    this.#planes.set(key, { plane, since: this.#kernel.now(), opened: known?.opened === true || serves });
    const weightsBefore = JSON.stringify(known && percents(known.plane));
    if (this.hasUsersIn(plane.region) && JSON.stringify(percents(plane)) !== weightsBefore) this.#logShift(plane);
    this.#changed();
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
    this.#changed();
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
        const rate = this.#rate(plane.service) * this.#share(plane.region);
        const perSecond = (rate * backend.weight) / total / backend.targets.length;
        cores +=
          perSecond * (this.behaviourOf(target.digest).cpuSecondsPerRequest ?? soundBehaviour.cpuSecondsPerRequest);
      }
    }
    return cores;
  }

  /** What each release of each service did for its users until now. */
  totals(): ReleaseTotals[] {
    this.#settle();
    return this.#totals.all;
  }

  /** Who served each route since when; the last span of a service ends now. */
  served(): ServedSpan[] {
    this.#settle();
    return this.#spans.all;
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
    this.#spans.note(plane, since, now);
    const requests = this.#rate(plane.service) * seconds * this.#share(plane.region);
    if (this.#lostRegions.has(plane.region)) {
      this.#unanswered(plane, requests);
      return;
    }
    const total = plane.backends.reduce((sum, { weight }) => sum + weight, 0);
    if (total === 0) {
      // https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/gateway/gateway/: a fixed 500.
      const count = poisson(this.#kernel.random(`traffic/${plane.service}`), requests);
      this.#books.refused(plane, undefined, count, plane.unroutedStatus);
      this.#totals.count(plane.service, undefined, count, count);
      return;
    }
    for (const backend of plane.backends) {
      if (backend.weight > 0) this.#serve(plane, backend, (requests * backend.weight) / total);
    }
  }

  /** Connections time out: nobody there counts them. */
  #unanswered({ service }: DataPlane, mean: number): void {
    const count = poisson(this.#kernel.random(`traffic/${service}/lost`), mean);
    this.#totals.count(service, undefined, count, count);
  }

  #serve(plane: DataPlane, backend: Backend, mean: number): void {
    const random = this.#kernel.random(`traffic/${plane.service}/${backend.name}`);
    let left = poisson(random, mean);
    if (backend.targets.length === 0) {
      this.#books.refused(plane, backend, left);
      this.#totals.count(plane.service, undefined, left, left);
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
        this.#totals.count(plane.service, group.digest, count, count);
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
      this.#totals.count(plane.service, group.digest, count, errors);
    }
  }
}
