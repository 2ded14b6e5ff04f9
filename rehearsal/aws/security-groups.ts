type Properties = Readonly<Record<string, unknown>>;

interface Rule {
  readonly protocol: string;
  readonly from: number;
  readonly to: number;
  readonly cidr?: string;
  readonly group?: string;
  readonly prefixList?: string;
}

/** One end of a connection. */
export interface Place {
  /** Security groups of the network interface; none where nothing is known of them. */
  readonly groups: readonly string[];
  /** Blocks that its address may be in. */
  readonly cidrs: readonly string[];
  /** Reached by the prefix list of a gateway endpoint. */
  readonly gateway?: true;
}

type Direction = 'ingress' | 'egress';

const everything: Rule = { protocol: '-1', from: 0, to: 65_535, cidr: '0.0.0.0/0' };

/**
 * Security groups as the templates make them, for connections over TCP. A group that no template makes (a VPC's default one, that of a
 * cluster) is not known, and lets everything pass. https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
 */
export class SecurityGroups {
  readonly #rules = new Map<string, Record<Direction, Rule[]>>();

  /** Takes a resource up; of other types nothing. */
  add(type: string, id: string, properties: Properties): void {
    if (type === 'AWS::EC2::SecurityGroup') {
      const rules = this.#of(id);
      const [ingress, egress] = [properties['SecurityGroupIngress'], properties['SecurityGroupEgress']];
      rules.ingress.push(...list(ingress).map(ruleOf));
      // 'If you specify no outbound rules, all outbound traffic is allowed': https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroup.html
      rules.egress.push(...(egress === undefined ? [everything] : list(egress).map(ruleOf)));
    } else if (type === 'AWS::EC2::SecurityGroupIngress') {
      this.#of(String(properties['GroupId'])).ingress.push(ruleOf(properties));
    } else if (type === 'AWS::EC2::SecurityGroupEgress') {
      this.#of(String(properties['GroupId'])).egress.push(ruleOf(properties));
    }
  }

  /** Whether a connection to the port gets out of the one end and into the other. */
  admits(from: Place, to: Place, port: number): boolean {
    return this.#lets(from.groups, 'egress', to, port) && this.#lets(to.groups, 'ingress', from, port);
  }

  #lets(groups: readonly string[], direction: Direction, peer: Place, port: number): boolean {
    const known = groups.flatMap((group) => this.#rules.get(group) ?? []);
    if (known.length < groups.length || groups.length === 0) return true;
    return known.some((rules) => rules[direction].some((rule) => fits(rule, peer, port)));
  }

  #of(group: string): Record<Direction, Rule[]> {
    const rules = this.#rules.get(group) ?? { ingress: [], egress: [] };
    this.#rules.set(group, rules);
    return rules;
  }
}

function ruleOf(properties: Properties): Rule {
  const text = (...names: readonly string[]): string | undefined => {
    const found = names.map((name) => properties[name]).find((value) => value !== undefined);
    return found === undefined ? undefined : String(found);
  };
  const cidr = text('CidrIp');
  const group = text('SourceSecurityGroupId', 'DestinationSecurityGroupId');
  const prefixList = text('SourcePrefixListId', 'DestinationPrefixListId');
  return {
    protocol: String(properties['IpProtocol']),
    from: Number(properties['FromPort'] ?? 0),
    to: Number(properties['ToPort'] ?? 65_535),
    ...(cidr === undefined ? {} : { cidr }),
    ...(group === undefined ? {} : { group }),
    ...(prefixList === undefined ? {} : { prefixList }),
  };
}

function fits(rule: Rule, peer: Place, port: number): boolean {
  const { protocol, from, to, cidr, group, prefixList } = rule;
  if (protocol !== '-1' && !(/^(tcp|6)$/.test(protocol) && from <= port && port <= to)) return false;
  if (group !== undefined) return peer.groups.includes(group);
  if (prefixList !== undefined) return peer.gateway === true;
  return cidr !== undefined && peer.cidrs.length > 0 && peer.cidrs.every((block) => covers(cidr, block));
}

function covers(outer: string, inner: string): boolean {
  const [[a, outerBits], [b, innerBits]] = [parsed(outer), parsed(inner)];
  return outerBits <= innerBits && Math.floor(a / 2 ** (32 - outerBits)) === Math.floor(b / 2 ** (32 - outerBits));
}

function parsed(block: string): [address: number, bits: number] {
  const [address = '', bits = '32'] = block.split('/');
  return [address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0), Number(bits)];
}

function list(value: unknown): readonly Properties[] {
  return Array.isArray(value) ? (value as readonly Properties[]) : [];
}
