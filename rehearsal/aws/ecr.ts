import { findImage, type Push } from './ecr-images.ts';
import { ecrOperations } from './ecr-operations.ts';
import { type CreationTemplate, Registry, type ScanningRule } from './ecr-registry.ts';
import { readSettings } from './ecr-settings.ts';
import { assertModelled } from './modelled.ts';
import type { CreateModule } from './module.ts';
import {
  type AccountServices,
  AwsError,
  type Operation,
  type OperationInput,
  type ResourceProvider,
  type ResourceRequest,
  type SimulatedService,
  Unmodelled,
} from './service.ts';

/** The simulated ECR of all regions. */
export class Ecr implements SimulatedService {
  readonly id = 'ecr';
  readonly operations: Readonly<Record<string, Operation>>;
  readonly providers: readonly ResourceProvider[];
  readonly registry: Registry;
  readonly #account: string;

  constructor(services: AccountServices) {
    this.#account = services.account;
    this.registry = new Registry(services);
    this.operations = ecrOperations(this.registry);
    this.providers = this.#createProviders();
  }

  /**
   * A scenario pushes an image: stored at once, replicated and scanned in virtual time. Answers the digest that the tag
   * names. Throws AwsError RepositoryNotFoundException, ImageTagAlreadyExistsException.
   */
  pushImage(region: string, push: Push): string {
    return this.registry.push(region, push);
  }

  /** Whether a node of the region can pull this digest: asked by the kubelets, by the repository's name without the registry's host. */
  hasImage(region: string, repository: string, digest: string): boolean {
    return this.registry.of(region).repositories.get(repository)?.images.has(digest) ?? false;
  }

  /**
   * The digest behind an image as a pod names it (`<account>.dkr.ecr.<region>.amazonaws.com/<repository>:<tag>` or `@sha256:…`);
   * undefined where it is not in this account's registry of that region.
   */
  imageDigest(image: string): string | undefined {
    const [, account, region = '', path = ''] =
      /^(\d+)\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com\/(.+)$/.exec(image) ?? [];
    const [, name = '', tag, digest] = /^([^:@]+)(?::([^@]+))?(?:@(sha256:.+))?$/.exec(path) ?? [];
    const repository = account === this.#account ? this.registry.of(region).repositories.get(name) : undefined;
    if (!repository) return undefined;
    // Where both are given the digest decides, as in containerd.
    const id = digest === undefined ? { imageTag: tag ?? 'latest' } : { imageDigest: digest };
    return findImage(repository, id)?.digest;
  }

  #createProviders(): ResourceProvider[] {
    return [this.#repositoryProvider(), ...this.#registryProviders(), ...this.#otherProviders()];
  }

