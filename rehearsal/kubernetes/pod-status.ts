import { type KubernetesObject, timestamp } from './objects.ts';
import type { PodRuntime } from './pod-runtime.ts';

/** The status that `kubectl get pod -o json` would show. */
export function podStatus(runtime: PodRuntime, previous: KubernetesObject['status'], now: number): object {
  const known = (previous?.['conditions'] ?? []) as { type: string; status: string; lastTransitionTime: string }[];
  const condition = (type: string, holds: boolean, reason?: string, message?: string) => {
    const status = holds ? 'True' : 'False';
    const before = known.find((each) => each.type === type);
    const lastTransitionTime = before?.status === status ? before.lastTransitionTime : timestamp(now);
    return { type, status, lastTransitionTime, ...(holds || !reason ? {} : { reason, message: message ?? '' }) };
  };
  const { container, lastTermination, reason, node } = runtime;
  const waiting =
    !runtime.startedAt && node ? { waiting: { reason: runtime.status, message: reason ?? '' } } : undefined;
  return {
    phase: runtime.phase,
    conditions: [
      condition('PodScheduled', node !== undefined, 'Unschedulable', reason),
      condition('Initialized', node !== undefined),
      condition(
        'ContainersReady',
        runtime.containersReady,
        'ContainersNotReady',
        `containers with unready status: [${container.name}]`,
      ),
      condition('Ready', runtime.ready, runtime.containersReady ? 'ReadinessGatesNotReady' : 'ContainersNotReady'),
    ],
    ...(node ? { hostIP: node.name } : {}),
    containerStatuses: node
      ? [
          {
            name: container.name,
            image: container.image,
            imageID: runtime.digest ? `${container.image.replace(/[@:][^/]*$/, '')}@${runtime.digest}` : '',
            ready: runtime.containersReady,
            started: runtime.startedAt !== undefined,
            restartCount: runtime.restarts,
            state: waiting ?? (runtime.startedAt ? { running: { startedAt: timestamp(runtime.startedAt) } } : {}),
            lastState: lastTermination
              ? {
                  terminated: {
                    reason: lastTermination.reason,
                    exitCode: lastTermination.exitCode,
                    finishedAt: timestamp(lastTermination.at),
                  },
                }
              : {},
          },
        ]
      : [],
  };
}
