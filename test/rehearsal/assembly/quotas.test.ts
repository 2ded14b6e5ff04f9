import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { synthesize } from '../../../bin/synthesize.ts';
import { aeon } from '../../../platforms/aeon.ts';
import {
  checkTemplate,
  QuotaBook,
  QuotaExceeded,
  type QuotaUse,
  quotas,
  templateQuotas,
} from '../../../rehearsal/assembly/quotas.ts';
import type { ResourceRequest } from '../../../rehearsal/aws/service.ts';
import { createRehearsal } from '../../../rehearsal/rehearsal.ts';
import { sectionOf, textOf } from '../../docs/markdown.ts';

const request = (type: string, properties: Record<string, unknown>, own: Partial<ResourceRequest> = {}) => ({
  type,
  logicalId: 'Made',
  stackName: 'Stack',
  region: 'us-east-1',
  account: '111111111111',
  properties,
  ...own,
});
const deployed = (ref: string) => ({ ref, attributes: {} });

/** Counts so many resources of a type; the properties may follow from the position. */
function made(count: number, type: string, properties: (index: number) => Record<string, unknown>, ref = 'ref'): void {
  const book = new QuotaBook();
  for (let index = 0; index < count; index++) {
    book.count(`Stack/Made${index}`, request(type, properties(index), { logicalId: `Made${index}` }), deployed(ref));
  }
}

const rules = (count: number) => Array.from({ length: count }, (_, port) => ({ IpProtocol: 'tcp', FromPort: port }));
const statement = (characters: number) => ({
  PolicyName: 'Task',
  PolicyDocument: { Statement: [{ Action: 'x'.repeat(characters) }] },
});

describe('a deployment beyond what AWS gives is refused', () => {
  it('with what was counted, of what, what is allowed, where it is written, and what to do', () => {
    expect(() => made(6, 'AWS::EC2::EIP', () => ({}))).toThrow(QuotaExceeded);
    expect(() => made(6, 'AWS::EC2::EIP', () => ({}))).toThrow(
      'Stack/Made5: Elastic IP addresses per region of us-east-1 would be 6; allowed are 5 (https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html). Make fewer, or have AWS raise it',
    );
    expect(() => made(5, 'AWS::EC2::EIP', () => ({}))).not.toThrow();
  });

  it.each<[string, number, string, (index: number) => Record<string, unknown>]>([
    ['rules per event bus', 300, 'AWS::Events::Rule', () => ({ Targets: [] })],
    ['node groups of a cluster', 30, 'AWS::EKS::Nodegroup', () => ({ ClusterName: 'aeon' })],
    ['metric filters of a log group', 100, 'AWS::Logs::MetricFilter', () => ({ LogGroupName: '/aws/eks' })],
    ['interface endpoints per VPC', 50, 'AWS::EC2::VPCEndpoint', () => ({ VpcEndpointType: 'Interface', VpcId: 'v' })],
    ['inbound rules of a security group', 60, 'AWS::EC2::SecurityGroupIngress', () => ({ GroupId: 'sg-1' })],
    ['DB instances per region', 40, 'AWS::RDS::DBInstance', () => ({})],
    ['alarms per region', 5000, 'AWS::CloudWatch::Alarm', () => ({})],
  ])('%s: %i pass, one more does not', (name, limit, type, properties) => {
    expect(() => made(limit, type, properties)).not.toThrow();
    expect(() => made(limit + 1, type, properties)).toThrow(`${name} of`);
  });

  it('each region and each parent for itself', () => {
    const book = new QuotaBook();
    for (const region of ['us-east-1', 'us-west-2']) {
      for (let index = 0; index < 5; index++) {
        book.count('place', request('AWS::EC2::EIP', {}, { region }), deployed('eip'));
      }
    }
    expect(book.uses()).toEqual([expect.objectContaining({ used: 5, limit: 5 })]);
  });

  it("a role's inline policies together, wherever they are written", () => {
    const book = new QuotaBook();
    const role = { Policies: [statement(9000)], AssumeRolePolicyDocument: {} };
    book.count('place', request('AWS::IAM::Role', role), deployed('role-1'));
    const more = { Roles: ['role-1'], PolicyDocument: statement(1500).PolicyDocument };
    expect(() => book.count('place', request('AWS::IAM::Policy', more), deployed('policy'))).toThrow(
      'characters of a role’s inline policies together of role-1',
    );
  });

  it("a security group's rules, in the group and beside it", () => {
    const book = new QuotaBook();
    const group = { SecurityGroupIngress: rules(60) };
    book.count('place', request('AWS::EC2::SecurityGroup', group), deployed('sg-1'));
    const one = request('AWS::EC2::SecurityGroupIngress', { GroupId: 'sg-1' });
    expect(() => book.count('place', one, deployed('rule'))).toThrow('inbound rules of a security group of sg-1');
  });

  it('a template of more than 500 resources or a megabyte before anything of it is made', () => {
    const Resources = Object.fromEntries(Array.from({ length: 501 }, (_, index) => [`R${index}`, { Type: 'T' }]));
    expect(() => checkTemplate('Large', { Resources })).toThrow('resources of a template of Large would be 501');
    const text = { Resources: { R: { Type: 'T', Properties: { Text: 'x'.repeat(1_048_577) } } } };
    expect(() => checkTemplate('Large', text)).toThrow('bytes of a template');
  });
});

describe('aeon', () => {
  const directory = mkdtempSync(join(tmpdir(), 'quotas-'));
  let uses: readonly QuotaUse[] = [];
  beforeAll(async () => {
    const options = { platform: aeon, stage: 'production', account: '111111111111', validation: false } as const;
    await synthesize({ ...options, outputDirectory: directory });
    const rehearsal = await createRehearsal({ assemblyDirectory: directory, seed: 1, startsAt: 0 });
    uses = rehearsal.deployment.quotaUses();
  }, 120_000);
  afterAll(() => rmSync(directory, { recursive: true }));

  it('stays within every quota, and takes something of most of them', () => {
    const lines = uses.map(({ name, of, used, limit }) => `${used} of ${limit} ${name} (${of})`);
    console.info(lines.join('\n'));
    expect(uses.length).toBeGreaterThan(25);
    for (const { name, used, limit } of uses) expect([name, used <= limit]).toEqual([name, true]);
    const byName = new Map(uses.map(({ name, used }) => [name, used]));
    expect(byName.get('Elastic IP addresses per region')).toBe(3);
    expect(byName.get('node groups of a cluster')).toBe(3);
    // The platform's, and the one that restore tests run in.
    expect(byName.get('VPCs per region')).toBe(2);
  });
});

it('docs/reference/quotas.md lists what is checked, with its limit and page', () => {
  const rows = (sectionOf(textOf('docs/reference/quotas.md'), 'Checked at every deployment') ?? '')
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .filter((cells) => /^[\d,]+$/.test(cells[2] ?? ''))
    .map(([, name, limit]) => [name, Number(limit?.replaceAll(',', ''))]);
  const checked = [...templateQuotas, ...quotas].map(({ name, limit }) => [name, limit]);
  expect(rows).toEqual(checked);
});
