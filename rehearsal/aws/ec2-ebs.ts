import type { Key, Kms } from './kms.ts';
import { type AccountServices, type AuthorisationRequest, AwsError, type OperationInput } from './service.ts';

export interface Volume {
  readonly id: string;
  readonly region: string;
  readonly zone: string;
  readonly gibibytes: number;
  readonly type: string;
  readonly iops?: number;
  readonly throughput?: number;
  readonly key?: Key;
  readonly encrypted: boolean;
  readonly snapshotId?: string;
  readonly clientToken?: string;
  /** Virtual milliseconds since 1970. */
  readonly createdAt: number;
  readonly availableAt: number;
  readonly tags: Map<string, string>;
}

export interface Snapshot {
  readonly id: string;
  readonly region: string;
  /** Of a copy an arbitrary one: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-copy-snapshot.html */
  readonly volumeId: string;
  readonly gibibytes: number;
  readonly key?: Key;
  readonly encrypted: boolean;
  readonly description: string;
  /** Virtual milliseconds since 1970. */
  readonly startedAt: number;
  readonly completedAt: number;
  /** The snapshot that this one is a copy of. */
  readonly copyOf?: string;
  /** Why it came to nothing. */
  readonly problem?: string;
  readonly tags: Map<string, string>;
}

/** The volumes and snapshots of all regions. States follow from the time: nothing happens when one is done. */
export class BlockStore {
  readonly volumes = new Map<string, Volume>();
  readonly snapshots = new Map<string, Snapshot>();
  readonly services: AccountServices;

  constructor(services: AccountServices) {
    this.services = services;
  }

  get now(): number {
    return this.services.kernel.now();
  }

  /** `vol-0…`, `snap-0…`. */
  newId(kind: 'vol' | 'snap'): string {
    return `${kind}-${this.services.nextId(`ec2/${kind}`, 'hex17')}`;
  }

  volumesIn(region: string): Volume[] {
    return [...this.volumes.values()].filter((volume) => volume.region === region);
  }

  snapshotsIn(region: string): Snapshot[] {
    return [...this.snapshots.values()].filter((snapshot) => snapshot.region === region);
  }

  /** Throws AwsError InvalidVolume.NotFound. */
  requireVolume(region: string, id: unknown): Volume {
    const volume = this.volumes.get(String(id));
    if (volume?.region === region) return volume;
    throw new AwsError('InvalidVolume.NotFound', `The volume '${id}' does not exist.`);
  }

  /** Throws AwsError InvalidSnapshot.NotFound. */
  requireSnapshot(region: string, id: unknown): Snapshot {
    const snapshot = this.snapshots.get(String(id));
    if (snapshot?.region === region) return snapshot;
    throw new AwsError('InvalidSnapshot.NotFound', `The snapshot '${id}' does not exist.`);
  }

  stateOf({ problem, completedAt }: Snapshot): 'pending' | 'completed' | 'error' {
    if (problem !== undefined) return 'error';
    return this.now >= completedAt ? 'completed' : 'pending';
  }
}

/** A snapshot's ARN has no account: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html#amazonec2-snapshot */
export function snapshotArn(region: string, id: string): string {
  return `arn:aws:ec2:${region}::snapshot/${id}`;
}

export function volumeArn(region: string, account: string, id: string): string {
  return `arn:aws:ec2:${region}:${account}:volume/${id}`;
}

type Conditions = Record<string, string | readonly string[]>;

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html#amazonec2-policy-keys */
export function resourceConditions(region: string, of: Volume | Snapshot | undefined): Conditions {
  if (!of) return { 'ec2:Region': region };
  const tags = [...of.tags].flatMap(([name, value]): [string, string][] => [
    [`aws:ResourceTag/${name}`, value],
    [`ec2:ResourceTag/${name}`, value],
  ]);
  const own: Conditions =
    'type' in of
      ? { 'ec2:VolumeID': of.id, 'ec2:VolumeSize': String(of.gibibytes), 'ec2:VolumeType': of.type }
      : { 'ec2:SnapshotID': of.id, 'ec2:VolumeSize': String(of.gibibytes), 'ec2:ParentVolume': of.volumeId };
  return { 'ec2:Region': region, 'ec2:Encrypted': String(of.encrypted), ...own, ...Object.fromEntries(tags) };
}

export function tagConditions(tags: ReadonlyMap<string, string>): Conditions {
  return {
    'aws:TagKeys': [...tags.keys()],
    ...Object.fromEntries([...tags].map(([name, value]) => [`aws:RequestTag/${name}`, value])),
  };
}

/** A resource that is made with tags needs the right to tag as well: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/supported-iam-actions-tagging.html */
export function taggingRight(
  action: string,
  arn: string,
  region: string,
  tags: ReadonlyMap<string, string>,
): AuthorisationRequest[] {
  if (tags.size === 0) return [];
  const conditions = { 'ec2:Region': region, 'ec2:CreateAction': action, ...tagConditions(tags) };
  return [{ action: 'ec2:CreateTags', resources: [arn], conditions }];
}

/** Tags of the one resource that is made. Throws AwsError InvalidParameterValue. */
export function specifiedTags(input: OperationInput, resourceType: string): Map<string, string> {
  const given = (input['TagSpecifications'] ?? []) as readonly { ResourceType?: string; Tags?: readonly Tag[] }[];
  const wrong = given.find((specification) => specification.ResourceType !== resourceType);
  if (wrong) {
    throw new AwsError('InvalidParameterValue', `'${wrong.ResourceType}' is not a valid taggable resource type here.`);
  }
  return tagsOf(given.flatMap(({ Tags = [] }) => Tags));
}

interface Tag {
  readonly Key?: string;
  readonly Value?: string;
}

/** At most 50, none under `aws:`: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions */
export function tagsOf(tags: readonly Tag[]): Map<string, string> {
  const reserved = tags.find(({ Key = '' }) => Key.startsWith('aws:') || Key === '' || Key.length > 127);
  if (reserved) throw new AwsError('InvalidParameterValue', `'${reserved.Key}' is no tag key that may be used.`);
  if (tags.length > 50) throw new AwsError('TagLimitExceeded', 'You may have no more than 50 tags.');
  return new Map(tags.map(({ Key = '', Value = '' }) => [Key, Value]));
}

export function tagList(tags: ReadonlyMap<string, string>): Tag[] {
  return [...tags].map(([Key, Value]) => ({ Key, Value }));
}

/**
 * What EBS asks of a key on the caller's behalf. 'kms:CreateGrant, kms:Decrypt, kms:DescribeKey, kms:GenerateDataKeyWithoutPlaintext,
 * kms:ReEncrypt': https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption-requirements.html; that each operation asks for all of
 * them is assumed. The grant is for a resource of AWS.
 */
export function keyRequests(services: AccountServices, key: Key, use: 'from' | 'to'): AuthorisationRequest[] {
  const actions = {
    from: ['kms:DescribeKey', 'kms:CreateGrant', 'kms:Decrypt', 'kms:ReEncryptFrom'],
    to: ['kms:DescribeKey', 'kms:CreateGrant', 'kms:GenerateDataKeyWithoutPlaintext', 'kms:ReEncryptTo'],
  }[use];
  const requests = services
    .service<Kms>('kms')
    .keyUseRequests({ region: key.region, key: key.arn, actions, viaService: 'ec2' });
  return requests.map((request) => ({
    ...request,
    conditions: { ...request.conditions, 'kms:GrantIsForAWSResource': 'true' },
  }));
}
