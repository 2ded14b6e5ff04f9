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

/** Each backend's share in percent, as weights divide; all 0 when all weights are. */
export function percents(plane: DataPlane): Record<string, number> {
  const total = plane.backends.reduce((sum, { weight }) => sum + weight, 0);
  return Object.fromEntries(
    plane.backends.map(({ name, weight }) => [name, total === 0 ? 0 : Math.round((weight / total) * 10_000) / 100]),
  );
}

/** Targets alike, counted. */
export function grouped(targets: readonly Target[]): { digest: string; state: TargetState; targets: number }[] {
  const groups = new Map<string, { digest: string; state: TargetState; targets: number }>();
  for (const { digest, state } of targets) {
    const group = groups.get(`${digest} ${state}`) ?? { digest, state, targets: 0 };
    group.targets++;
    groups.set(`${digest} ${state}`, group);
  }
  return [...groups.values()];
}
