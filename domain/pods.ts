/** What one pod's service container shows. */
export interface PodSeen {
  readonly name: string;
  /** Image reference that the pod was made with. */
  readonly image: string;
  readonly ready: boolean;
  readonly restarts: number;
  /** `CrashLoopBackOff`, `ImagePullBackOff`, `ErrImagePull`, … while the container waits. */
  readonly waitingReason?: string;
  /** `OOMKilled`, `Error`, … of the container's last end. */
  readonly lastEndReason?: string;
  readonly lastExitCode?: number;
  /** Why no node takes it, from the condition PodScheduled. */
  readonly unschedulable?: string;
}

/** A Deployment as a rollout is followed by. */
export interface RolloutSeen {
  readonly image: string;
  readonly replicas: number;
  readonly updatedReplicas: number;
  readonly readyReplicas: number;
  readonly availableReplicas: number;
  /** All pods, those of an older template included. */
  readonly totalReplicas: number;
  /** The controller has seen the newest specification. */
  readonly observed: boolean;
}

export interface Rollout {
  readonly state: 'waiting' | 'ready' | 'broken';
  readonly reason: string;
}

/** Reasons that do not mend themselves (https://kubernetes.io/docs/concepts/containers/images/, .../workloads/pods/pod-lifecycle/). */
const hopeless: Readonly<Record<string, string>> = {
  CrashLoopBackOff: 'crashes again and again',
  ImagePullBackOff: 'cannot pull its image',
  InvalidImageName: 'has an image name that is none',
  CreateContainerConfigError: 'lacks a configuration that it refers to',
};

/**
 * Whether the pods of an image are up. `broken` as soon as waiting on is pointless: a crash loop, an image that can't be pulled, a
 * container killed for its memory, or the time over. Pods of other images are not looked at: they are on their way out.
 */
export function decideRollout(
  rollout: RolloutSeen,
  pods: readonly PodSeen[],
  image: string,
  elapsedSeconds: number,
  timeoutSeconds: number,
): Rollout {
  const ofImage = pods.filter((pod) => pod.image === image);
  const trouble = troubleOf(ofImage);
  if (trouble) return { state: 'broken', reason: trouble };
  const { replicas, updatedReplicas, availableReplicas, totalReplicas, observed } = rollout;
  const settled = observed && rollout.image === image && updatedReplicas === replicas && totalReplicas === replicas;
  const counted = `${rollout.readyReplicas} of ${replicas} pods ready`;
  if (settled && availableReplicas === replicas) return { state: 'ready', reason: counted };
  if (elapsedSeconds < timeoutSeconds) return { state: 'waiting', reason: counted };
  const detail = ofImage.find((pod) => pod.unschedulable)?.unschedulable;
  return {
    state: 'broken',
    reason: `Not ready within ${timeoutSeconds} s: ${counted}${detail ? `; ${detail}` : ''}.`,
  };
}

/**
 * What is wrong with pods that serve, or undefined. One restart is enough: the container ended by itself, by its memory limit or by
 * its liveness probe, and does so under the traffic that it has.
 */
export function troubleOf(pods: readonly PodSeen[]): string | undefined {
  const killed = pods.find((pod) => pod.lastEndReason === 'OOMKilled');
  if (killed)
    return `Pod ${killed.name} was killed for using more memory than its limit (OOMKilled, ${restarts(killed)}).`;
  const stuck = pods.find((pod) => pod.waitingReason !== undefined && pod.waitingReason in hopeless);
  if (stuck) {
    const reason = stuck.waitingReason ?? '';
    return `Pod ${stuck.name} ${hopeless[reason]} (${reason}${exit(stuck)}).`;
  }
  return undefined;
}

/** As troubleOf, and any restart at all: for pods that take traffic. */
export function troubleWhileServing(pods: readonly PodSeen[]): string | undefined {
  const trouble = troubleOf(pods);
  if (trouble) return trouble;
  const restarted = pods.find((pod) => pod.restarts > 0);
  if (!restarted) return undefined;
  return `Pod ${restarted.name} restarted (${restarted.lastEndReason ?? 'no reason given'}${exit(restarted)}, ${restarts(restarted)}).`;
}

function restarts(pod: PodSeen): string {
  return pod.restarts === 1 ? '1 restart' : `${pod.restarts} restarts`;
}

function exit(pod: PodSeen): string {
  return pod.lastExitCode === undefined ? '' : `, exit code ${pod.lastExitCode}`;
}
