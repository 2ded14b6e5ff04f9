import { Unmodelled } from '../aws/service.ts';
import type { KubernetesObject } from './objects.ts';
import { parseQuantity } from './quantity.ts';

export interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

export interface NodeGroupOptions {
  readonly name: string;
  readonly instanceType: string;
  readonly size: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  readonly spot: boolean;
}

export interface Node {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  readonly allocatable: { readonly cpu: number; readonly memory: number; readonly pods: number };
  /** Pods bound to it, by `namespace/name`. */
  readonly pods: Map<string, KubernetesObject>;
  /** Images that it has pulled. */
  readonly images: Set<string>;
}

/**
 * Size and pod limit of instance types: https://aws.amazon.com/ec2/instance-types/ and
 * https://github.com/awslabs/amazon-eks-ami/blob/main/nodeadm/internal/kubelet/eni-max-pods.txt
 */
const instanceTypes: Readonly<
  Record<string, { readonly cpu: number; readonly gibibytes: number; readonly pods: number }>
> = {
  't3.medium': { cpu: 2, gibibytes: 4, pods: 17 },
  't3.large': { cpu: 2, gibibytes: 8, pods: 35 },
  't3.xlarge': { cpu: 4, gibibytes: 16, pods: 58 },
  't3.2xlarge': { cpu: 8, gibibytes: 32, pods: 58 },
  'm6i.large': { cpu: 2, gibibytes: 8, pods: 29 },
  'm6i.xlarge': { cpu: 4, gibibytes: 16, pods: 58 },
  'm6i.2xlarge': { cpu: 8, gibibytes: 32, pods: 58 },
  'm7i.large': { cpu: 2, gibibytes: 8, pods: 29 },
  'm7i.xlarge': { cpu: 4, gibibytes: 16, pods: 58 },
  'r6i.large': { cpu: 2, gibibytes: 16, pods: 29 },
  'r6i.xlarge': { cpu: 4, gibibytes: 32, pods: 58 },
  'r6i.2xlarge': { cpu: 8, gibibytes: 64, pods: 58 },
};

/** What the daemon sets of the add-ons ask of each node. Assumed: aws-node 50m, kube-proxy 100m, CSI and identity agents 30m, 200 MiB in all, four pods. */
const daemons = { cpu: 0.18, memory: 200 * 2 ** 20, pods: 4 };

/** https://github.com/awslabs/amazon-eks-ami: kube-reserved by cores and pod limit, 100 MiB eviction threshold. */
function allocatable(instanceType: string): Node['allocatable'] {
  const type = instanceTypes[instanceType];
  if (!type) {
    throw new Unmodelled(
      `The rehearsal does not know the instance type ${instanceType}; it knows ${Object.keys(instanceTypes).join(', ')}. Add its size to rehearsal/kubernetes/nodes.ts.`,
    );
  }
  const shares = [0.06, 0.01, 0.005, 0.005];
  const reservedCpu = Array.from({ length: type.cpu }, (_, core) => shares[core] ?? 0.0025).reduce(
    (sum, share) => sum + share,
    0,
  );
  const reservedMemory = (255 + 11 * type.pods + 100) * 2 ** 20;
  return {
    cpu: type.cpu - reservedCpu - daemons.cpu,
    memory: type.gibibytes * 2 ** 30 - reservedMemory - daemons.memory,
    pods: type.pods - daemons.pods,
  };
}

interface Requirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

interface SchedulingSpec {
  readonly containers: readonly { readonly resources?: { readonly requests?: Readonly<Record<string, string>> } }[];
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly tolerations?: readonly {
    readonly key?: string;
    readonly operator?: string;
    readonly value?: string;
    readonly effect?: string;
  }[];
  readonly affinity?: {
    readonly nodeAffinity?: {
      readonly requiredDuringSchedulingIgnoredDuringExecution?: {
        readonly nodeSelectorTerms: readonly { readonly matchExpressions?: readonly Requirement[] }[];
      };
    };
    readonly podAntiAffinity?: { readonly requiredDuringSchedulingIgnoredDuringExecution?: readonly unknown[] };
  };
}

/** The cluster's nodes and which pod runs where. */
export class Nodes {
  readonly all: Node[] = [];

  /** The whole group at once. */
  add(group: NodeGroupOptions, region: string): void {
    for (let index = 0; index < group.size; index++) {
      this.join(group, `${region}${'abc'[index % 3]}`, group.instanceType);
    }
  }

