import { Unmodelled } from '../aws/service.ts';
import type { KubernetesObject } from './objects.ts';

/** Looks an object of the cluster up. */
export type FindObject = (kind: string, namespace: string | undefined, name: string) => KubernetesObject | undefined;

interface KeyReference {
  readonly name: string;
  readonly key: string;
  readonly optional?: boolean;
}

interface ObjectReference {
  readonly name?: string;
  readonly secretName?: string;
  readonly optional?: boolean;
  readonly items?: readonly { readonly key: string }[];
}

interface ReferringContainer {
  readonly env?: readonly {
    readonly valueFrom?: { readonly configMapKeyRef?: KeyReference; readonly secretKeyRef?: KeyReference };
  }[];
  readonly envFrom?: readonly { readonly configMapRef?: ObjectReference; readonly secretRef?: ObjectReference }[];
}

interface Volume {
  readonly name: string;
  readonly configMap?: ObjectReference;
  readonly secret?: ObjectReference;
  readonly persistentVolumeClaim?: object;
  readonly projected?: object;
}

/**
 * Why the pod's volumes can't be set up, in the kubelet's words; undefined when they can. The pod stays in ContainerCreating.
 * Optional references may point at nothing. https://kubernetes.io/docs/concepts/configuration/secret/#restriction-secret-must-exist
 * Throws Unmodelled for volumes of other kinds.
 */
export function mountProblem(find: FindObject, pod: KubernetesObject): string | undefined {
  for (const volume of (pod.spec?.['volumes'] ?? []) as unknown as Volume[]) {
    if (volume.persistentVolumeClaim || volume.projected) {
      throw new Unmodelled(
        `The rehearsal models volumes of emptyDir, configMap and secret; ${pod.metadata.name} has ${volume.name} of another kind.`,
      );
    }
    const { configMap, secret } = volume;
    const problem =
      (configMap && contentProblem(find, pod, 'ConfigMap', configMap.name ?? '', configMap)) ??
      (secret && contentProblem(find, pod, 'Secret', secret.secretName ?? '', secret));
    if (problem) return `MountVolume.SetUp failed for volume "${volume.name}" : ${problem}`;
  }
  return undefined;
}

/** Why the container's environment can't be made, in the kubelet's words (CreateContainerConfigError); undefined when it can. */
export function environmentProblem(find: FindObject, pod: KubernetesObject): string | undefined {
  const [container] = (pod.spec?.['containers'] ?? []) as unknown as ReferringContainer[];
  for (const { configMapRef, secretRef } of container?.envFrom ?? []) {
    const problem =
      (configMapRef && contentProblem(find, pod, 'ConfigMap', configMapRef.name ?? '', configMapRef)) ??
      (secretRef && contentProblem(find, pod, 'Secret', secretRef.name ?? '', secretRef));
    if (problem) return problem;
  }
  for (const { valueFrom } of container?.env ?? []) {
    const problem =
      (valueFrom?.configMapKeyRef && keyProblem(find, pod, 'ConfigMap', valueFrom.configMapKeyRef)) ??
      (valueFrom?.secretKeyRef && keyProblem(find, pod, 'Secret', valueFrom.secretKeyRef));
    if (problem) return problem;
  }
  return undefined;
}

function contentProblem(
  find: FindObject,
  pod: KubernetesObject,
  kind: 'ConfigMap' | 'Secret',
  name: string,
  { optional, items }: ObjectReference,
): string | undefined {
  if (optional) return undefined;
  const object = find(kind, pod.metadata.namespace, name);
  if (!object) return `${kind.toLowerCase()} "${name}" not found`;
  const missing = (items ?? []).find(({ key }) => !hasKey(object, key));
  return missing && `references non-existent ${kind === 'Secret' ? 'secret' : 'config'} key: ${missing.key}`;
}

function keyProblem(
  find: FindObject,
  pod: KubernetesObject,
  kind: 'ConfigMap' | 'Secret',
  { name, key, optional }: KeyReference,
): string | undefined {
  if (optional) return undefined;
  const { namespace } = pod.metadata;
  const object = find(kind, namespace, name);
  if (!object) return `${kind.toLowerCase()} "${name}" not found`;
  return hasKey(object, key) ? undefined : `couldn't find key ${key} in ${kind} ${namespace}/${name}`;
}

function hasKey(object: KubernetesObject, key: string): boolean {
  return ['data', 'binaryData'].some((field) => Object.hasOwn((object[field] ?? {}) as object, key));
}
