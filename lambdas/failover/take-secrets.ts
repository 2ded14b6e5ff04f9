import { AwsRefused } from '../../domain/errors.ts';
import { functionName } from '../../domain/names.ts';
import { type RotationPlan, rotationRulesOf, rotationTask } from '../../domain/rotation.ts';
import type { TakeSecretsInput, TakeSecretsOutput } from '../../domain/workflows/region-failover.ts';
import { callsAtATime, sideBySide } from '../backup/side-by-side.ts';
import type { Parameters } from '../ports/aws.ts';
import { type SecretVersions, versionStages } from '../ports/rotation.ts';
import type { SecretIndex } from '../ports/secret-index.ts';
import type { CopiedSecrets } from '../ports/serving.ts';
import { endpointOf } from '../rotation/login-value.ts';
import { allRotationPlans, jsonOf } from '../rotation/plans.ts';

export interface TakeSecretsPorts {
  readonly environment: string;
  readonly region: string;
  readonly parameters: Pick<Parameters, 'read' | 'readUnder'>;
  readonly index: SecretIndex;
  readonly secrets: Pick<SecretVersions, 'describe' | 'read'>;
  readonly copies: CopiedSecrets;
}

/**
 * Every copy becomes a secret of this region: it says where its server answers here and who its superuser is here, and rotates from now on by this region's
 * function, first when its days have passed. A superuser's before those of its users. One that is refused is told and holds up no other. Done again it
 * finds what is done. Throws InvalidRotationPlan, AwsUnavailable.
 */
export async function takeSecrets({ run }: TakeSecretsInput, ports: TakeSecretsPorts): Promise<TakeSecretsOutput> {
  const plans = await allRotationPlans(ports.environment, ports.parameters);
  const planned = new Map(plans.map((plan) => [plan.secretName, plan]));
  const names = [...(await ports.index.currentVersions(`mainstay/${ports.environment}/`)).keys()].sort();
  const users = names.filter((name) => planned.get(name)?.superuserSecretName !== undefined);
  const first = names.filter((name) => !users.includes(name));
  const remarks: string[] = [];
  for (const turn of [first, users]) {
    const told = await sideBySide(turn, callsAtATime, (name) =>
      taken(name, planned.get(name), run.execution.arn, ports),
    );
    remarks.push(...told.flat());
  }
  return { taken: names, remarks };
}

/** What a person has to know of it; nothing where all went well. */
async function taken(
  name: string,
  plan: RotationPlan | undefined,
  cause: string,
  ports: TakeSecretsPorts,
): Promise<readonly string[]> {
  try {
    const described = await ports.secrets.describe(name);
    if (!described) return [`${name} is marked for deletion.`];
    if (described.copyOf !== undefined) await ports.copies.takeOver(described.arn);
    if (!plan) return [];
    await pointHere(described.arn, plan, cause, ports);
    const functionArn = rotationFunctionArn(described.arn, plan);
    const scheduled = await ports.copies.schedule(described.arn, { functionArn, rules: rotationRulesOf(plan) });
    return scheduled
      ? []
      : [`${name} has an unfinished rotation: 'watch-rotations' ends it; give it its schedule then.`];
  } catch (error) {
    if (!(error instanceof AwsRefused)) throw error;
    return [`${name}: ${error.message}`];
  }
}

/** arn:aws:secretsmanager:us-west-2:111111111111:secret:… */
function rotationFunctionArn(secretArn: string, { environment, secret }: RotationPlan): string {
  const [, partition, , region, account] = secretArn.split(':');
  return `arn:${partition}:lambda:${region}:${account}:function:${functionName(environment, rotationTask(secret))}`;
}

/** Its value names the server and the superuser of the region that is left: both have a place of their own here. */
async function pointHere(
  arn: string,
  { endpointParameter, superuserSecretName }: RotationPlan,
  cause: string,
  { parameters, secrets, copies }: TakeSecretsPorts,
): Promise<void> {
  if (endpointParameter === undefined) return;
  const here = endpointOf(endpointParameter, await parameters.read(endpointParameter));
  const value = await secrets.read(arn, { stage: versionStages.current });
  const fields = value && jsonOf(value.text);
  if (typeof fields !== 'object' || fields === null) return;
  const superuser = superuserSecretName === undefined ? undefined : await secrets.describe(superuserSecretName);
  const text = JSON.stringify({ ...fields, ...here, ...(superuser ? { masterarn: superuser.arn } : {}) });
  if (text !== JSON.stringify(fields)) await copies.put(arn, text, cause);
}
