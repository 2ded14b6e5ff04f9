import { z } from 'zod';
import { cidr, instanceType, name, positive } from './basics.ts';

export const taintEffects = ['NO_SCHEDULE', 'NO_EXECUTE', 'PREFER_NO_SCHEDULE'] as const;

/** A managed node group, the same in both regions. */
export const nodeGroup = z.strictObject({
  name,
  instanceTypes: z.array(instanceType).min(1),
  purchase: z.enum(['spot', 'on-demand']),
  /** Nodes. */
  capacity: z.strictObject({ minimum: z.int().min(0), desired: z.int().min(0), maximum: positive }),
  diskGibibytes: positive,
  /** A workload placed on the group by a service of ours tolerates its taints. */
  taints: z.array(z.strictObject({ key: z.string().min(1), value: z.string(), effect: z.enum(taintEffects) })),
  labels: z.record(z.string(), z.string()),
});

export const addOns = [
  'vpc-cni',
  'coredns',
  'kube-proxy',
  'aws-ebs-csi-driver',
  'metrics-server',
  'kube-state-metrics',
] as const;

export const cluster = z.strictObject({
  /** Kubernetes minor version, such as 1.36. */
  kubernetesVersion: z.string().regex(/^1\.\d{2}$/, 'a Kubernetes minor version, such as 1.36'),
  /** Ranges that may reach the cluster's public endpoint. Empty: the endpoint is private. */
  publicEndpointCidrs: z.array(cidr),
  /** EKS add-ons; EKS chooses the default version for the cluster's Kubernetes. */
  addOns: z.array(z.enum(addOns)).min(1),
  controlPlaneLogs: z.array(z.enum(['api', 'audit', 'authenticator', 'controllerManager', 'scheduler'])),
  logRetentionDays: positive,
  nodeGroups: z.array(nodeGroup).min(1),
  /** The group (without taints) that the cluster's own add-ons and controllers run on. */
  systemNodeGroup: name,
});
