import type { DeploymentSpec } from './deployments.ts';
import { type KubernetesObject, timestamp } from './objects.ts';
import { rolloutLimits } from './rollout.ts';

export interface ReplicaSetView {
  readonly name: string;
  readonly replicas: number;
  readonly pods: number;
  readonly ready: number;
  readonly available: number;
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly lastUpdateTime: string;
  readonly lastTransitionTime: string;
}

export interface DeploymentStatus {
  readonly observedGeneration: number;
  readonly replicas?: number;
  readonly updatedReplicas?: number;
  readonly readyReplicas?: number;
  readonly availableReplicas?: number;
  readonly unavailableReplicas?: number;
  readonly conditions: readonly Condition[];
}

/**
 * The Deployment's status as `kubectl rollout status` reads it; counts of 0 are left out as the server does. `deadlineAt`: when the rollout
 * will have made no progress for too long. https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#deployment-status
 */
export function deploymentStatus(input: {
  readonly deployment: KubernetesObject;
  readonly spec: DeploymentSpec;
  readonly views: readonly ReplicaSetView[];
  readonly freshName: string | undefined;
  readonly failure: string | undefined;
  readonly now: number;
}): { readonly status: DeploymentStatus; readonly deadlineAt: number | undefined } {
  const { deployment, spec, views, now } = input;
  const before = deployment.status as unknown as DeploymentStatus | undefined;
  const sum = (pick: (view: ReplicaSetView) => number) => views.reduce((total, view) => total + pick(view), 0);
  const fresh = views.find(({ name }) => name === input.freshName);
  const counts = {
    replicas: sum(({ pods }) => pods),
    updatedReplicas: fresh?.pods ?? 0,
    readyReplicas: sum(({ ready }) => ready),
    availableReplicas: sum(({ available }) => available),
    unavailableReplicas: Math.max(0, sum(({ replicas }) => replicas) - sum(({ available }) => available)),
  };
  const { maxSurge, maxUnavailable } = spec.strategy.rollingUpdate ?? { maxSurge: 0, maxUnavailable: spec.replicas };
  const limits = rolloutLimits(spec.replicas, maxSurge, maxUnavailable);
  const isAvailable = counts.availableReplicas >= spec.replicas - limits.maxUnavailable;
  const isComplete =
    counts.updatedReplicas === spec.replicas &&
    counts.replicas === spec.replicas &&
    counts.availableReplicas >= spec.replicas;
  const progress = progressing(input, before, counts, isComplete);
  const conditions = [
    condition(
      before,
      'Available',
      isAvailable,
      isAvailable ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
      now,
    ),
    progress.condition,
    ...(input.failure === undefined
      ? []
      : [condition(before, 'ReplicaFailure', true, 'FailedCreate', now, input.failure)]),
  ];
  const nonzero = Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
  const status = { observedGeneration: deployment.metadata.generation ?? 1, ...nonzero, conditions };
  return { status, deadlineAt: progress.deadlineAt };
}

function progressing(
  { deployment, spec, freshName, now }: Parameters<typeof deploymentStatus>[0],
  before: DeploymentStatus | undefined,
  counts: {
    readonly updatedReplicas: number;
    readonly readyReplicas: number;
    readonly availableReplicas: number;
    readonly replicas: number;
  },
  isComplete: boolean,
): { readonly condition: Condition; readonly deadlineAt: number | undefined } {
  const previous = before?.conditions.find(({ type }) => type === 'Progressing');
  if (isComplete) {
    const message = `ReplicaSet "${freshName}" has successfully progressed.`;
    return {
      condition: condition(before, 'Progressing', true, 'NewReplicaSetAvailable', now, message),
      deadlineAt: undefined,
    };
  }
  const old = (status: DeploymentStatus | undefined) => (status?.replicas ?? 0) - (status?.updatedReplicas ?? 0);
  const hasProgressed =
    previous === undefined ||
    previous.reason === 'NewReplicaSetAvailable' ||
    before?.observedGeneration !== deployment.metadata.generation ||
    counts.updatedReplicas > (before?.updatedReplicas ?? 0) ||
    counts.replicas - counts.updatedReplicas < old(before) ||
    counts.readyReplicas > (before?.readyReplicas ?? 0) ||
    counts.availableReplicas > (before?.availableReplicas ?? 0);
  const message = `ReplicaSet "${freshName}" is progressing.`;
  if (hasProgressed) {
    const fresh = {
      ...condition(before, 'Progressing', true, 'ReplicaSetUpdated', now, message),
      lastUpdateTime: timestamp(now),
    };
    return { condition: fresh, deadlineAt: now + spec.progressDeadlineSeconds * 1000 };
  }
  const deadlineAt = Date.parse(previous.lastUpdateTime) + spec.progressDeadlineSeconds * 1000;
  if (now < deadlineAt) return { condition: previous, deadlineAt };
  const late = condition(
    before,
    'Progressing',
    false,
    'ProgressDeadlineExceeded',
    now,
    `ReplicaSet "${freshName}" has timed out progressing.`,
  );
  return { condition: late, deadlineAt: undefined };
}

function condition(
  before: DeploymentStatus | undefined,
  type: string,
  holds: boolean,
  reason: string,
  now: number,
  message = '',
): Condition {
  const status = holds ? 'True' : 'False';
  const known = before?.conditions.find((each) => each.type === type);
  if (known && known.status === status && known.reason === reason && known.message === message) return known;
  return {
    type,
    status,
    reason,
    message,
    lastUpdateTime: timestamp(now),
    lastTransitionTime: known?.status === status ? known.lastTransitionTime : timestamp(now),
  };
}
