import { heartbeatSecretName, manifestSecretName, masterSecretName } from '../../domain/databases.ts';
import type { ServiceDelivery } from '../../domain/delivery.ts';
import { drillParameterName, type FailoverDatabase, otherRegion } from '../../domain/failover-plan.ts';
import { publicSignalName, servesSignalName } from '../../domain/failover-settings.ts';
import { deliveryParameterPath, standbyReleaseParameterName } from '../../domain/names.ts';
import type { ReadinessPart } from '../../domain/readiness.ts';
import * as faultsOf from '../../domain/readiness-looks.ts';
import { failoverRights } from '../../domain/readiness-permissions.ts';
import type { ReadinessSettings } from '../../domain/readiness-settings.ts';
import { type StandbyRelease, standbyRelease } from '../../domain/standby.ts';
import { drillReport } from '../../domain/workflows/failover-drill.ts';
import { callsAtATime, sideBySide } from '../backup/side-by-side.ts';
import { plansIn } from '../canary/plans.ts';
import type { WholePlan } from '../failover/plans.ts';
import type { ImageRegistry, Parameters } from '../ports/aws.ts';
import type { Clock } from '../ports/clock.ts';
import type { Instances, Leases } from '../ports/failover.ts';
import type { DatabaseQuotas, PolicyEvaluation } from '../ports/readiness.ts';
import type { Reign } from '../ports/reign.ts';
import type { KeyStates } from '../ports/restored-databases.ts';
import type { SecretIndex } from '../ports/secret-index.ts';
import type { NodeGroups, ServingCluster, TextSignals } from '../ports/serving.ts';
import { allRotationPlans, jsonOf } from '../rotation/plans.ts';

export interface LooksPorts extends WholePlan {
  readonly environment: string;
  readonly region: string;
  readonly settings: ReadinessSettings;
  readonly clock: Clock;
  readonly reign: Pick<Reign, 'current'>;
  readonly parameters: Parameters;
  readonly instances: Pick<Instances, 'see'>;
  /** The oldest heartbeat among the replicas here; undefined: one has none. */
  oldestBeat(): Promise<Date | undefined>;
  readonly leases: Pick<Leases, 'read'>;
  readonly registry: Pick<ImageRegistry, 'find'>;
  /** Secrets of this region, and of the other. */
  readonly secrets: SecretIndex;
  readonly otherSecrets: SecretIndex;
  readonly keys: KeyStates;
  readonly quotas: DatabaseQuotas;
  readonly policies: PolicyEvaluation;
  readonly nodeGroups: Pick<NodeGroups, 'see'>;
  readonly texts: TextSignals;
  /** When the newest set of a database here began. */
  newestSet(database: string): Promise<Date | undefined>;
  readonly cluster: Pick<ServingCluster, 'see'>;
}

export type Looks = Readonly<Record<ReadinessPart, () => Promise<readonly faultsOf.Fault[]>>>;

/** How each part is looked at: each by itself, so that one that does not answer hides no other. */
export function looksOf(ports: LooksPorts): Looks {
  const { environment, databases, plan, clock, parameters } = ports;
  return {
    replica: () => each(databases, async (one) => faultsOf.replicaFaults(one, await ports.instances.see(one.instance))),
    lag: async () => faultsOf.lagFaults(await ports.oldestBeat(), clock.now(), plan.recoveryPointSeconds),
    lease: async () =>
      faultsOf.leaseFaults(await ports.leases.read(ports.region), {
        epoch: (await ports.reign.current()).epoch,
        databases: databases.map(({ name }) => name),
        now: clock.now(),
      }),
    images: () => lookAtImages(ports),
    secrets: () => lookAtSecrets(ports),
    keys: () => lookAtKeys(ports),
    quotas: async () => faultsOf.quotaFaults(await ports.quotas.list(), needsOf(databases)),
    permissions: () => lookAtPermissions(ports),
    capacity: () =>
      each(plan.nodeGroups, async (group) => faultsOf.capacityFaults(group, await ports.nodeGroups.see(group.name))),
    'health-checks': () => lookAtSignals(ports),
    'recovery-sets': () =>
      each(databases, async ({ name }) =>
        faultsOf.setFaults(name, await ports.newestSet(name), {
          now: clock.now(),
          everySeconds: ports.settings.setsEverySeconds,
        }),
      ),
    releases: () => lookAtReleases(ports),
    drill: async () => {
      const text = await parameters.read(drillParameterName(environment));
      return faultsOf.drillFaults(drillReport.safeParse(jsonOf(text ?? '')).data, clock.now());
    },
  };
}

