import type { RandomStream } from '../kernel/random.ts';
import { admitPod } from './admission.ts';
import { serverSideApply, updateOwnership, type Writer, type Written } from './apply.ts';
import { withDefaults } from './defaults.ts';
import {
  alreadyExists,
  badRequest,
  invalid,
  modifiedMeanwhile,
  noSuchResource,
  notFound,
  type Subject,
} from './errors.ts';
import { apiVersionOf, apiVersionsOf, type Kind, kindNamed, kinds } from './kinds.ts';
import { copyOf, type JsonObject, type KubernetesObject, sameJson, timestamp } from './objects.ts';
import { checkShape } from './schema.ts';
import { invalidities } from './validation.ts';

/** One change of one object. `after` is absent when it was removed, `before` when it was made. */
export interface Change {
  readonly kind: string;
  readonly before?: KubernetesObject;
  readonly after?: KubernetesObject;
  /** The field manager that wrote it; empty for the cluster's own controllers. */
  readonly manager: string;
}

export interface WriteOptions {
  readonly writer: Writer;
  readonly dryRun?: boolean;
}

/** The cluster's objects: what etcd and the write path of the API server do. Writes throw ApiError or Unmodelled and then change nothing. */
export class ObjectStore {
  readonly #now: () => number;
  readonly #random: RandomStream;
  readonly #objects = new Map<string, Map<string, KubernetesObject>>();
  readonly #watchers: ((change: Change) => void)[] = [];
  readonly #definitions = new Set<string>();
  #revision = 1_000;

  constructor(options: { readonly now: () => number; readonly random: RandomStream }) {
    this.#now = options.now;
    this.#random = options.random;
  }

  /** Called at each change, after it. */
  watch(watcher: (change: Change) => void): void {
    this.#watchers.push(watcher);
  }

  /** Makes a custom kind usable; its definition is named `<plural>.<group>`. */
  install(definition: string): void {
    this.#definitions.add(definition);
  }

  installed(kind: Kind): boolean {
    return kind.definition === undefined || this.#definitions.has(kind.definition);
  }

  get(kindName: string, namespace: string | undefined, name: string): KubernetesObject | undefined {
    return this.#objects.get(kindName)?.get(keyOf(namespace, name));
  }

