import { z } from 'zod';
import { cidr, instanceType, name, positive, region } from './basics.ts';

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

/** Argo CD, run by EKS. People log in through IAM Identity Center: it has no other way. */
export const gitOps = z.strictObject({
  identityCenter: z.strictObject({
    instanceArn: z
      .string()
      .regex(/^arn:aws:sso:::instance\/(sso)?ins-[a-zA-Z0-9.-]{16}$/, 'the ARN of an Identity Center instance'),
    region,
  }),
  /** Ids of Identity Center groups whose members administer Argo CD. */
  administratorGroups: z.array(z.string().regex(/^[0-9a-f-]{36,47}$/, "a group's id of Identity Center")).min(1),
  /** What is kept in Git and applied to the environment's namespace. */
  source: z.strictObject({
    repository: z.string().regex(/^(https:\/\/|git@)/, 'a repository by https:// or git@'),
    revision: z.string().min(1),
    /** Folder of the repository; `{environment}` stands for the environment's name. */
    path: z.string().min(1),
  }),
});

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
  /** Left out: nothing but the app applies objects. */
  gitOps: gitOps.optional(),
});
