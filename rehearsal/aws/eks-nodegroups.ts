import type { Cluster } from '../kubernetes/cluster.ts';
import type { NodeGroupOptions } from '../kubernetes/nodes.ts';
import {
  nodeGroupUpdateMilliseconds,
  nodeLaunchFailureMilliseconds,
  nodeLaunchRetryMilliseconds,
  nodeStartMilliseconds,
} from './durations.ts';
import type { World } from './module.ts';
import { AwsError } from './service.ts';

/** How many more instances EC2 has: of a type, in a zone, of spot or on demand; what is left out stands for all. */
export interface CapacityLimit {
  readonly instanceType?: string;
  readonly zone?: string;
  readonly region?: string;
  readonly spot?: boolean;
  left: number;
}

export interface Scaling {
  readonly minimum: number;
  readonly maximum: number;
  readonly desired: number;
}

export interface NodeGroupState {
  readonly cluster: Cluster;
  readonly arn: string;
  readonly options: NodeGroupOptions;
  readonly instanceTypes: readonly string[];
  readonly createdAt: number;
  scaling: Scaling;
  /** A change is under way. */
  updating: boolean;
  /** On their way to the cluster. */
  starting: number;
  /** Why instances don't come. */
  issue: { readonly code: string; readonly message: string } | undefined;
}

/** The managed node groups of all clusters. They follow their wanted number; nothing else scales them. */
export class NodeGroups {
  /** The first that fits an instance decides; several may. A run sets them. */
  readonly capacity: CapacityLimit[] = [];
  readonly #world: World;
  readonly #groups: NodeGroupState[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  get all(): readonly NodeGroupState[] {
    return this.#groups;
  }

  /** A group of a deployment, whose nodes are there with it. */
  add(group: Pick<NodeGroupState, 'cluster' | 'arn' | 'options' | 'instanceTypes' | 'scaling'>): void {
    group.cluster.addNodes({ ...group.options, size: group.scaling.desired });
    const createdAt = this.#world.account.kernel.now();
    this.#groups.push({ ...group, createdAt, updating: false, starting: 0, issue: undefined });
  }

  /** Throws AwsError ResourceNotFoundException. */
  require(region: string, cluster: string, name: string): NodeGroupState {
    const found = this.#groups.find(
      (group) =>
        group.cluster.options.region === region &&
        group.cluster.options.name === cluster &&
        group.options.name === name,
    );
    if (found) return found;
    throw new AwsError('ResourceNotFoundException', `No node group found for name: ${name}.`, 404);
  }

  /** Throws AwsError ResourceInUseException, InvalidParameterException. */
  scale(group: NodeGroupState, scaling: Scaling): void {
    const { kernel } = this.#world.account;
    if (group.updating) {
      throw new AwsError('ResourceInUseException', `Nodegroup ${group.options.name} has an update in progress`, 409);
    }
    const { minimum, maximum, desired } = scaling;
    if (!(minimum >= 0 && maximum >= 1 && minimum <= desired && desired <= maximum)) {
      throw new AwsError(
        'InvalidParameterException',
        `desiredSize ${desired} has to lie between minSize ${minimum} and maxSize ${maximum}`,
      );
    }
    group.updating = true;
    kernel.after(nodeGroupUpdateMilliseconds, `update of ${group.options.name}`, () => {
      group.updating = false;
      group.scaling = scaling;
      group.issue = undefined;
      this.#follow(group);
    });
  }

  #follow(group: NodeGroupState): void {
    const { cluster, options, scaling } = group;
    const there = cluster.nodes.of(options.name);
    for (const node of there.slice(scaling.desired)) cluster.removeNode(node);
    const missing = scaling.desired - there.length - group.starting;
    for (let index = 0; index < missing; index++) this.#launch(group);
  }

  #launch(group: NodeGroupState): void {
    const { kernel } = this.#world.account;
    const { name } = group.options;
    const found = this.#place(group);
    if (!found) {
      this.#failed(group);
      return;
    }
    group.starting++;
    const { minimum, maximum } = nodeStartMilliseconds;
    const random = kernel.random(`eks/nodes/${group.cluster.options.region}/${name}`);
    kernel.after(minimum + random.below(maximum - minimum), `node of ${name}`, () => {
      group.starting--;
      if (group.cluster.nodes.of(name).length >= group.scaling.desired) return;
      group.cluster.joinNode(group.options, found.zone, found.instanceType);
      if (group.cluster.nodes.of(name).length + group.starting >= group.scaling.desired) group.issue = undefined;
    });
  }

  /** The Auto Scaling group says so after a while, and tries again as long as instances are missing. */
  #failed(group: NodeGroupState): void {
    const { kernel } = this.#world.account;
    const { name, spot } = group.options;
    kernel.after(nodeLaunchFailureMilliseconds, `no capacity for ${name}`, () => {
      const terms = spot ? 'Spot' : 'On-Demand';
      group.issue = {
        code: 'AsgInstanceLaunchFailures',
        message: `Could not launch ${terms} Instances. InsufficientInstanceCapacity - We currently do not have sufficient ${group.instanceTypes.join(', ')} capacity. Launching EC2 instance failed.`,
      };
    });
    kernel.after(nodeLaunchRetryMilliseconds, `capacity for ${name}`, () => this.#follow(group));
  }

  /** The first type that has room in some zone; of the zones the one with the fewest of the group. Assumed. */
  #place(group: NodeGroupState): { readonly zone: string; readonly instanceType: string } | undefined {
    const { region } = group.cluster.options;
    const nodes = group.cluster.nodes.of(group.options.name);
    const inZone = (zone: string): number =>
      nodes.filter(({ labels }) => labels['topology.kubernetes.io/zone'] === zone).length;
    const zones = ['a', 'b', 'c'].map((letter) => `${region}${letter}`).sort((a, b) => inZone(a) - inZone(b));
    for (const instanceType of group.instanceTypes) {
      for (const zone of zones) {
        const limits = this.capacity.filter(
          (limit) =>
            (limit.instanceType ?? instanceType) === instanceType &&
            (limit.zone ?? zone) === zone &&
            (limit.region ?? region) === region &&
            (limit.spot ?? group.options.spot) === group.options.spot,
        );
        if (limits.some(({ left }) => left < 1)) continue;
        for (const limit of limits) limit.left--;
        return { zone, instanceType };
      }
    }
    return undefined;
  }
}