  #repositoryProvider(): ResourceProvider {
    return {
      type: 'AWS::ECR::Repository',
      modelled: [
        'RepositoryName',
        'ImageTagMutability',
        'ImageTagMutabilityExclusionFilters',
        'ImageScanningConfiguration',
        'EncryptionConfiguration',
        'LifecyclePolicy',
      ],
      inert: {
        Tags: 'tags of repositories play no part in a rehearsal',
        EmptyOnDelete: 'nothing is deleted in a rehearsal',
        RepositoryPolicyText: 'all pulls come from the account itself, which its own policies decide',
      },
      create: (request) => {
        const name = String(
          request.properties['RepositoryName'] ?? `${request.stackName}-${request.logicalId}`.toLowerCase(),
        );
        this.registry.createRepository(
          request.region,
          name,
          readSettings(request.properties, `${request.logicalId} (${name})`),
        );
        const arn = `arn:aws:ecr:${request.region}:${this.#account}:repository/${name}`;
        return {
          ref: name,
          attributes: { Arn: arn, RepositoryUri: `${this.#account}.dkr.ecr.${request.region}.amazonaws.com/${name}` },
        };
      },
    };
  }

  #registryProviders(): ResourceProvider[] {
    return [
      {
        type: 'AWS::ECR::ReplicationConfiguration',
        modelled: ['ReplicationConfiguration'],
        inert: {},
        create: (request) => {
          const configuration = request.properties['ReplicationConfiguration'] as OperationInput;
          this.registry.of(request.region).replication = (configuration['Rules'] ?? []).map((rule: OperationInput) =>
            this.#replicationRule(rule, request),
          );
          return { ref: this.#account, attributes: { RegistryId: this.#account } };
        },
      },
      {
        type: 'AWS::ECR::RegistryScanningConfiguration',
        modelled: ['ScanType', 'Rules'],
        inert: {},
        create: (request) => {
          const rules = (request.properties['Rules'] ?? []) as OperationInput[];
          this.registry.of(request.region).scanning = {
            scanType: request.properties['ScanType'] === 'ENHANCED' ? 'ENHANCED' : 'BASIC',
            rules: rules.map(scanningRule),
          };
          return { ref: this.#account, attributes: { RegistryId: this.#account } };
        },
      },
      {
        type: 'AWS::ECR::RepositoryCreationTemplate',
        modelled: [
          'Prefix',
          'AppliedFor',
          'CustomRoleArn',
          'EncryptionConfiguration',
          'ImageTagMutability',
          'ImageTagMutabilityExclusionFilters',
          'LifecyclePolicy',
        ],
        inert: {
          Description: 'for people',
          ResourceTags: 'tags of repositories play no part in a rehearsal',
          RepositoryPolicy: 'all pulls come from the account itself, which its own policies decide',
        },
        create: (request) => {
          const template = readTemplate(request);
          this.registry.of(request.region).templates.push(template);
          return { ref: template.prefix, attributes: {} };
        },
      },
    ];
  }

  /** Types that do nothing here, or that are refused. */
  #otherProviders(): ResourceProvider[] {
    return [
      {
        type: 'AWS::ECR::RegistryPolicy',
        modelled: [],
        inert: { PolicyText: 'replication stays within the account, which needs no registry policy' },
        create: () => ({ ref: this.#account, attributes: { RegistryId: this.#account } }),
      },
      {
        type: 'AWS::ECR::PullThroughCacheRule',
        modelled: [],
        inert: {},
        create: (request) => {
          throw new Unmodelled(
            `${request.stackName}/${request.logicalId}: pull-through caches are not modelled: what they pull from other registries is not known here.`,
          );
        },
      },
    ];
  }

  #replicationRule(rule: OperationInput, request: ResourceRequest): { regions: string[]; prefixes: string[] } {
    const destinations: OperationInput[] = rule['Destinations'] ?? [];
    for (const destination of destinations) {
      assertModelled(destination, ['Region', 'RegistryId'], `${request.logicalId}.Destinations`);
      if (destination['RegistryId'] !== this.#account) {
        throw new Unmodelled(
          `${request.logicalId} replicates to account ${destination['RegistryId']}; only this account (${this.#account}) is simulated.`,
        );
      }
      if (destination['Region'] === request.region) {
        throw new AwsError(
          'InvalidParameterException',
          `${request.logicalId}: the destination ${request.region} is the source's own region.`,
        );
      }
    }
    const filters: OperationInput[] = rule['RepositoryFilters'] ?? [];
    return { regions: destinations.map(({ Region }) => Region), prefixes: filters.map(({ Filter }) => Filter) };
  }
}

/** ECR as a module of the simulated world. */
export const createEcr: CreateModule = ({ account }) => {
  const ecr = new Ecr(account);
  return { services: [ecr], providers: ecr.providers };
};

function scanningRule(rule: OperationInput): ScanningRule {
  assertModelled(rule, ['ScanFrequency', 'RepositoryFilters'], 'AWS::ECR::RegistryScanningConfiguration.Rules');
  const filters: OperationInput[] = rule['RepositoryFilters'] ?? [];
  return { frequency: rule['ScanFrequency'], filters: filters.map(({ Filter }) => Filter) };
}

function readTemplate(request: ResourceRequest): CreationTemplate {
  const { Prefix: prefix, AppliedFor: appliedFor, CustomRoleArn: roleArn } = request.properties;
  return {
    prefix: String(prefix),
    appliedFor: appliedFor as string[],
    settings: readSettings(request.properties, `${request.logicalId} (${prefix})`),
    ...(roleArn === undefined ? {} : { roleArn: String(roleArn) }),
  };
}