async function each<Item>(
  items: readonly Item[],
  look: (item: Item) => Promise<readonly faultsOf.Fault[]>,
): Promise<readonly faultsOf.Fault[]> {
  return (await sideBySide(items, callsAtATime, look)).flat();
}

/** A database without a replica is restored beside what is left of it: one more instance each. */
function needsOf(databases: readonly FailoverDatabase[]): Readonly<Record<string, number>> {
  return databases.length === 0 ? {} : { DBInstances: databases.length };
}

async function releases({
  environment,
  parameters,
}: LooksPorts): Promise<
  readonly { readonly delivery: ServiceDelivery; readonly release: StandbyRelease | undefined }[]
> {
  const found = await parameters.readUnder(deliveryParameterPath(environment));
  return plansIn(found).map((delivery) => {
    const text = found.get(standbyReleaseParameterName(environment, delivery.service));
    return { delivery, release: standbyRelease.safeParse(jsonOf(text ?? '')).data };
  });
}

async function lookAtImages(ports: LooksPorts): Promise<readonly faultsOf.Fault[]> {
  const seen = await sideBySide(await releases(ports), callsAtATime, async ({ delivery, release }) => {
    const { service, repository } = delivery;
    const found = release && (await ports.registry.find(repository, release.tag));
    return { service, repository, release, found: found?.digest };
  });
  return faultsOf.imageFaults(seen);
}

/** Needed is what the other region has, what rotates, and the users of each database. */
async function lookAtSecrets(ports: LooksPorts): Promise<readonly faultsOf.Fault[]> {
  const { environment, databases, parameters } = ports;
  const prefix = `mainstay/${environment}/`;
  const [here, there, rotations] = await Promise.all([
    ports.secrets.currentVersions(prefix),
    // The other region need not live for this one to be ready.
    ports.otherSecrets.currentVersions(prefix).catch(() => undefined),
    allRotationPlans(environment, parameters),
  ]);
  const needed = new Set([
    ...databases.flatMap(({ name }) =>
      [masterSecretName, heartbeatSecretName, manifestSecretName].map((of) => of(environment, name)),
    ),
    ...rotations.map(({ secretName }) => secretName),
    ...(there?.keys() ?? []),
  ]);
  return faultsOf.secretFaults([...needed].sort(), here, there);
}

async function lookAtKeys({ region, settings, keys }: LooksPorts): Promise<readonly faultsOf.Fault[]> {
  const seen = await sideBySide(settings.keys, callsAtATime, async (alias) => ({
    alias,
    usable: await keys.isUsable(`arn:aws:kms:${region}:${settings.account}:alias/${alias}`),
  }));
  return faultsOf.keyFaults(seen);
}

/** One after the other: IAM's rate for simulations is low. */
async function lookAtPermissions({
  plan,
  databases,
  region,
  settings,
  policies,
}: LooksPorts): Promise<readonly faultsOf.Fault[]> {
  const denied: faultsOf.DeniedRight[] = [];
  for (const right of failoverRights(plan, databases, { account: settings.account, region })) {
    const role = settings.roles[right.task];
    if (role === undefined) throw new RangeError(`The stack has not told the role of ${right.task}.`);
    denied.push(...(await policies.denied(role, right)));
  }
  return faultsOf.permissionFaults(denied);
}

async function lookAtSignals({
  environment,
  region,
  plan,
  reign,
  texts,
}: LooksPorts): Promise<readonly faultsOf.Fault[]> {
  const { zone } = plan;
  if (zone === null) return [];
  const [primary, standby, serves, { primary: reigns }] = await Promise.all([
    texts.read(publicSignalName(environment, otherRegion(plan, region), zone)),
    texts.read(publicSignalName(environment, region, zone)),
    texts.read(servesSignalName(environment, zone)),
    reign.current(),
  ]);
  return faultsOf.signalFaults({ primary, standby, serves }, reigns);
}

async function lookAtReleases(ports: LooksPorts): Promise<readonly faultsOf.Fault[]> {
  const left = new Map((await releases(ports)).map(({ delivery, release }) => [delivery.service, release]));
  const seen = await sideBySide(ports.services, callsAtATime, async (service) => ({
    service: service.name,
    release: left.get(service.name),
    pods: (await ports.cluster.see(service)).pods,
  }));
  return faultsOf.releaseFaults(seen);
}
