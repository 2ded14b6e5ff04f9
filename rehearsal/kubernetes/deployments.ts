import { controllerReactionMilliseconds } from '../aws/durations.ts';
import { Unmodelled } from '../aws/service.ts';
import type { Timer } from '../kernel/kernel.ts';
import type { EventLog } from '../kernel/log.ts';
import { hash32 } from '../kernel/random.ts';
import { deploymentStatus, type ReplicaSetView } from './deployment-status.ts';
import { kindNamed } from './kinds.ts';
import type { JsonObject, KubernetesObject } from './objects.ts';
import { ownedBy, type PodTemplate, ReplicaSets, type ReplicaSetsOptions } from './replica-sets.ts';
import { nextSizes, rolloutLimits } from './rollout.ts';

const revisionAnnotation = 'deployment.kubernetes.io/revision';
const hashLabel = 'pod-template-hash';

export interface DeploymentSpec {
  readonly replicas: number;
  readonly template: PodTemplate;
  readonly strategy: {
    readonly type: string;
    readonly rollingUpdate?: { readonly maxSurge: number | string; readonly maxUnavailable: number | string };
  };
  readonly minReadySeconds?: number;
  readonly paused?: boolean;
  readonly progressDeadlineSeconds: number;
  readonly revisionHistoryLimit: number;
}

export interface DeploymentsOptions extends ReplicaSetsOptions {
  readonly log: EventLog;
  readonly region: string;
}

/** The Deployment controller: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/ */
export class Deployments {
  readonly #options: DeploymentsOptions;
  readonly #replicaSets: ReplicaSets;
  readonly #due = new Map<string, Timer>();
  readonly #deadlines = new Map<string, Timer>();
  readonly #logged = new Map<string, string>();
  /** Deployments of which a pod was refused. */
  readonly #refused = new Set<string>();