  /** In the order of namespace and name, as the API server lists. */
  list(kindName: string, namespace?: string): KubernetesObject[] {
    const all = [...(this.#objects.get(kindName)?.values() ?? [])];
    const within = namespace === undefined ? all : all.filter((object) => object.metadata.namespace === namespace);
    return within.sort((a, b) => (keyOfObject(a) < keyOfObject(b) ? -1 : 1));
  }

  /** The newest revision of anything: a list's resourceVersion. */
  get revision(): string {
    return String(this.#revision);
  }

  create(kind: Kind, object: KubernetesObject, options: WriteOptions): KubernetesObject {
    const draft = this.#accept(kind, object);
    const subject = subjectOf(kind, draft.metadata.name);
    if (this.get(kind.kind, draft.metadata.namespace, draft.metadata.name)) throw alreadyExists(subject);
    if (draft.metadata.resourceVersion) throw badRequest('resourceVersion should not be set on objects to be created');
    if (kind.status) delete draft.status;
    const defaulted = withDefaults(draft);
    const managedFields = updateOwnership(kind, undefined, defaulted, options.writer, this.#now());
    return this.#commit(kind, undefined, defaulted, managedFields, options);
  }

  /** PUT and the patches that are no apply: the object as it shall be. `through` limits what is taken of it. */
  update(kind: Kind, object: KubernetesObject, options: WriteOptions): KubernetesObject {
    const { subresource } = options.writer;
    const draft = this.#accept(kind, object);
    const live = this.#existing(kind, draft);
    this.#checkVersion(kind, live, draft);
    const next: KubernetesObject =
      subresource === 'status'
        ? { ...live, status: draft.status ?? {} }
        : { ...draft, metadata: { ...draft.metadata } };
    if (kind.status && subresource !== 'status') {
      if (live.status) next.status = live.status;
      else delete next.status;
    }
    const defaulted = withDefaults(next);
    // Defaults come with decoding, so a writer that is no applier owns those it brings.
    const managedFields = updateOwnership(kind, live, defaulted, options.writer, this.#now());
    return this.#commit(kind, live, defaulted, managedFields, options);
  }

  /** Server-side apply; makes the object where it is missing. */
  apply(kind: Kind, applied: KubernetesObject, options: WriteOptions & { readonly force?: boolean }): KubernetesObject {
    if (applied.metadata.managedFields !== undefined) throw badRequest('metadata.managedFields must be nil');
    const accepted = this.#accept(kind, applied);
    const { namespace, name } = accepted.metadata;
    const live = this.get(kind.kind, namespace, name);
    // Assumed for a missing object: who names a version expects the object to be there.
    if (!live && accepted.metadata.resourceVersion) throw modifiedMeanwhile(subjectOf(kind, name));
    if (live) this.#checkVersion(kind, live, accepted);
    if (kind.status && options.writer.subresource !== 'status') delete accepted.status;
    const base = live ?? {
      apiVersion: accepted.apiVersion,
      kind: accepted.kind,
      metadata: { name, ...(namespace ? { namespace } : {}) },
    };
    const written: Written = serverSideApply(kind, base, accepted, options.writer, {
      force: options.force === true,
      now: this.#now(),
    });
    return this.#commit(kind, live, withDefaults(written.object), written.managedFields, options);
  }

  /** Removes an object and, in the background, what it owns. */
  remove(
    kind: Kind,
    namespace: string | undefined,
    name: string,
    options: { readonly dryRun?: boolean } = {},
  ): KubernetesObject {
    const live = this.get(kind.kind, namespace, name);
    if (!live) throw notFound(subjectOf(kind, name));
    if (options.dryRun) return live;
    this.#objects.get(kind.kind)?.delete(keyOf(namespace, name));
    this.#revision++;
    this.#notify({ kind: kind.kind, before: live, manager: '' });
    this.#collect(live);
    return live;
  }

  /** A controller of the cluster writes a status. Nothing happens where it is the same. */
  setStatus(object: KubernetesObject, status: object): void {
    const live = this.get(object.kind, object.metadata.namespace, object.metadata.name);
    if (!live || sameJson(live.status, status)) return;
    this.#put(kindNamed(object.kind), live, { ...live, status: status as JsonObject }, '');
  }

  /** A controller of the cluster changes an object outside its status, without taking part in server-side apply. */
  setInternal(object: KubernetesObject, change: Partial<KubernetesObject>): void {
    const live = this.get(object.kind, object.metadata.namespace, object.metadata.name);
    if (!live) return;
    const next = { ...live, ...change };
    if (!sameJson(live, next)) this.#put(kindNamed(object.kind), live, next, '');
  }

  /** Checks shape, names and the place of an object that came from outside; returns a copy. */
  #accept(kind: Kind, object: KubernetesObject): KubernetesObject {
    if (!this.installed(kind)) throw noSuchResource();
    if (!apiVersionsOf(kind).includes(object.apiVersion) || object.kind !== kind.kind) {
      throw badRequest(
        `the API version in the data (${object.apiVersion}, Kind=${object.kind}) does not match the expected API version (${apiVersionOf(kind)}, Kind=${kind.kind})`,
      );
    }
    checkShape(kind.schema, object, kind.kind);
    const draft = copyOf(object);
    if (kind.namespaced && !this.get('Namespace', undefined, draft.metadata.namespace ?? '')) {
      throw notFound(subjectOf(kindNamed('Namespace'), draft.metadata.namespace ?? ''));
    }
    return draft;
  }

  #existing(kind: Kind, object: KubernetesObject): KubernetesObject {
    const live = this.get(kind.kind, object.metadata.namespace, object.metadata.name);
    if (!live) throw notFound(subjectOf(kind, object.metadata.name));
    return live;
  }

  /** Optimistic locking: https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions */
  #checkVersion(kind: Kind, live: KubernetesObject, draft: KubernetesObject): void {
    const { resourceVersion, uid } = draft.metadata;
    if ((resourceVersion && resourceVersion !== live.metadata.resourceVersion) || (uid && uid !== live.metadata.uid)) {
      throw modifiedMeanwhile(subjectOf(kind, live.metadata.name));
    }
  }

  #commit(
    kind: Kind,
    live: KubernetesObject | undefined,
    defaulted: KubernetesObject,
    managedFields: KubernetesObject['metadata']['managedFields'],
    options: WriteOptions,
  ): KubernetesObject {
    const found = invalidities(kind, defaulted, live);
    if (found.length > 0) throw invalid(subjectOf(kind, defaulted.metadata.name), found);
    if (kind.kind === 'Pod') admitPod((...where) => this.get(...where), defaulted);
    const next: KubernetesObject = {
      ...defaulted,
      metadata: {
        ...defaulted.metadata,
        uid: live?.metadata.uid ?? this.#uid(),
        creationTimestamp: live?.metadata.creationTimestamp ?? timestamp(this.#now()),
        resourceVersion: live?.metadata.resourceVersion ?? '',
        ...(managedFields ? { managedFields } : {}),
      },
    };
    if (live?.metadata.generation !== undefined) next.metadata.generation = live.metadata.generation;
    else delete next.metadata.generation;
    if (live && sameJson(live, next)) return live;
    if (options.dryRun)
      return { ...next, metadata: { ...next.metadata, resourceVersion: live?.metadata.resourceVersion ?? '' } };
    return this.#put(kind, live, next, options.writer.manager);
  }

  /** Gives the object its next revision and, where its spec changed, its next generation; stores it and tells everybody. */
  #put(kind: Kind, live: KubernetesObject | undefined, next: KubernetesObject, manager: string): KubernetesObject {
    const generation = live?.metadata.generation ?? 0;
    const specChanged = !live || !sameJson(live.spec, next.spec);
    const counted = kind.status || live?.metadata.generation !== undefined;
    const stored: KubernetesObject = {
      ...next,
      metadata: {
        ...next.metadata,
        resourceVersion: String(++this.#revision),
        ...(counted ? { generation: specChanged ? generation + 1 : generation } : {}),
      },
    };
    const known = this.#objects.get(kind.kind) ?? new Map<string, KubernetesObject>();
    this.#objects.set(kind.kind, known);
    known.set(keyOfObject(stored), stored);
    this.#notify({ kind: kind.kind, ...(live ? { before: live } : {}), after: stored, manager });
    return stored;
  }

  /** Garbage collection of what the object owned, and of what stood in it. */
  #collect(owner: KubernetesObject): void {
    const isOwned = (object: KubernetesObject) =>
      owner.kind === 'Namespace'
        ? object.metadata.namespace === owner.metadata.name
        : (object.metadata.ownerReferences ?? []).some(({ uid }) => uid === owner.metadata.uid);
    for (const kind of kinds) {
      // Pods go gracefully; the kubelet, told of their owner's end, removes them.
      if (kind.kind === 'Pod') continue;
      for (const object of this.list(kind.kind)) {
        if (isOwned(object)) this.remove(kind, object.metadata.namespace, object.metadata.name);
      }
    }
  }

  #notify(change: Change): void {
    for (const watcher of this.#watchers) watcher(change);
  }

  #uid(): string {
    const digits = (count: number): string =>
      Array.from({ length: count }, () => this.#random.below(16).toString(16)).join('');
    return `${digits(8)}-${digits(4)}-4${digits(3)}-a${digits(3)}-${digits(12)}`;
  }
}

export function subjectOf(kind: Kind, name: string): Subject {
  return { plural: kind.plural, group: kind.group, kind: kind.kind, name };
}

function keyOf(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`;
}

function keyOfObject(object: KubernetesObject): string {
  return keyOf(object.metadata.namespace, object.metadata.name);
}
