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
import { binomial, lognormalHistogram, poisson } from './draws.ts';
import { MinuteBooks } from './minute.ts';
import type { MetricPublisher } from './publisher.ts';
import { QueueWork } from './work.ts';

/** `serving`: answers. `closed`: the load balancer still sends it requests, and it refuses the connections. */
export type TargetState = 'serving' | 'closed';

export interface Target {
  readonly pod: string;
  readonly digest: string;
  readonly state: TargetState;
}

/** One Service behind a route. */
export interface Backend {
  /** `aeon-dt-api-blue` */
  readonly name: string;
  /** `targetgroup/k8s-aeon-aeondtap-0123456789/0123456789abcdef` */
  readonly targetGroup: string;
  readonly weight: number;
  /** Targets that the load balancer takes for healthy. */
  readonly targets: readonly Target[];
}

/** What the load balancer does with a route's requests right now: the truth, not what the route asks for. */
export interface DataPlane {
  /** The route's name. */
  readonly service: string;
  readonly region: string;
  /** `app/name/id` */
  readonly loadBalancer: string;
  readonly backends: readonly Backend[];
  /** What the load balancer answers where no backend has weight; 500 unless told. */
  readonly unroutedStatus?: 404 | 500;
}

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
    const known = this.#planes.get(plane.service);
    if (known) this.#settlePlane(known);
    const opened =
      known?.opened === true ||
      plane.backends.some(({ weight, targets }) => weight > 0 && targets.some(({ state }) => state === 'serving'));
    this.#planes.set(plane.service, { plane, since: this.#kernel.now(), opened });
    const weights = percents(plane);
    if (JSON.stringify(weights) !== JSON.stringify(known && percents(known.plane)))
      this.#log.write('traffic.shifted', { service: plane.service, weights });
  }

  /** The route is gone; its users meet nothing, and nothing of it is counted. */
  forget(service: string): void {
    const known = this.#planes.get(service);
    if (known) this.#settlePlane(known);
    this.#planes.delete(service);
  }

  plane(service: string): DataPlane | undefined {
    return this.#planes.get(service)?.plane;
  }

  /** CPU cores that a pod's requests cost it now, on average. */
  coresOf(pod: string): number {
    if (!this.#begun) return 0;
    let cores = 0;
    for (const { plane } of this.#planes.values()) {
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
    if (!this.#begun || !entry.opened || seconds <= 0) return;
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

/** Each backend's share in percent, as weights divide; all 0 when all weights are. */
function percents(plane: DataPlane): Record<string, number> {
  const total = plane.backends.reduce((sum, { weight }) => sum + weight, 0);
  return Object.fromEntries(
    plane.backends.map(({ name, weight }) => [name, total === 0 ? 0 : Math.round((weight / total) * 10_000) / 100]),
  );
}

function grouped(targets: readonly Target[]): { digest: string; state: TargetState; targets: number }[] {
  const groups = new Map<string, { digest: string; state: TargetState; targets: number }>();
  for (const { digest, state } of targets) {
    const group = groups.get(`${digest} ${state}`) ?? { digest, state, targets: 0 };
    group.targets++;
    groups.set(`${digest} ${state}`, group);
  }
  return [...groups.values()];
}