  constructor(options: DeploymentsOptions) {
    this.#options = options;
    this.#replicaSets = new ReplicaSets(options);
    options.store.watch(({ kind, before, after }) => {
      if (kind === 'Deployment' && after && before?.metadata.generation !== after.metadata.generation)
        this.#soon(keyOf(after));
      if (kind === 'Deployment' && !after && before) this.#deadlines.get(keyOf(before))?.cancel();
      if (after && ['ServiceAccount', 'Namespace'].includes(kind)) this.#tryAgain();
      if (kind === 'ReplicaSet' && !after && before)
        for (const { pod } of this.#replicaSets.podsOf(before)) options.pods.terminate(pod);
    });
    options.pods.watch(({ pod }) => {
      const owner = this.#ownerOf(pod);
      if (owner) this.#soon(keyOf(owner));
    });
  }

  /** Pods that were refused may be allowed now. The real controller tries again and again, ever more rarely. */
  #tryAgain(): void {
    for (const key of this.#refused) this.#soon(key);
  }

  /** Reconciles the Deployment once, a moment from now. */
  #soon(key: string, milliseconds = controllerReactionMilliseconds): void {
    const due = this.#due.get(key);
    if (due && due.at <= this.#options.kernel.now() + milliseconds) return;
    due?.cancel();
    const timer = this.#options.kernel.after(milliseconds, `deployment ${key}`, () => {
      this.#due.delete(key);
      this.#reconcile(key);
    });
    this.#due.set(key, timer);
  }

  #reconcile(key: string): void {
    const [namespace, name] = key.split('/') as [string, string];
    const deployment = this.#options.store.get('Deployment', namespace, name);
    if (!deployment) return;
    const spec = deployment.spec as unknown as DeploymentSpec;
    if (spec.paused) throw new Unmodelled(`The rehearsal does not model paused Deployments; ${key} is one.`);
    const sets = this.#setsOf(deployment);
    const hash = templateHash(spec.template);
    let fresh = sets.find((set) => set.metadata.labels?.[hashLabel] === hash);
    fresh ??= this.#createSet(deployment, spec, hash, sets);
    this.#markRevision(deployment, fresh, sets);
    const old = this.#setsOf(deployment).filter((set) => set.metadata.uid !== fresh.metadata.uid);
    this.#resize(deployment, spec, fresh, old);
    let refusal: string | undefined;
    for (const set of this.#setsOf(deployment)) refusal = this.#replicaSets.fill(set) ?? refusal;
    if (refusal === undefined) this.#refused.delete(key);
    else this.#refused.add(key);
    this.#writeStatus(namespace, name, { freshName: fresh.metadata.name, failure: refusal });
  }

  #resize(
    deployment: KubernetesObject,
    spec: DeploymentSpec,
    fresh: KubernetesObject,
    old: readonly KubernetesObject[],
  ): void {
    const views = old.map((set) => this.view(set, spec));
    if (spec.replicas === 0) {
      for (const set of [...old, fresh]) this.#setSize(set, 0);
      return;
    }
    const freshView = this.view(fresh, spec);
    if (spec.strategy.type === 'Recreate') {
      for (const set of old) this.#setSize(set, 0);
      const gone = views.every((view) => view.pods === 0) && this.#leaving(deployment) === 0;
      if (gone) this.#setSize(fresh, spec.replicas);
      return;
    }
    const { maxSurge, maxUnavailable } = spec.strategy.rollingUpdate ?? { maxSurge: '25%', maxUnavailable: '25%' };
    const sizes = nextSizes(rolloutLimits(spec.replicas, maxSurge, maxUnavailable), freshView, views);
    this.#setSize(fresh, sizes.fresh);
    old.forEach((set, index) => {
      this.#setSize(set, sizes.old[index] ?? 0);
    });
  }

  /** A ReplicaSet with the state of its pods. */
  view(set: KubernetesObject, spec: DeploymentSpec): ReplicaSetView {
    const now = this.#options.kernel.now();
    const runtimes = this.#replicaSets.podsOf(set).filter((runtime) => !runtime.terminating);
    const wait = (spec.minReadySeconds ?? 0) * 1000;
    const ready = runtimes.filter((runtime) => runtime.ready);
    const available = ready.filter(({ readyAt }) => readyAt !== undefined && now - readyAt >= wait);
    const next = ready.find((runtime) => !available.includes(runtime));
    if (next && wait > 0) this.#soon(keyOf(this.#ownerOf(next.pod) ?? set), (next.readyAt ?? now) + wait - now);
    return {
      name: set.metadata.name,
      replicas: Number(set.spec?.['replicas'] ?? 0),
      pods: runtimes.length,
      ready: ready.length,
      available: available.length,
    };
  }

  #createSet(
    deployment: KubernetesObject,
    spec: DeploymentSpec,
    hash: string,
    sets: readonly KubernetesObject[],
  ): KubernetesObject {
    const labels = { ...spec.template.metadata.labels, [hashLabel]: hash };
    const revision = Math.max(0, ...sets.map(revisionOf)) + 1;
    const set: KubernetesObject = {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: `${deployment.metadata.name}-${hash}`,
        namespace: deployment.metadata.namespace ?? '',
        labels,
        annotations: { [revisionAnnotation]: String(revision) },
        ownerReferences: [ownedBy(deployment)],
      },
      spec: {
        replicas: 0,
        selector: { matchLabels: labels },
        template: { metadata: { ...spec.template.metadata, labels }, spec: spec.template.spec },
      } as JsonObject,
    };
    return this.#options.store.create(kindNamed('ReplicaSet'), set, { writer: { manager: '' } });
  }

  /** The running template carries the highest revision; an old one that returns is numbered anew. */
  #markRevision(deployment: KubernetesObject, fresh: KubernetesObject, sets: readonly KubernetesObject[]): void {
    const { store } = this.#options;
    const newest = Math.max(0, ...sets.filter((set) => set.metadata.uid !== fresh.metadata.uid).map(revisionOf));
    const revision = String(revisionOf(fresh) > newest ? revisionOf(fresh) : newest + 1);
    for (const object of [fresh, deployment]) {
      const { metadata } = object;
      if (metadata.annotations?.[revisionAnnotation] === revision) continue;
      store.setInternal(object, {
        metadata: { ...metadata, annotations: { ...metadata.annotations, [revisionAnnotation]: revision } },
      });
    }
  }

  #setSize(set: KubernetesObject, replicas: number): void {
    const live = this.#options.store.get('ReplicaSet', set.metadata.namespace, set.metadata.name);
    if (live && live.spec?.['replicas'] !== replicas)
      this.#options.store.setInternal(live, { spec: { ...live.spec, replicas } });
  }

  #writeStatus(
    namespace: string,
    name: string,
    seen: { readonly freshName: string; readonly failure: string | undefined },
  ): void {
    const { store, kernel, log } = this.#options;
    const deployment = store.get('Deployment', namespace, name);
    if (!deployment) return;
    const spec = deployment.spec as unknown as DeploymentSpec;
    const views = this.#setsOf(deployment).map((set) => this.view(set, spec));
    const { status, deadlineAt } = deploymentStatus({ deployment, spec, views, ...seen, now: kernel.now() });
    for (const set of this.#setsOf(deployment)) {
      const view = views.find((each) => each.name === set.metadata.name);
      if (view)
        store.setStatus(set, {
          replicas: view.pods,
          readyReplicas: view.ready,
          availableReplicas: view.available,
          observedGeneration: set.metadata.generation ?? 0,
        });
    }
    store.setStatus(deployment, status);
    this.#watchDeadline(deployment, deadlineAt);
    const image = (spec.template.spec['containers'] as { image: string }[])[0]?.image;
    const fields = {
      region: this.#options.region,
      namespace,
      deployment: name,
      replicas: spec.replicas,
      ready: status.readyReplicas ?? 0,
      image,
    };
    const text = JSON.stringify(fields);
    if (this.#logged.get(keyOf(deployment)) === text) return;
    this.#logged.set(keyOf(deployment), text);
    log.write('workload.changed', fields);
  }

  #watchDeadline(deployment: KubernetesObject, at: number | undefined): void {
    const key = keyOf(deployment);
    this.#deadlines.get(key)?.cancel();
    this.#deadlines.delete(key);
    if (at === undefined) return;
    this.#deadlines.set(
      key,
      this.#options.kernel.at(at, `deadline of ${key}`, () => this.#soon(key, 0)),
    );
  }

  #setsOf(deployment: KubernetesObject): KubernetesObject[] {
    return this.#options.store
      .list('ReplicaSet', deployment.metadata.namespace)
      .filter((set) => set.metadata.ownerReferences?.[0]?.uid === deployment.metadata.uid)
      .sort((a, b) => revisionOf(a) - revisionOf(b));
  }

  /** Pods of the Deployment that are on their way out. */
  #leaving(deployment: KubernetesObject): number {
    return this.#setsOf(deployment)
      .flatMap((set) => this.#replicaSets.podsOf(set))
      .filter(({ terminating }) => terminating).length;
  }

  #ownerOf(pod: KubernetesObject): KubernetesObject | undefined {
    const { store } = this.#options;
    const set = store.get('ReplicaSet', pod.metadata.namespace, pod.metadata.ownerReferences?.[0]?.name ?? '');
    return set && store.get('Deployment', set.metadata.namespace, set.metadata.ownerReferences?.[0]?.name ?? '');
  }
}

function revisionOf(set: KubernetesObject): number {
  return Number(set.metadata.annotations?.[revisionAnnotation] ?? 0);
}

/** As the controller's: ten characters of a vowel-free alphabet that say which template this is. */
function templateHash(template: unknown): string {
  const canonical = JSON.stringify(template, (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
  const digits = `${hash32(canonical) >>> 0}${(hash32(`${canonical}#`) >>> 0) % 100}`.padStart(10, '0').slice(0, 10);
  return [...digits].map((digit) => 'bcdfghjklm'.charAt(Number(digit))).join('');
}

function keyOf(object: KubernetesObject): string {
  return `${object.metadata.namespace}/${object.metadata.name}`;
}
