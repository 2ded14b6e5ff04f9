import type { RotatedUsers } from '../../domain/rotation.ts';
import type { RehearsalEvent } from '../kernel/log.ts';
import type { Checker } from './checker.ts';
import { executionsEnd, nothingDenied } from './order.ts';

/** How long one client may be denied during one rotation, by how its users rotate: the figures of capability 5. */
export const deniedSecondsMax: Readonly<Record<RotatedUsers, number>> = { alternating: 0, single: 1 };

/** The world once a rotation is over, read from Secrets Manager, the server, the cluster and the table, not from what a workflow says. */
export interface RotationAtEnd {
  readonly users: RotatedUsers;
  /** Labels by version. */
  readonly labels: Readonly<Record<string, readonly string[]>>;
  /** What the server says to AWSCURRENT. */
  readonly currentLogin: 'in' | 'denied' | 'unreachable';
  readonly loginsDenied: number;
  readonly deniedSeconds: number;
  /** Where a password or key was found: log lines, histories. */
  readonly leaks: readonly string[];
  /** Pods of consumers that run with another version than AWSCURRENT although one was rotated in or out. */
  readonly podsWithOtherVersion: readonly string[];
  /** Claims on what the rotation claimed that still bind. */
  readonly claims: readonly string[];
  readonly executionsRunning: readonly {
    readonly workflow: string;
    readonly execution: string;
    readonly asksUntil?: number;
  }[];
}

type RotationChecker = Checker<RotationAtEnd>;

/** `availableMinima`: of each consumer's Deployments, in the region where it rotates. */
export function rotationCheckers(
  region: string,
  availableMinima: ReadonlyMap<string, number>,
): readonly RotationChecker[] {
  return [
    oneCurrentVersion(),
    currentLogsIn(),
    nobodyIsShutOut(),
    consumersFollow(),
    withinDisruptionBudget(region, availableMinima),
    nothingLeaks(),
    claimsAreGivenBack(),
    executionsEnd(),
    nothingDenied(),
  ];
}

function oneCurrentVersion(): RotationChecker {
  return {
    name: 'one AWSCURRENT and no AWSPENDING',
    conclude({ labels }) {
      const having = (label: string): string[] =>
        Object.entries(labels)
          .filter(([, stages]) => stages.includes(label))
          .map(([id]) => id);
      const current = having('AWSCURRENT');
      // On the current version it says nothing: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html
      const pending = having('AWSPENDING').filter((id) => !current.includes(id));
      return [
        ...(current.length === 1 ? [] : [`${current.length} versions are AWSCURRENT`]),
        ...pending.map((id) => `AWSPENDING is left on ${id}`),
      ];
    },
  };
}

function currentLogsIn(): RotationChecker {
  return {
    name: 'the current version logs in',
    conclude: ({ currentLogin }) => (currentLogin === 'in' ? [] : [`with AWSCURRENT a login is ${currentLogin}`]),
  };
}

function nobodyIsShutOut(): RotationChecker {
  return {
    name: 'consumers are denied no longer than the kind allows',
    conclude({ users, loginsDenied, deniedSeconds }) {
      const most = deniedSecondsMax[users];
      if (most === 0 ? loginsDenied === 0 : deniedSeconds <= most) return [];
      return [`${loginsDenied} logins were denied, one client for ${deniedSeconds} s; ${users} users allow ${most} s`];
    },
  };
}

function consumersFollow(): RotationChecker {
  return {
    name: 'consumers run with the current version',
    conclude: ({ podsWithOtherVersion }) =>
      podsWithOtherVersion.map((pod) => `${pod} has another version than AWSCURRENT`),
  };
}

/** Of each Deployment at least as many pods are ready as its budget asks for, from the moment in which the rotation began. */
function withinDisruptionBudget(region: string, availableMinima: ReadonlyMap<string, number>): RotationChecker {
  const faults: string[] = [];
  const enough = new Set<string>();
  let began = false;
  return {
    name: 'consumers stay within their disruption budget',
    seen(event: RehearsalEvent) {
      if (event.kind === 'scenario.began') began = true;
      if (event.kind !== 'workload.changed' || event['region'] !== region) return;
      const deployment = String(event['deployment']);
      const minimum = availableMinima.get(deployment);
      if (minimum === undefined || event['replicas'] === 0) return;
      const ready = Number(event['ready']);
      if (ready >= minimum) enough.add(deployment);
      else if (began && enough.has(deployment)) {
        faults.push(`${deployment} had ${ready} ready pods; its budget asks for ${minimum}`);
      }
    },
    conclude: () => [...new Set(faults)],
  };
}

function nothingLeaks(): RotationChecker {
  return { name: 'no password stands anywhere', conclude: ({ leaks }) => leaks };
}

function claimsAreGivenBack(): RotationChecker {
  return {
    name: 'the claim is given back',
    conclude: ({ claims }) => claims.map((claim) => `still claimed: ${claim}`),
  };
}

/** Texts of which none may stand in another; answers the places where one does. */
export function leaksIn(places: ReadonlyMap<string, string>, confidential: Iterable<string>): string[] {
  const found: string[] = [];
  for (const text of confidential) {
    for (const [place, content] of places) {
      // As it stands, and as it stands in JSON within JSON.
      if (content.includes(text) || content.includes(JSON.stringify(text).slice(1, -1))) {
        found.push(`a password or key of ${text.length} characters stands in ${place}`);
      }
    }
  }
  return [...new Set(found)];
}
