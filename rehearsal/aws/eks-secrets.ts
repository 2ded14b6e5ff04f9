import type { Cluster } from '../kubernetes/cluster.ts';
import type { KubernetesObject } from '../kubernetes/index.ts';
import type { Eks } from './eks.ts';
import type { World } from './module.ts';
import { AwsError, NoAnswer, type Principal, Unmodelled } from './service.ts';

const driver = 'secrets-store.csi.k8s.io';
const addOn = 'aws-secrets-store-csi-driver-provider';

interface Volume {
  readonly name: string;
  readonly csi?: { readonly driver: string; readonly volumeAttributes?: Readonly<Record<string, string>> };
}

interface Wanted {
  readonly objectName: string;
  readonly objectType: string;
}

/**
 * What the driver of secrets does before a pod's container is made: it reads each listed value with the pod's own identity. Answers why
 * it could not, in the kubelet's words; undefined when all are there. Throws Unmodelled.
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/ascp-pod-identity-integration.html
 */
export async function mountSecrets(
  eks: Eks,
  world: World,
  cluster: Cluster,
  pod: KubernetesObject,
): Promise<string | undefined> {
  const volumes = ((pod.spec?.['volumes'] ?? []) as unknown as Volume[]).filter(({ csi }) => csi);
  for (const { name, csi } of volumes) {
    if (csi?.driver !== driver)
      throw new Unmodelled(`The volume '${name}' has the driver ${csi?.driver}; ${driver} is modelled.`);
    const refusal = await mount(eks, world, cluster, pod, csi.volumeAttributes?.['secretProviderClass'] ?? '');
    if (refusal !== undefined) return `MountVolume.SetUp failed for volume "${name}": ${refusal}`;
  }
  return undefined;
}

async function mount(
  eks: Eks,
  world: World,
  cluster: Cluster,
  pod: KubernetesObject,
  className: string,
): Promise<string | undefined> {
  if (!cluster.addOns.has(addOn)) return `driver name ${driver} not found in the list of registered CSI drivers`;
  const { namespace = '' } = pod.metadata;
  const found = cluster.object('SecretProviderClass', namespace, className);
  if (!found) return `failed to get secretproviderclass ${namespace}/${className}, error: not found`;
  const { region = cluster.options.region, objects = '[]', usePodIdentity } = parametersOf(found);
  if (usePodIdentity !== 'true') throw new Unmodelled(`${className}: only usePodIdentity is modelled.`);
  const serviceAccount = String(pod.spec?.['serviceAccountName'] ?? 'default');
  const roleArn = eks.identityOf(cluster, namespace, serviceAccount);
  if (!roleArn) return `${region}: no pod identity association for ${namespace}/${serviceAccount}`;
  const sessionName = `eks-${cluster.options.name}-${pod.metadata.name}`.slice(0, 64);
  try {
    for (const wanted of parsed(className, objects)) {
      const missing = await read(world, { kind: 'role', roleArn, sessionName }, region, wanted);
      if (missing) return `${region}: ${missing}`;
    }
  } catch (error) {
    if (error instanceof AwsError || error instanceof NoAnswer) return `${region}: ${error.name}: ${error.message}`;
    throw error;
  }
  return undefined;
}

/** Secrets by GetSecretValue, parameters by GetParameters: https://github.com/aws/secrets-store-csi-driver-provider-aws */
async function read(
  world: World,
  principal: Principal,
  region: string,
  { objectName, objectType }: Wanted,
): Promise<string | undefined> {
  const { account } = world;
  if (objectType === 'secretsmanager') {
    const input = { SecretId: objectName };
    await account.call({ service: 'secretsmanager', operation: 'GetSecretValue', input, principal, region });
    return undefined;
  }
  if (objectType !== 'ssmparameter')
    throw new Unmodelled(`The objectType ${objectType} of ${objectName} is not modelled.`);
  const input = { Names: [objectName], WithDecryption: true };
  const answer = await account.call({ service: 'ssm', operation: 'GetParameters', input, principal, region });
  const invalid = (answer['InvalidParameters'] ?? []) as string[];
  return invalid.length === 0 ? undefined : `Invalid parameters: ${invalid.join(', ')}`;
}

function parametersOf(secretProviderClass: KubernetesObject): Readonly<Record<string, string>> {
  return (secretProviderClass.spec?.['parameters'] ?? {}) as Record<string, string>;
}

/** YAML is allowed there; ours is JSON. */
function parsed(className: string, objects: string): Wanted[] {
  try {
    return JSON.parse(objects) as Wanted[];
  } catch {
    throw new Unmodelled(`${className}: objects in YAML are not modelled; JSON, which is YAML too, is.`);
  }
}
