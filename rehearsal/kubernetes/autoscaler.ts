import { autoscalerPeriodMilliseconds } from '../aws/durations.ts';
import { Unmodelled } from '../aws/service.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Traffic } from '../traffic/traffic.ts';
import { kindNamed } from './kinds.ts';
import { requestsOf } from './nodes.ts';
import { type KubernetesObject, timestamp } from './objects.ts';
import type { PodRuntime } from './pod-runtime.ts';
import type { Pods } from './pods.ts';
import { setScale } from './requests.ts';
import { type LabelSelector, selects } from './selectors.ts';
import type { ObjectStore } from './store.ts';

interface ScalingRules {
  readonly stabilizationWindowSeconds?: number;
  readonly selectPolicy?: 'Max' | 'Min' | 'Disabled';
  readonly policies?: readonly {
    readonly type: 'Pods' | 'Percent';
    readonly value: number;
    readonly periodSeconds: number;
  }[];
}

interface AutoscalerSpec {
  readonly scaleTargetRef: { readonly kind: string; readonly name: string };
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly metrics?: readonly {
    readonly type: string;
    readonly resource?: {
      readonly name: string;
      readonly target: { readonly type: string; readonly averageUtilization?: number };
    };
  }[];
  readonly behavior?: { readonly scaleUp?: ScalingRules; readonly scaleDown?: ScalingRules };
}

/** What an autoscaler remembers. */
interface Memory {
  readonly recommendations: { readonly at: number; readonly replicas: number }[];
  readonly changes: { readonly at: number; readonly by: number }[];
}

/** Defaults: https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#default-behavior */
const defaultUp: Required<ScalingRules> = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    { type: 'Percent', value: 100, periodSeconds: 15 },
    { type: 'Pods', value: 4, periodSeconds: 15 },
  ],
};
const defaultDown: Required<ScalingRules> = {
  stabilizationWindowSeconds: 300,
  selectPolicy: 'Max',
  policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
};
const tolerance = 0.1;
/** CPU that an idle container uses, of its request. Assumed. */
const idleShare = 0.02;

/** The HorizontalPodAutoscaler controller. An autoscaler whose target stands at 0 replicas sleeps until that changes. */
export class Autoscalers {
  readonly #kernel: Kernel;
  readonly #store: ObjectStore;
  readonly #pods: Pods;
  readonly #traffic: Traffic;
  readonly #region: string;
  readonly #memories = new Map<string, Memory>();
  readonly #awake = new Set<string>();

  constructor(options: {
    readonly kernel: Kernel;
    readonly store: ObjectStore;
    readonly pods: Pods;
    readonly traffic: Traffic;
    /** Of the cluster: only where users are is there work from queues. */
    readonly region: string;
  }) {
    this.#kernel = options.kernel;
    this.#store = options.store;
    this.#pods = options.pods;
    this.#traffic = options.traffic;
    this.#region = options.region;
    options.store.watch(({ kind, after, before }) => {
      if (kind === 'HorizontalPodAutoscaler' && after && before?.metadata.generation !== after.metadata.generation)
        this.#wake(after);
      if (kind !== 'Deployment' || !after || before?.spec?.['replicas'] === after.spec?.['replicas']) return;
      for (const scaler of this.#store.list('HorizontalPodAutoscaler', after.metadata.namespace)) {
        if (specOf(scaler).scaleTargetRef.name === after.metadata.name) this.#wake(scaler);
      }
    });
  }

