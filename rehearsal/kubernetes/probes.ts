export interface Probe {
  readonly initialDelaySeconds?: number;
  readonly periodSeconds?: number;
  readonly successThreshold?: number;
  readonly failureThreshold?: number;
  readonly timeoutSeconds?: number;
}

export interface ContainerSpec {
  readonly name: string;
  readonly image: string;
  readonly resources?: {
    readonly requests?: Readonly<Record<string, string>>;
    readonly limits?: Readonly<Record<string, string>>;
  };
  readonly startupProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly lifecycle?: {
    readonly preStop?: {
      readonly sleep?: { readonly seconds?: number };
      readonly exec?: { readonly command?: readonly string[] };
    };
  };
}

export interface PodSpec {
  readonly containers: readonly ContainerSpec[];
  readonly initContainers?: readonly ContainerSpec[];
  readonly terminationGracePeriodSeconds?: number;
}

const initialDelay = (probe: Probe): number => probe.initialDelaySeconds ?? 0;
const period = (probe: Probe): number => probe.periodSeconds ?? 10;

/** Seconds after the container's start of the first probe that happens at or after a time. */
function firstProbeFrom(probe: Probe, seconds: number): number {
  const delay = initialDelay(probe);
  return delay + Math.max(0, Math.ceil((seconds - delay) / period(probe))) * period(probe);
}

/**
 * When a container that answers from `startSeconds` on becomes ready, or is killed before, in seconds after its start; computed
 * instead of probed. https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/
 * Left out: the random delay of up to one period that a restarted kubelet adds.
 */
export function probeTimes(
  container: ContainerSpec,
  startSeconds: number,
): { readonly readyAfterSeconds: number; readonly killedAfterSeconds?: number } {
  const { startupProbe, livenessProbe, readinessProbe } = container;
  const started = startupProbe ? firstProbeFrom(startupProbe, startSeconds) : 0;
  const patience = (probe: Probe) => initialDelay(probe) + (probe.failureThreshold ?? 3) * period(probe);
  const guard = startupProbe ?? livenessProbe;
  if (guard && firstProbeFrom(guard, startSeconds) >= patience(guard)) {
    return { readyAfterSeconds: Number.POSITIVE_INFINITY, killedAfterSeconds: patience(guard) };
  }
  if (!readinessProbe) return { readyAfterSeconds: startupProbe ? started : 0 };
  const first = firstProbeFrom(readinessProbe, Math.max(started, startSeconds));
  return { readyAfterSeconds: first + ((readinessProbe.successThreshold ?? 1) - 1) * period(readinessProbe) };
}

/** Seconds that a preStop hook sleeps before SIGTERM; 0 where there is none, or one that does not sleep. */
export function preStopSeconds(container: ContainerSpec): number {
  const preStop = container.lifecycle?.preStop;
  if (preStop?.sleep?.seconds !== undefined) return preStop.sleep.seconds;
  const match = /\bsleep\s+(\d+)\b/.exec((preStop?.exec?.command ?? []).join(' '));
  return match ? Number(match[1]) : 0;
}
