import { applicationSecretName, databaseEndpointParameterName } from '../../domain/databases.ts';
import type { Service } from '../../platforms/schema.ts';
import type { StagedPlatform } from '../../platforms/stage.ts';
import { type KubernetesObject, type ServiceScope, serviceLabels } from './object.ts';

/** Where a container finds its secrets and the endpoints of its databases, a file each. */
export const secretsDirectory = '/mnt/secrets';
export const secretsVolume = 'secrets';

/** One file below the directory. */
export interface MountedValue {
  readonly objectName: string;
  readonly objectType: 'secretsmanager' | 'ssmparameter';
  /** The file's name. */
  readonly objectAlias: string;
}

/**
 * What a service reads: each secret that names it as a consumer, as `<secret>`, and where its databases answer in this region, as
 * `<database>.endpoint`. A secret's copy in the standby names the primary's host, so that the host is never taken from there.
 */
export function mountedValues(platform: StagedPlatform, environment: string, service: Service): MountedValue[] {
  const secrets = platform.secrets.entries.filter(({ consumers }) => consumers.includes(service.name));
  return [
    ...secrets.map(
      ({ name }): MountedValue => ({
        objectName: applicationSecretName(environment, name),
        objectType: 'secretsmanager',
        objectAlias: name,
      }),
    ),
    ...service.databases.map(
      (database): MountedValue => ({
        objectName: databaseEndpointParameterName(environment, database),
        objectType: 'ssmparameter',
        objectAlias: `${database}.endpoint`,
      }),
    ),
  ];
}

/**
 * Tells the secrets' driver what to mount, read with the pod's own identity from the cluster's own region.
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/ascp-pod-identity-integration.html
 */
export function secretObjects(scope: ServiceScope): readonly KubernetesObject[] {
  const { platform, environment, service, place } = scope;
  const values = mountedValues(platform, environment, service);
  if (values.length === 0) return [];
  return [
    {
      apiVersion: 'secrets-store.csi.x-k8s.io/v1',
      kind: 'SecretProviderClass',
      metadata: { name: service.name, namespace: environment, labels: serviceLabels(environment, service.name) },
      spec: {
        provider: 'aws',
        parameters: {
          region: place.name,
          usePodIdentity: 'true',
          // YAML, of which JSON is a part.
          objects: JSON.stringify(values),
        },
      },
    },
  ];
}
