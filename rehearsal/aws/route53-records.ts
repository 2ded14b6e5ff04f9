import { assertModelled } from './modelled.ts';
import { AwsError, type ResourceRequest, Unmodelled } from './service.ts';

const types = ['A', 'AAAA', 'CNAME', 'TXT'] as const;
export type RecordType = (typeof types)[number];

/** What is answered: values, or for an alias the DNS name of a load balancer. */
export interface Answer {
  readonly ttlSeconds: number;
  readonly values: readonly string[];
}

interface RecordSet {
  readonly name: string;
  readonly type: RecordType;
  readonly setIdentifier?: string;
  readonly failover?: 'PRIMARY' | 'SECONDARY';
  readonly healthCheckId?: string;
  readonly content: { readonly aliasOf: string } | Answer;
}

/** Of an alias to a load balancer: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resource-record-sets-choosing-alias-non-alias.html */
const loadBalancerTtlSeconds = 60;

export const recordProperties = {
  modelled: [
    'Name',
    'Type',
    'TTL',
    'ResourceRecords',
    'AliasTarget',
    'Failover',
    'SetIdentifier',
    'HealthCheckId',
    'HostedZoneId',
    'HostedZoneName',
  ],
  inert: { Comment: 'a text for people' },
} as const;

/** Without the dot at its end and in small letters. */
export function plainName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

/** The records of all hosted zones, as the name servers answer them. */
export class Records {
  readonly #sets: RecordSet[] = [];
  readonly #isHealthy: (healthCheckId: string) => boolean;

  constructor(isHealthy: (healthCheckId: string) => boolean) {
    this.#isHealthy = isHealthy;
  }

  /** Throws AwsError InvalidChangeBatch for what Route 53 refuses, Unmodelled. */
  add(request: ResourceRequest): string {
    const set = recordSetOf(request);
    const alike = this.#sets.filter(({ name, type }) => name === set.name && type === set.type);
    const taken = alike.some(({ failover, setIdentifier }) =>
      set.failover === undefined
        ? true
        : failover === undefined || failover === set.failover || setIdentifier === set.setIdentifier,
    );
    if (taken) {
      throw refused(
        `Tried to create resource record set [name='${set.name}.', type='${set.type}'] but it already exists`,
      );
    }
    this.#sets.push(set);
    return set.name;
  }

  /** Whether somebody answers for the name at all. */
  knows(name: string): boolean {
    return this.#sets.some((set) => set.name === plainName(name));
  }

  /** What the name servers answer now; a name that no zone has is taken as it is. Undefined: nothing of this type. */
  answer(name: string, type: RecordType, depth = 0): Answer | undefined {
    const asked = plainName(name);
    const here = this.#sets.filter((set) => set.name === asked && (set.type === type || set.type === 'CNAME'));
    if (here.length === 0) return undefined;
    if (depth > 8) throw new RangeError(`${name} leads to itself.`);
    const content = this.#chosen(here).content;
    if ('aliasOf' in content) return this.#behind(content.aliasOf, type, depth, loadBalancerTtlSeconds);
    if (here[0]?.type !== 'CNAME' || type === 'CNAME') return content;
    return this.#behind(content.values[0] ?? '', type, depth, content.ttlSeconds);
  }

  /** Every name with a failover pair of addresses. */
  get failoverNames(): readonly string[] {
    const names = this.#sets.filter(({ failover, type }) => failover && type === 'A').map(({ name }) => name);
    return [...new Set(names)];
  }

  #behind(target: string, type: RecordType, depth: number, ttlSeconds: number): Answer | undefined {
    if (!this.knows(target)) return { ttlSeconds, values: [plainName(target)] };
    const answer = this.answer(target, type, depth + 1);
    return answer && { ...answer, ttlSeconds: Math.min(ttlSeconds, answer.ttlSeconds) };
  }

  /**
   * The primary while it is healthy, else the secondary; the primary again where neither is:
   * https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-how-route-53-chooses-records.html
   */
  #chosen(sets: readonly RecordSet[]): RecordSet {
    const healthy = sets.filter(({ healthCheckId }) => healthCheckId === undefined || this.#isHealthy(healthCheckId));
    const among = healthy.length > 0 ? healthy : sets;
    const chosen = among.find(({ failover }) => failover !== 'SECONDARY') ?? among[0];
    if (!chosen) throw new RangeError('There is no record to choose from.');
    return chosen;
  }
}

function recordSetOf({ properties, logicalId }: ResourceRequest): RecordSet {
  const name = plainName(String(properties['Name']));
  if (name.includes('*')) throw new Unmodelled(`${logicalId}: records of a wildcard are not modelled.`);
  const type = types.find((known) => known === properties['Type']);
  if (!type) {
    throw new Unmodelled(
      `${logicalId}: records of the type ${properties['Type']} are not modelled; modelled are ${types.join(', ')}.`,
    );
  }
  const failover = properties['Failover'] as RecordSet['failover'];
  const setIdentifier = properties['SetIdentifier'];
  if ((failover === undefined) !== (setIdentifier === undefined)) {
    throw refused(`${name}: SetIdentifier is needed where there is a routing policy, and only there`);
  }
  const healthCheckId = properties['HealthCheckId'];
  return {
    name,
    type,
    ...(failover === undefined ? {} : { failover }),
    ...(setIdentifier === undefined ? {} : { setIdentifier: String(setIdentifier) }),
    ...(healthCheckId === undefined ? {} : { healthCheckId: String(healthCheckId) }),
    content: contentOf(name, type, properties),
  };
}

function contentOf(name: string, type: RecordType, properties: ResourceRequest['properties']): RecordSet['content'] {
  const alias = properties['AliasTarget'] as { DNSName: string; EvaluateTargetHealth?: unknown } | undefined;
  const values = properties['ResourceRecords'] as string[] | undefined;
  if ((alias === undefined) === (values === undefined)) {
    throw refused(`${name}: either an alias or records with a TTL are needed`);
  }
  if (alias) {
    assertModelled(alias, ['DNSName', 'HostedZoneId', 'EvaluateTargetHealth'], `AliasTarget of ${name}`);
    if (alias.EvaluateTargetHealth === true || alias.EvaluateTargetHealth === 'true')
      throw new Unmodelled(`${name}: EvaluateTargetHealth is not modelled.`);
    // 'dualstack.' is what the console puts before a load balancer's name.
    return { aliasOf: plainName(String(alias.DNSName)).replace(/^dualstack\./, '') };
  }
  const ttlSeconds = Number(properties['TTL']);
  if (!Number.isInteger(ttlSeconds) || ttlSeconds < 0) throw refused(`${name}: TTL is ${properties['TTL']}`);
  return { ttlSeconds, values: (values ?? []).map((value) => (type === 'TXT' ? unquoted(name, value) : value)) };
}

/** 'TXT records must be enclosed in quotation marks': https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html */
function unquoted(name: string, value: string): string {
  const inner = /^"([^"\\]{0,255})"$/.exec(value)?.[1];
  if (inner === undefined) throw refused(`${name}: invalid TXT record ${value}; one text in quotation marks is taken`);
  return inner;
}

function refused(message: string): AwsError {
  return new AwsError('InvalidChangeBatch', message);
}