  /** One more node of the group, under the next free name. */
  join(group: NodeGroupOptions, zone: string, instanceType: string): Node {
    for (let index = 0; ; index++) {
      const name = `${group.name}-${index + 1}`;
      if (this.all.some((node) => node.name === name)) continue;
      const region = zone.slice(0, -1);
      const node: Node = {
        name,
        labels: {
          'kubernetes.io/hostname': name,
          'topology.kubernetes.io/zone': zone,
          'topology.kubernetes.io/region': region,
          'node.kubernetes.io/instance-type': instanceType,
          'eks.amazonaws.com/nodegroup': group.name,
          'eks.amazonaws.com/capacityType': group.spot ? 'SPOT' : 'ON_DEMAND',
          'kubernetes.io/arch': 'amd64',
          'kubernetes.io/os': 'linux',
          ...group.labels,
        },
        taints: group.taints,
        allocatable: allocatable(instanceType),
        pods: new Map(),
        images: new Set(),
      };
      this.all.push(node);
      return node;
    }
  }

  /** Nodes of a group that are there. */
  of(group: string): Node[] {
    return this.all.filter(({ labels }) => labels['eks.amazonaws.com/nodegroup'] === group);
  }

  leave(node: Node): void {
    this.all.splice(this.all.indexOf(node), 1);
  }

  /** The node for a pod, or why there is none, in the scheduler's words. Spreads a workload's pods over nodes. */
  place(pod: KubernetesObject): { readonly node: Node } | { readonly reason: string } {
    const spec = pod.spec as unknown as SchedulingSpec;
    if (spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution) {
      throw new Unmodelled('The rehearsal does not model a required podAntiAffinity; use topologySpreadConstraints.');
    }
    const refusals = new Map<string, number>();
    let best: { node: Node; score: number } | undefined;
    for (const node of this.all) {
      const refusal = refusalOf(node, spec);
      if (refusal) {
        refusals.set(refusal, (refusals.get(refusal) ?? 0) + 1);
        continue;
      }
      const owner = pod.metadata.ownerReferences?.[0]?.uid;
      const siblings = [...node.pods.values()].filter(
        (other) => other.metadata.ownerReferences?.[0]?.uid === owner,
      ).length;
      const score = siblings * 100 + used(node).cpu / node.allocatable.cpu;
      if (!best || score < best.score) best = { node, score };
    }
    if (best) return { node: best.node };
    const counted = [...refusals].map(([reason, count]) => `${count} ${reason}`).join(', ');
    return { reason: `0/${this.all.length} nodes are available: ${counted || 'no nodes'}.` };
  }
}

function refusalOf(node: Node, spec: SchedulingSpec): string | undefined {
  const untolerated = node.taints.find(
    (taint) => /no_?(schedule|execute)/i.test(taint.effect) && !tolerates(spec, taint),
  );
  if (untolerated) return `node(s) had untolerated taint {${untolerated.key}: ${untolerated.value ?? ''}}`;
  const unmatched = Object.entries(spec.nodeSelector ?? {}).some(([key, value]) => node.labels[key] !== value);
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  if (
    unmatched ||
    (terms && !terms.some((term) => (term.matchExpressions ?? []).every((each) => matches(node, each))))
  ) {
    return "node(s) didn't match Pod's node affinity/selector";
  }
  const asked = requestsOf(spec);
  const taken = used(node);
  if (taken.cpu + asked.cpu > node.allocatable.cpu + 1e-9) return 'Insufficient cpu';
  if (taken.memory + asked.memory > node.allocatable.memory) return 'Insufficient memory';
  return node.pods.size >= node.allocatable.pods ? 'Too many pods' : undefined;
}

function tolerates(spec: SchedulingSpec, taint: Taint): boolean {
  // EKS writes NO_SCHEDULE, Kubernetes NoSchedule: https://docs.aws.amazon.com/eks/latest/APIReference/API_Taint.html
  const plain = (effect: string) => effect.replaceAll('_', '').toLowerCase();
  return (spec.tolerations ?? []).some(
    ({ key, operator = 'Equal', value, effect }) =>
      (key === undefined || key === taint.key) &&
      (effect === undefined || plain(effect) === plain(taint.effect)) &&
      (operator === 'Exists' || (value ?? '') === (taint.value ?? '')),
  );
}

function matches(node: Node, { key, operator, values = [] }: Requirement): boolean {
  const value = node.labels[key];
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      throw new Unmodelled(
        `The rehearsal does not model the node affinity operator ${operator}; modelled are In, NotIn, Exists, DoesNotExist.`,
      );
  }
}

/** Cores and bytes that a pod asks for. */
export function requestsOf(spec: Pick<SchedulingSpec, 'containers'>): { cpu: number; memory: number } {
  let cpu = 0;
  let memory = 0;
  for (const { resources } of spec.containers) {
    cpu += parseQuantity(resources?.requests?.['cpu'] ?? '0');
    memory += parseQuantity(resources?.requests?.['memory'] ?? '0');
  }
  return { cpu, memory };
}

function used(node: Node): { cpu: number; memory: number } {
  const total = { cpu: 0, memory: 0 };
  for (const pod of node.pods.values()) {
    const asked = requestsOf(pod.spec as unknown as SchedulingSpec);
    total.cpu += asked.cpu;
    total.memory += asked.memory;
  }
  return total;
}
