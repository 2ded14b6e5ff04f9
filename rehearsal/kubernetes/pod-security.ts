interface SecurityContext {
  readonly allowPrivilegeEscalation?: boolean;
  readonly privileged?: boolean;
  readonly runAsNonRoot?: boolean;
  readonly runAsUser?: number;
  readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] };
  readonly seccompProfile?: { readonly type?: string };
}

interface Container {
  readonly name: string;
  readonly securityContext?: SecurityContext;
  readonly ports?: readonly { readonly hostPort?: number }[];
}

interface PodSpec {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly hostNetwork?: boolean;
  readonly securityContext?: SecurityContext;
}

const quoted = (names: readonly string[]): string =>
  `${names.length === 1 ? 'container' : 'containers'} ${names.map((name) => `"${name}"`).join(', ')}`;

/**
 * What the Pod Security Standards refuse of a pod at this level, in the admission's words; empty when nothing. `restricted` and
 * `baseline`: https://kubernetes.io/docs/concepts/security/pod-security-standards/
 */
export function podSecurityViolations(level: string, spec: PodSpec): string[] {
  if (level === 'privileged') return [];
  const containers = [...(spec.initContainers ?? []), ...spec.containers];
  const failing = (test: (context: SecurityContext, container: Container) => boolean): string[] =>
    containers.filter((container) => test(container.securityContext ?? {}, container)).map(({ name }) => name);
  const found: string[] = [];
  const note = (names: readonly string[], say: (containers: string) => string) => {
    if (names.length > 0) found.push(say(quoted(names)));
  };
  if (spec.hostNetwork) found.push('host namespaces (hostNetwork=true)');
  note(
    failing(({ privileged }) => privileged === true),
    (which) => `privileged (${which} must not set securityContext.privileged=true)`,
  );
  note(
    failing((_, { ports }) => (ports ?? []).some(({ hostPort }) => hostPort)),
    (which) => `hostPort (${which} uses a hostPort)`,
  );
  if (level !== 'restricted') return found;
  note(
    failing(({ allowPrivilegeEscalation }) => allowPrivilegeEscalation !== false),
    (which) => `allowPrivilegeEscalation != false (${which} must set securityContext.allowPrivilegeEscalation=false)`,
  );
  note(
    failing(
      ({ capabilities }) =>
        !capabilities?.drop?.includes('ALL') || (capabilities.add ?? []).some((name) => name !== 'NET_BIND_SERVICE'),
    ),
    (which) => `unrestricted capabilities (${which} must set securityContext.capabilities.drop=["ALL"])`,
  );
  note(
    failing(({ runAsNonRoot }) => !(runAsNonRoot ?? spec.securityContext?.runAsNonRoot)),
    (which) => `runAsNonRoot != true (pod or ${which} must set securityContext.runAsNonRoot=true)`,
  );
  note(
    failing(({ runAsUser }) => (runAsUser ?? spec.securityContext?.runAsUser) === 0),
    (which) => `runAsUser=0 (pod or ${which} must not set runAsUser=0)`,
  );
  note(
    failing(
      ({ seccompProfile }) =>
        !['RuntimeDefault', 'Localhost'].includes((seccompProfile ?? spec.securityContext?.seccompProfile)?.type ?? ''),
    ),
    (which) =>
      `seccompProfile (pod or ${which} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")`,
  );
  return found;
}
