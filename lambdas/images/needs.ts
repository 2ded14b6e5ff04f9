import type { ServiceDelivery } from '../../domain/delivery.ts';
import type { ImageNeed } from '../../domain/image-retention.ts';
import { slots, standbyReleaseParameterName, stateMachineName } from '../../domain/names.ts';
import { allPlans } from '../canary/plans.ts';
import type { Executions, Parameters, RecoverySets, StandbyParameters } from '../ports/aws.ts';
import type { ReleaseCluster } from '../ports/release-cluster.ts';

export interface NeedsPorts {
  readonly environment: string;
  readonly parameters: Parameters;
  readonly cluster: ReleaseCluster;
  readonly standby: StandbyParameters;
  readonly executions: Executions;
  readonly recoverySets: RecoverySets;
}

/**
 * Everything of this environment that needs an image of the repository: what runs, what a promotion brings or a rollback would
 * bring back, what the standby and the recovery sets hold. Throws what the ports throw: who can't see must not delete.
 */
export async function neededImages(
  repository: string,
  execution: { readonly arn: string },
  ports: NeedsPorts,
): Promise<ImageNeed[]> {
  const plans = (await allPlans(ports.environment, ports.parameters)).filter((plan) => plan.repository === repository);
  const needs: ImageNeed[] = [];
  for (const plan of plans) {
    needs.push(...(await recordedNeeds(plan, ports)), ...(await runningNeeds(plan, ports)));
    needs.push(...(await standbyNeeds(plan, ports)));
  }
  // After the records: a promotion that takes its release between the two reads is then still running.
  if (plans.length > 0) needs.push(...(await promotedNeeds(plans, execution, ports)));
  needs.push(...(await ports.recoverySets.imagesOf(repository)));
  return needs;
}

async function recordedNeeds(plan: ServiceDelivery, { cluster }: NeedsPorts): Promise<ImageNeed[]> {
  const { record } = await cluster.readRecord(plan);
  const { previous, promotion } = record;
  const of = (digest: string | undefined, because: string): ImageNeed[] =>
    digest === undefined ? [] : [{ digest, because: `${plan.service}: ${because}` }];
  return [
    ...of(record.stableDigest, 'the stable release'),
    ...of(previous?.digest, 'the release before, for a rollback'),
    ...of(promotion?.canaryDigest, 'the release under promotion'),
    ...of(promotion?.undo?.stable?.digest, 'the release that the promotion replaces'),
    ...of(promotion?.undo?.previous?.digest, 'the release before that, in case the promotion is undone'),
    ...imageNeeds(promotion?.before.image, plan, 'what its slot held before the promotion'),
  ];
}

async function runningNeeds(plan: ServiceDelivery, { cluster }: NeedsPorts): Promise<ImageNeed[]> {
  const needs: ImageNeed[] = [];
  for (const slot of plan.route ? slots : (['blue'] as const)) {
    const { image } = await cluster.readSlot(plan, slot);
    needs.push(...imageNeeds(image, plan, `the image of the slot ${slot}`));
    for (const pod of await cluster.listPods(plan, slot)) {
      needs.push(...imageNeeds(pod.image, plan, `the pod ${pod.name} runs it`));
    }
  }
  return needs;
}

async function standbyNeeds(plan: ServiceDelivery, { standby }: NeedsPorts): Promise<ImageNeed[]> {
  if (plan.standbyRegion === undefined) return [];
  const name = standbyReleaseParameterName(plan.environment, plan.service);
  const text = await standby.read(plan.standbyRegion, name);
  if (text === undefined) return [];
  const { digest, tag } = JSON.parse(text) as { digest: string; tag: string };
  return [{ digest, tag, because: `${plan.service}: the release of the standby in ${plan.standbyRegion}` }];
}

/** Promotions that have not taken their release yet: they wait for an approval, with an image that no record names. */
async function promotedNeeds(
  plans: readonly ServiceDelivery[],
  execution: { readonly arn: string },
  { environment, executions }: NeedsPorts,
): Promise<ImageNeed[]> {
  const [arn, partition, service, region, account] = execution.arn.split(':');
  const machine = [arn, partition, service, region, account, 'stateMachine'].join(':');
  const inputs = await executions.running(`${machine}:${stateMachineName(environment, 'canary-promotion')}`);
  return inputs.flatMap((text) => {
    const input = JSON.parse(text) as { service?: unknown; tag?: unknown };
    const plan = plans.find((candidate) => candidate.service === input.service);
    return plan && typeof input.tag === 'string'
      ? [{ tag: input.tag, because: `${plan.service}: a promotion of it is under way` }]
      : [];
  });
}

/** `…/aeon/aeon-dt-api@sha256:…` or `…:<tag>`, where it is of the plan's repository. */
function imageNeeds(image: string | undefined, plan: ServiceDelivery, because: string): ImageNeed[] {
  const [, path, tag, digest] = /^(.+?)(?::([^@:/]+))?(?:@(sha256:.+))?$/.exec(image ?? '') ?? [];
  if (!path?.endsWith(`/${plan.repository}`)) return [];
  const told = `${plan.service}: ${because}`;
  if (digest !== undefined) return [{ digest, because: told }];
  return tag === undefined ? [] : [{ tag, because: told }];
}