  #wake(scaler: KubernetesObject): void {
    const key = `${scaler.metadata.namespace}/${scaler.metadata.name}`;
    if (this.#awake.has(key)) return;
    this.#awake.add(key);
    this.#kernel.after(autoscalerPeriodMilliseconds, `autoscaler ${key}`, () => {
      this.#awake.delete(key);
      const live = this.#store.get('HorizontalPodAutoscaler', scaler.metadata.namespace, scaler.metadata.name);
      if (live && this.#evaluate(live, key)) this.#wake(live);
    });
  }

  /** Looks once; true while there is something to look at. */
  #evaluate(scaler: KubernetesObject, key: string): boolean {
    const spec = specOf(scaler);
    const target = this.#store.get(spec.scaleTargetRef.kind, scaler.metadata.namespace, spec.scaleTargetRef.name);
    const current = Number(target?.spec?.['replicas'] ?? 0);
    if (!target || current === 0) {
      const reason = target ? 'ScalingDisabled' : 'FailedGetScale';
      this.#memories.delete(key);
      this.#report(scaler, { current, desired: current, active: false, reason });
      return false;
    }
    const ready = this.#pods.all.filter(({ pod, ready }) => ready && isOf(pod, target));
    const measured = ready.length === 0 ? undefined : this.#wanted(spec, ready);
    if (measured === undefined) {
      this.#report(scaler, { current, desired: current, active: false, reason: 'FailedGetResourceMetric' });
      return true;
    }
    const memory = this.#memories.get(key) ?? { recommendations: [], changes: [] };
    this.#memories.set(key, memory);
    const desired = this.#stabilised(spec, memory, current, Math.ceil(measured));
    this.#report(scaler, { current, desired, active: true, reason: 'ValidMetricFound' });
    if (desired !== current) {
      memory.changes.push({ at: this.#kernel.now(), by: desired - current });
      const writer = { manager: 'kube-controller-manager' };
      setScale(this.#store, { kind: kindNamed(target.kind) }, target, desired, { writer });
    }
    return true;
  }

  /** Replicas by the metric that asks for most; undefined where a request is missing. */
  #wanted(spec: AutoscalerSpec, ready: readonly PodRuntime[]): number | undefined {
    const wanted: number[] = [];
    const queued = this.#traffic.hasUsersIn(this.#region)
      ? this.#traffic.work.coresOfEach(spec.scaleTargetRef.name, ready.length)
      : 0;
    for (const { type, resource } of spec.metrics ?? []) {
      const goal = resource?.target.averageUtilization;
      if (type !== 'Resource' || !resource || goal === undefined || !['cpu', 'memory'].includes(resource.name)) {
        throw new Unmodelled("The rehearsal's autoscaler models the average utilization of cpu and memory alone.");
      }
      let utilization = 0;
      for (const runtime of ready) {
        const requests = requestsOf({ containers: [runtime.container] });
        const request = resource.name === 'cpu' ? requests.cpu : requests.memory;
        if (request === 0) return undefined;
        const used =
          resource.name === 'cpu'
            ? this.#traffic.coresOf(runtime.pod.metadata.name) + queued + request * idleShare
            : runtime.memory;
        utilization += (100 * used) / request / ready.length;
      }
      const ratio = utilization / goal;
      wanted.push(Math.abs(ratio - 1) <= tolerance ? ready.length : Math.ceil(ready.length * ratio - 1e-9));
    }
    return wanted.length === 0 ? undefined : Math.max(...wanted);
  }

  /** Stabilisation windows, policies and limits. */
  #stabilised(spec: AutoscalerSpec, memory: Memory, current: number, measured: number): number {
    const now = this.#kernel.now();
    const up = { ...defaultUp, ...spec.behavior?.scaleUp };
    const down = { ...defaultDown, ...spec.behavior?.scaleDown };
    memory.recommendations.push({ at: now, replicas: measured });
    const within = (seconds: number) =>
      memory.recommendations.filter(({ at }) => at > now - seconds * 1000 || at === now);
    const kept = within(Math.max(up.stabilizationWindowSeconds, down.stabilizationWindowSeconds));
    memory.recommendations.splice(0, memory.recommendations.length, ...kept);
    const lowest = Math.min(...within(up.stabilizationWindowSeconds).map(({ replicas }) => replicas));
    const highest = Math.max(...within(down.stabilizationWindowSeconds).map(({ replicas }) => replicas));
    let desired = Math.max(Math.min(current, highest), lowest);
    desired = Math.min(spec.maxReplicas, Math.max(spec.minReplicas, desired));
    if (desired > current) return Math.min(desired, limit(up, memory, current, now, 1));
    if (desired < current) return Math.max(desired, limit(down, memory, current, now, -1));
    return desired;
  }

  #report(
    scaler: KubernetesObject,
    seen: { readonly current: number; readonly desired: number; readonly active: boolean; readonly reason: string },
  ): void {
    const known = (scaler.status?.['conditions'] ?? []) as {
      type: string;
      status: string;
      lastTransitionTime: string;
    }[];
    const status = seen.active ? 'True' : 'False';
    const before = known.find(({ type }) => type === 'ScalingActive');
    const since = before?.status === status ? before.lastTransitionTime : timestamp(this.#kernel.now());
    this.#store.setStatus(scaler, {
      observedGeneration: scaler.metadata.generation ?? 1,
      currentReplicas: seen.current,
      desiredReplicas: seen.desired,
      conditions: [{ type: 'ScalingActive', status, reason: seen.reason, message: '', lastTransitionTime: since }],
    });
  }
}

/** How far the policies let the replicas go in this direction now. */
function limit(rules: Required<ScalingRules>, memory: Memory, current: number, now: number, direction: 1 | -1): number {
  if (rules.selectPolicy === 'Disabled') return current;
  const limits = rules.policies.map(({ type, value, periodSeconds }) => {
    const recent = memory.changes.filter(({ at, by }) => at > now - periodSeconds * 1000 && by * direction > 0);
    const start = current - recent.reduce((sum, { by }) => sum + by, 0);
    if (type === 'Pods') return start + direction * value;
    return direction > 0 ? Math.ceil(start * (1 + value / 100)) : Math.floor(start * (1 - value / 100));
  });
  const furthest = direction > 0 ? Math.max(...limits) : Math.min(...limits);
  const nearest = direction > 0 ? Math.min(...limits) : Math.max(...limits);
  return rules.selectPolicy === 'Min' ? nearest : furthest;
}

function specOf(scaler: KubernetesObject): AutoscalerSpec {
  return scaler.spec as unknown as AutoscalerSpec;
}

function isOf(pod: KubernetesObject, deployment: KubernetesObject): boolean {
  if (pod.metadata.namespace !== deployment.metadata.namespace) return false;
  return selects((deployment.spec?.['selector'] ?? {}) as LabelSelector, pod.metadata.labels ?? {});
}
