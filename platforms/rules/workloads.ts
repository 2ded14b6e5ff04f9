import { stages } from '../../domain/names.ts';
import type { Service } from '../schema.ts';
import { type Finding, type Path, rule } from '../violation.ts';

/** Fewest ≤ first ≤ most; what a disruption must leave exists; a fixed number needs no autoscaler, a range needs one. */
export const replicasAreOrdered = rule(
  ['services', 'stages'],
  function replicasAreOrdered({ services, stages: settings }) {
    return services.flatMap((service, index) => [
      ...orderedReplicas(service, ['services', index]),
      ...stages.flatMap((stage) => {
        const override = settings[stage].services?.[service.name];
        if (!override?.replicas && !override?.disruption) return [];
        const staged = {
          ...service,
          replicas: override.replicas ?? service.replicas,
          disruption: override.disruption ?? service.disruption,
        };
        return orderedReplicas(staged, ['stages', stage, 'services', service.name]);
      }),
    ]);
  },
);

function orderedReplicas({ replicas, disruption, autoscaling }: Service, path: Path): Finding[] {
  const { minimum, initial, maximum } = replicas;
  const findings: Finding[] = [];
  if (initial < minimum || initial > maximum) {
    findings.push({
      path: [...path, 'replicas', 'initial'],
      value: initial,
      allowed: `from minimum (${minimum}) to maximum (${maximum})`,
      remedy: 'Start with a number that the autoscaler would keep.',
    });
  }
  if (minimum > maximum) {
    findings.push({
      path: [...path, 'replicas', 'minimum'],
      value: minimum,
      allowed: `at most maximum (${maximum})`,
      remedy: 'Swap them, or raise the maximum.',
    });
  }
  if (!autoscaling && minimum < maximum) {
    findings.push({
      path: [...path, 'replicas', 'maximum'],
      value: maximum,
      allowed: `${minimum}, without autoscaling`,
      remedy: 'Add autoscaling, or fix the number of replicas.',
    });
  }
  if (disruption.availableMinimum > minimum) {
    findings.push({
      path: [...path, 'disruption', 'availableMinimum'],
      value: disruption.availableMinimum,
      allowed: `at most the fewest replicas (${minimum})`,
      remedy: 'Lower it: a node could never be drained.',
    });
  }
  return findings;
}

/** A container may use at least what it asks for. */
export const requestsLieWithinLimits = rule(
  ['services', 'stages'],
  function requestsLieWithinLimits({ services, stages: settings }) {
    const all = [
      ...services.map(({ resources }, index) => ({ resources, path: ['services', index, 'resources'] as Path })),
      ...stages.flatMap((stage) =>
        Object.entries(settings[stage].services ?? {}).flatMap(([name, { resources }]) =>
          resources ? [{ resources, path: ['stages', stage, 'services', name, 'resources'] as Path }] : [],
        ),
      ),
    ];
    return all.flatMap(({ resources, path }) =>
      (['cpuMillicores', 'memoryMebibytes'] as const).flatMap((kind): Finding[] =>
        resources.requests[kind] <= resources.limits[kind]
          ? []
          : [
              {
                path: [...path, 'requests', kind],
                value: resources.requests[kind],
                allowed: `at most the limit (${resources.limits[kind]})`,
                remedy: 'Kubernetes refuses a request above its limit: raise the limit or ask for less.',
              },
            ],
      ),
    );
  },
);

/** A probe is over before the next begins, and a release can become ready in its time. */
export const probesFit = rule(['services'], function probesFit({ services }) {
  return services.flatMap(({ probes, rollout }, index): Finding[] => {
    const slow = Object.entries(probes).flatMap(([kind, probe]): Finding[] =>
      !probe || probe.timeoutSeconds <= probe.periodSeconds
        ? []
        : [
            {
              path: ['services', index, 'probes', kind, 'timeoutSeconds'],
              value: probe.timeoutSeconds,
              allowed: `at most periodSeconds (${probe.periodSeconds})`,
              remedy: 'Probes would overlap: shorten the timeout or lengthen the period.',
            },
          ],
    );
    const earliestSeconds = probes.readiness.initialDelaySeconds + probes.readiness.periodSeconds;
    if (rollout.readyTimeoutSeconds > earliestSeconds) return slow;
    return [
      ...slow,
      {
        path: ['services', index, 'rollout', 'readyTimeoutSeconds'],
        value: rollout.readyTimeoutSeconds,
        allowed: `more than the ${earliestSeconds} s that the readiness probe takes at best`,
        remedy: 'Give a new release time to start.',
      },
    ];
  });
});

/** A rollout can move, and a stopping pod is drained before it is killed. */
export const rolloutCanProceed = rule(['services'], function rolloutCanProceed({ services }) {
  return services.flatMap(({ rollout }, index): Finding[] => {
    const path = ['services', index, 'rollout'];
    const findings: Finding[] = [];
    if (rollout.surge === 0 && rollout.unavailable === 0) {
      findings.push({
        path: [...path, 'surge'],
        value: 0,
        allowed: '1 or more when unavailable is 0',
        remedy: 'Kubernetes refuses both at 0: nothing could be replaced.',
      });
    }
    if (rollout.drainSeconds >= rollout.terminationGraceSeconds) {
      findings.push({
        path: [...path, 'drainSeconds'],
        value: rollout.drainSeconds,
        allowed: `less than terminationGraceSeconds (${rollout.terminationGraceSeconds})`,
        remedy: 'The pod is killed when the grace ends: drain shorter or grant more.',
      });
    }
    return findings;
  });
});
