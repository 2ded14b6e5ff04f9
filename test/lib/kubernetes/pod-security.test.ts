import { describe, expect, it } from 'vitest';
import { synthesizedObjects } from './synthesized-objects.ts';

interface Capabilities {
  readonly add?: readonly string[];
  readonly drop?: readonly string[];
}
interface SecurityContext {
  readonly [field: string]: unknown;
  readonly capabilities?: Capabilities;
  readonly seccompProfile?: { readonly type?: string };
}
interface Container {
  readonly name: string;
  readonly securityContext?: SecurityContext;
  readonly ports?: readonly { readonly hostPort?: number }[];
}
interface PodSpec {
  readonly [field: string]: unknown;
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly ephemeralContainers?: readonly Container[];
  readonly securityContext?: SecurityContext & { readonly sysctls?: readonly { readonly name: string }[] };
  readonly volumes?: readonly Readonly<Record<string, unknown>>[];
}

/** Volumes of the profile 'restricted'. */
const volumesAllowed = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
];

/** Every control of 'baseline' and 'restricted', in the order of the page: https://kubernetes.io/docs/concepts/security/pod-security-standards/ */
const controls: Readonly<Record<string, (pod: PodSpec, container: Container) => boolean>> = {
  'not a Windows host process': (pod, { securityContext = {} }) =>
    !JSON.stringify([pod.securityContext, securityContext]).includes('"hostProcess":true'),
  'no namespaces of the host': (pod) => !pod['hostNetwork'] && !pod['hostPID'] && !pod['hostIPC'],
  'not privileged': (_pod, { securityContext }) => securityContext?.['privileged'] !== true,
  'drops ALL capabilities and adds NET_BIND_SERVICE at most': (_pod, { securityContext }) =>
    (securityContext?.capabilities?.drop ?? []).includes('ALL') &&
    (securityContext?.capabilities?.add ?? []).every((name) => name === 'NET_BIND_SERVICE'),
  'no path of the host, and no kind of volume but those allowed': (pod) =>
    (pod.volumes ?? []).every((volume) =>
      Object.keys(volume)
        .filter((field) => field !== 'name')
        .every((kind) => volumesAllowed.includes(kind)),
    ),
  'no port of the host': (_pod, { ports = [] }) => ports.every(({ hostPort }) => !hostPort),
  'the default AppArmor profile': (pod, { securityContext }) =>
    [pod.securityContext, securityContext].every(
      (context) => (context?.['appArmorProfile'] as { type?: string } | undefined)?.type !== 'Unconfined',
    ),
  'no SELinux user or role': (pod, { securityContext }) =>
    [pod.securityContext, securityContext].every((context) => {
      const options = (context?.['seLinuxOptions'] ?? {}) as { user?: string; role?: string };
      return !options.user && !options.role;
    }),
  'the default proc mount': (_pod, { securityContext }) =>
    ['Default', undefined].includes(securityContext?.['procMount'] as string | undefined),
  'no sysctl': (pod) => (pod.securityContext?.sysctls ?? []).length === 0,
  'no escalation of privileges': (_pod, { securityContext }) => securityContext?.['allowPrivilegeEscalation'] === false,
  'not as root': (pod, { securityContext }) =>
    (securityContext?.['runAsNonRoot'] ?? pod.securityContext?.['runAsNonRoot']) === true,
  'not as the user 0': (pod, { securityContext }) =>
    securityContext?.['runAsUser'] !== 0 && pod.securityContext?.['runAsUser'] !== 0,
  'a seccomp profile': (pod, { securityContext }) =>
    ['RuntimeDefault', 'Localhost'].includes(
      (securityContext?.seccompProfile ?? pod.securityContext?.seccompProfile)?.type ?? 'none',
    ),
};

function brokenBy(pod: PodSpec): string[] {
  const containers = [...pod.containers, ...(pod.initContainers ?? []), ...(pod.ephemeralContainers ?? [])];
  return containers.flatMap((container) =>
    Object.entries(controls)
      .filter(([, holds]) => !holds(pod, container))
      .map(([control]) => `${container.name}: ${control}`),
  );
}

const objects = synthesizedObjects();
const pods = objects.flatMap(([stack, { kind, metadata, spec }]) => {
  const pod = (spec?.['template'] as { spec?: PodSpec } | undefined)?.spec;
  return pod?.containers ? [[`${stack} ${kind} ${metadata.name}`, pod] as const] : [];
});

describe("the Pod Security profile 'restricted'", () => {
  it('is held by every pod that the app makes, in both regions', () => {
    expect(pods.length).toBeGreaterThanOrEqual(4);
    expect(pods.flatMap(([name, pod]) => brokenBy(pod).map((control) => `${name} ${control}`))).toEqual([]);
  });

  it('is enforced by the namespace itself', () => {
    const namespaces = objects.filter(([, { kind }]) => kind === 'Namespace');
    expect(namespaces.length).toBeGreaterThan(0);
    for (const [, { metadata }] of namespaces) {
      expect(metadata).toMatchObject({ labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } });
    }
  });

  const sound = pods[0]?.[1] as PodSpec;
  const [container] = sound.containers;
  const withContext = (change: object): PodSpec => ({
    ...sound,
    containers: [{ ...container, name: 'api', securityContext: { ...container?.securityContext, ...change } }],
  });

  it.each([
    ['not privileged', withContext({ privileged: true })],
    ['no escalation of privileges', withContext({ allowPrivilegeEscalation: undefined })],
    ['drops ALL capabilities and adds NET_BIND_SERVICE at most', withContext({ capabilities: { drop: ['NET_RAW'] } })],
    ['not as the user 0', withContext({ runAsUser: 0 })],
    ['not as root', withContext({ runAsNonRoot: false })],
    ['no namespaces of the host', { ...sound, hostPID: true }],
    [
      'no path of the host, and no kind of volume but those allowed',
      { ...sound, volumes: [{ name: 'host', hostPath: { path: '/' } }] },
    ],
  ])('refuses a pod that breaks: %s', (control, pod) => {
    expect(brokenBy(pod as PodSpec).map((one) => one.replace(/^[^:]+: /, ''))).toContain(control);
  });
});
