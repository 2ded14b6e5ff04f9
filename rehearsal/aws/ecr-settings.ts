import { assertModelled } from './modelled.ts';
import { AwsError, type OperationInput } from './service.ts';

/** What may happen to a tag that exists already. */
export interface TagMutability {
  readonly mode: 'MUTABLE' | 'IMMUTABLE' | 'MUTABLE_WITH_EXCLUSION' | 'IMMUTABLE_WITH_EXCLUSION';
  /** Patterns of the tags that are excepted; `*` stands for any text. */
  readonly exclusions: readonly string[];
}

/** Settings of a repository, its own or from a creation template. */
export interface RepositorySettings {
  readonly tagMutability: TagMutability;
  readonly scanOnPush: boolean;
  readonly encryption: { readonly type: string; readonly kmsKey?: string };
  readonly lifecyclePolicyText?: string;
}

/** What ECR gives a repository that replication makes without a template: https://docs.aws.amazon.com/AmazonECR/latest/userguide/replication.html */
export const defaultSettings: RepositorySettings = {
  tagMutability: { mode: 'MUTABLE', exclusions: [] },
  scanOnPush: false,
  encryption: { type: 'AES256' },
};

/** Reads the settings of AWS::ECR::Repository, or of a creation template. Throws AwsError, Unmodelled. */
export function readSettings(properties: OperationInput, where: string): RepositorySettings {
  const encryption = properties['EncryptionConfiguration'] ?? { EncryptionType: 'AES256' };
  assertModelled(encryption, ['EncryptionType', 'KmsKey'], `${where}.EncryptionConfiguration`);
  assertModelled(properties['ImageScanningConfiguration'], ['ScanOnPush'], `${where}.ImageScanningConfiguration`);
  const lifecycle = properties['LifecyclePolicy'];
  assertModelled(
    typeof lifecycle === 'string' ? undefined : lifecycle,
    ['LifecyclePolicyText'],
    `${where}.LifecyclePolicy`,
  );
  const text: unknown = typeof lifecycle === 'string' ? lifecycle : lifecycle?.['LifecyclePolicyText'];
  if (typeof text === 'string') checkLifecyclePolicy(text, where);
  return {
    tagMutability: readMutability(properties),
    scanOnPush: properties['ImageScanningConfiguration']?.['ScanOnPush'] === true,
    encryption: {
      type: String(encryption['EncryptionType']),
      ...(encryption['KmsKey'] === undefined ? {} : { kmsKey: String(encryption['KmsKey']) }),
    },
    ...(typeof text === 'string' ? { lifecyclePolicyText: text } : {}),
  };
}

function readMutability(properties: OperationInput): TagMutability {
  const filters: OperationInput[] = properties['ImageTagMutabilityExclusionFilters'] ?? [];
  for (const filter of filters) {
    const type = filter['ImageTagMutabilityExclusionFilterType'];
    if (type !== 'WILDCARD') throw invalid(`The tag exclusion filter type '${type}' is not known; WILDCARD is.`);
  }
  const mode = (properties['ImageTagMutability'] ?? 'MUTABLE') as TagMutability['mode'];
  if (!mode.endsWith('_WITH_EXCLUSION') && filters.length > 0)
    throw invalid(`ImageTagMutability ${mode} cannot have exclusion filters.`);
  return { mode, exclusions: filters.map((filter) => String(filter['ImageTagMutabilityExclusionFilterValue'])) };
}

/** Whether a tag may be moved to another image. https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html */
export function tagMayMove(mutability: TagMutability, tag: string): boolean {
  const excluded = mutability.exclusions.some((pattern) => matchesWildcard(pattern, tag));
  return mutability.mode.startsWith('IMMUTABLE') ? excluded : !excluded;
}

/** `*` stands for any text. */
export function matchesWildcard(pattern: string, text: string): boolean {
  const escaped = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${escaped.join('.*')}$`).test(text);
}

interface LifecycleRule {
  readonly rulePriority?: unknown;
  readonly selection?: {
    readonly tagStatus?: string;
    readonly tagPrefixList?: readonly string[];
    readonly tagPatternList?: readonly string[];
    readonly countType?: string;
    readonly countUnit?: string;
    readonly countNumber?: number;
    readonly storageClass?: string;
  };
  readonly action?: { readonly type?: string; readonly targetStorageClass?: string };
}

const countTypes = ['imageCountMoreThan', 'sinceImagePushed', 'sinceImagePulled', 'sinceImageTransitioned'];

/**
 * Checks a lifecycle policy as ECR does when it is put; the rules are not carried out, they work in days.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
 * Throws AwsError InvalidParameterException with everything that is wrong.
 */
export function checkLifecyclePolicy(text: string, where: string): void {
  let policy: { rules?: LifecycleRule[] };
  try {
    policy = JSON.parse(text);
  } catch (error) {
    throw invalid(`${where}: the lifecycle policy is not JSON: ${(error as Error).message}`);
  }
  const rules = policy.rules ?? [];
  const faults = rules.length === 0 ? ['it has no rules'] : rules.flatMap((rule) => faultsOf(rule));
  const priorities = rules.map((rule) => rule.rulePriority);
  if (new Set(priorities).size !== priorities.length) faults.push('two rules have the same rulePriority');
  if (faults.length > 0) throw invalid(`${where}: invalid lifecycle policy: ${faults.join('; ')}.`);
}

function faultsOf(rule: LifecycleRule): string[] {
  const name = `rule ${String(rule.rulePriority)}`;
  const { selection = {}, action = {} } = rule;
  const tagLists = [selection.tagPrefixList, selection.tagPatternList].filter((list) => list !== undefined).length;
  const checks: [boolean, string][] = [
    [Number.isInteger(rule.rulePriority) && Number(rule.rulePriority) > 0, 'rulePriority must be a positive integer'],
    [['tagged', 'untagged', 'any'].includes(selection.tagStatus ?? ''), 'tagStatus must be tagged, untagged or any'],
    [
      selection.tagStatus !== 'tagged' || tagLists === 1,
      'tagStatus tagged needs either tagPrefixList or tagPatternList',
    ],
    [selection.tagStatus === 'tagged' || tagLists === 0, `tagStatus ${selection.tagStatus} takes no list of tags`],
    [countTypes.includes(selection.countType ?? ''), `countType must be one of ${countTypes.join(', ')}`],
    [
      !selection.countType?.startsWith('since') || selection.countUnit === 'days',
      `countType ${selection.countType} needs countUnit days`,
    ],
    [
      Number.isInteger(selection.countNumber) && Number(selection.countNumber) > 0,
      'countNumber must be a positive integer',
    ],
    [action.type === 'expire' || action.type === 'transition', 'action must be expire or transition'],
    [
      action.type !== 'transition' || action.targetStorageClass === 'archive',
      'a transition needs targetStorageClass archive',
    ],
    [
      selection.countType !== 'sinceImagePulled' || action.type === 'transition',
      'sinceImagePulled can only transition',
    ],
    [
      selection.countType !== 'sinceImageTransitioned' || selection.storageClass === 'archive',
      'sinceImageTransitioned needs storageClass archive',
    ],
  ];
  return checks.filter(([holds]) => !holds).map(([, fault]) => `${name}: ${fault}`);
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterException', message);
}
