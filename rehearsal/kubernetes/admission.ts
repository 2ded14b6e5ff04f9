import { forbidden } from './errors.ts';
import type { KubernetesObject } from './objects.ts';
import { podSecurityViolations } from './pod-security.ts';
import type { FindObject } from './references.ts';

/**
 * Admission of a pod: its ServiceAccount has to exist, and Pod Security to allow it. Throws ApiError 403.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#serviceaccount
 * https://kubernetes.io/docs/concepts/security/pod-security-admission/
 */
export function admitPod(find: FindObject, pod: KubernetesObject): void {
  const { name, namespace = '' } = pod.metadata;
  const subject = { plural: 'pods', group: '', kind: 'Pod', name };
  const account = String(pod.spec?.['serviceAccountName'] ?? 'default');
  if (!find('ServiceAccount', namespace, account)) {
    throw forbidden(
      subject,
      `error looking up service account ${namespace}/${account}: serviceaccount "${account}" not found`,
    );
  }
  const labels = find('Namespace', undefined, namespace)?.metadata.labels ?? {};
  const level = labels['pod-security.kubernetes.io/enforce'] ?? 'privileged';
  const version = labels['pod-security.kubernetes.io/enforce-version'] ?? 'latest';
  const found = podSecurityViolations(level, pod.spec as unknown as Parameters<typeof podSecurityViolations>[1]);
  if (found.length > 0) throw forbidden(subject, `violates PodSecurity "${level}:${version}": ${found.join(', ')}`);
}
