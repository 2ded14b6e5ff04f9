import type { FaultPlan } from '../faults/fault.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { EventLog } from '../kernel/log.ts';
import type { Traffic } from '../traffic/traffic.ts';
import type { Cluster } from './cluster.ts';
import type { KubernetesObject } from './objects.ts';

/** Health checks of a target group, seconds. */
export interface HealthCheck {
  readonly path: string;
  readonly intervalSeconds: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
}

/** A resource of Elastic Load Balancing: its ARN, and the part of it that CloudWatch's dimensions carry. */
export interface NamedArn {
  readonly arn: string;
  /** `app/name/id` or `targetgroup/name/id`. */
  readonly fullName: string;
}

/** What the load balancer controller asks of Elastic Load Balancing. Throws AwsError. */
export interface LoadBalancing {
  createLoadBalancer(request: {
    readonly name: string;
    readonly scheme: string;
    readonly tags: Readonly<Record<string, string>>;
    readonly attributes: Readonly<Record<string, string>>;
  }): Promise<NamedArn & { readonly dnsName: string }>;
  createTargetGroup(request: {
    readonly name: string;
    readonly port: number;
    readonly loadBalancerArn: string;
    readonly healthCheck: HealthCheck;
    readonly tags: Readonly<Record<string, string>>;
  }): Promise<NamedArn>;
}

/** A pod behind a target group, as Elastic Load Balancing's own view of it. */
export interface RegisteredTarget {
  /** IP address. */
  readonly id: string;
  readonly port: number;
  readonly state: 'initial' | 'healthy' | 'unhealthy' | 'draining' | 'unused';
}

/** Where the controller's registrations become visible to DescribeTargetHealth. */
export interface TargetRegistry {
  setTargets(targetGroupArn: string, targets: readonly RegisteredTarget[]): void;
  deregisterTargets(targetGroupArn: string, targets: readonly Pick<RegisteredTarget, 'id' | 'port'>[]): void;
}

/** Who is behind an EKS token. */
export interface TokenCaller {
  readonly roleArn: string;
  readonly sessionName: string;
}

/** What a cluster needs from the world around it. */
export interface ClusterPorts {
  readonly kernel: Kernel;
  readonly log: EventLog;
  readonly faults: FaultPlan;
  readonly traffic: Traffic;
  /** The digest of an image as the cluster's region has it in ECR; undefined where it can't be pulled. */
  imageDigest(image: string): string | undefined;
  /** Mounts the volumes of a pod that are no part of the node. Answers why it could not; undefined where all are there. */
  mountVolumes(cluster: Cluster, pod: KubernetesObject): Promise<string | undefined>;
  /** CIDRs of the subnets of the cluster's VPC in which load balancers of this scheme stand. */
  loadBalancerSubnets(scheme: string): readonly string[];
  /** Verifies a presigned GetCallerIdentity URL and the cluster name it was signed for. Throws AwsError. */
  verifyToken(presignedUrl: string, clusterName: string): TokenCaller;
}

/** How a cluster is made. */
export interface ClusterOptions {
  readonly name: string;
  readonly region: string;
  readonly account: string;
  readonly vpcId?: string;
  readonly publicAccess: boolean;
  readonly privateAccess: boolean;
}
