import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { aeon } from '../../platforms/aeon.ts';
import { definedApp, resourcesOf } from './synthesized.ts';

const primary = aeon.regions.primary.name;
const standby = aeon.regions.standby?.name ?? '';

const stacks = definedApp().node.children.filter((child) => child instanceof Stack);
const regionOf = new Map(stacks.map((stack) => [stack.stackName, stack.region]));
const inStandby = stacks.filter((stack) => stack.region === standby);
const templateOf = new Map(inStandby.map((stack) => [stack.stackName, Template.fromStack(stack)]));

/** Where a template of the standby may name the primary: what replication itself is, and words for people. */
const named: Readonly<Record<string, string>> = {
  'AWS::SSM::Parameter Value.primaryRegion': 'tells people and later workflows what this region stands by for',
  'AWS::SSM::Parameter Value.regions.primary':
    'whom a failover leaves: it closes the lease there where that can be reached, and goes on without',
  [`AWS::SSM::Parameter Value.entrance.ways.${primary}`]: 'the same plan in both regions: each asks its own way in',
  'AWS::Lambda::Function Environment.Variables.MAINSTAY_PRIMARY_REGION':
    'who reigns until a record says otherwise: compared, never called',
  'AWS::RDS::DBInstance SourceDBInstanceIdentifier': 'replication itself: RDS streams from the instance that it names',
  'AWS::RDS::DBInstance SourceRegion': 'replication itself: RDS presigns its own call to the other region with it',
};

/**
 * Stacks of what runs in either region and writes into the other at best effort: rights on the other's tables, snapshots and objects by name, and
 * which regions there are. A region that does not answer ends no run of theirs.
 */
const reachesBack = ['AeonStandbyBackups', 'AeonStandbyRestore', 'AeonStandbyFailover'];
const whereItReaches = /^AWS::(IAM::Role Policies\.|Lambda::Function Environment\.Variables\.)/;

/** Stacks of the primary that have to be deployed before one of the standby: an order, no reference. */
const deployedAfter: Readonly<Record<string, readonly string[]>> = {
  AeonStandbyDatabase: ['AeonDatabase'],
};

interface Leaf {
  readonly path: string;
  readonly text: string;
}

/** Every text of a value, also in JSON that a text holds, with the names on the way to it. */
function leavesOf(value: unknown, path: readonly string[] = []): Leaf[] {
  if (typeof value === 'string') {
    const inner = /^\s*[[{]/.test(value) ? parsed(value) : undefined;
    return inner === undefined ? [{ path: path.join('.'), text: value }] : leavesOf(inner, path);
  }
  if (Array.isArray(value)) return value.flatMap((item) => leavesOf(item, path));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) => leavesOf(item, [...path, name]));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Everything that a template of the standby refers to outside itself, as `stack (region)`. */
function importsOf(value: unknown): { readonly stack: string; readonly region: string }[] {
  if (Array.isArray(value)) return value.flatMap(importsOf);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) => {
    if (name === 'Fn::ImportValue') return [{ stack: JSON.stringify(item), region: standby }];
    if (name !== 'Fn::GetStackOutput') return importsOf(item);
    const { StackName: stack, Region: region } = item as { StackName: string; Region?: string };
    return [{ stack, region: region ?? standby }];
  });
}

/** What belongs to the primary alone: its region, with its zones, and the addresses of its network. */
const { vpc } = aeon.regions.primary;
const ofPrimary = [primary, vpc.cidr, ...[...vpc.publicSubnets, ...vpc.privateSubnets].map(({ cidr }) => cidr)];

function namesPrimary(text: string): boolean {
  return ofPrimary.some((name) => text.includes(name));
}

describe('the standby', () => {
  it('has stacks of its own for all that a failover needs', () => {
    expect(inStandby.map((stack) => stack.stackName)).toEqual(
      expect.arrayContaining(['AeonStandbyNetwork', 'AeonStandbyCluster', 'AeonStandbyWorkloads', 'AeonStandby']),
    );
  });

  it.each([...templateOf.keys()])('%s imports from stacks of its own region alone', (name) => {
    for (const { stack, region } of importsOf(templateOf.get(name)?.toJSON())) {
      expect([stack, region, regionOf.get(stack)]).toEqual([stack, standby, standby]);
    }
  });

  it.each([...templateOf.keys()])('%s names nothing of the primary but what replication itself is', (name) => {
    const found = Object.entries(resourcesOf(templateOf.get(name))).flatMap(([logicalId, { Type, Properties }]) =>
      leavesOf(Properties)
        .filter(({ path, text }) => namesPrimary(text) && !/description$/i.test(path))
        .map(({ path, text }) => ({ logicalId, place: `${Type} ${path.replace(/\.(Fn::\w+|Ref)/g, '')}`, text })),
    );
    const explained = ({ place }: { place: string }) =>
      named[place] !== undefined || (reachesBack.includes(name) && whereItReaches.test(place));
    expect(found.filter((each) => !explained(each))).toEqual([]);
  });

  it.each([...templateOf.keys()])(
    '%s makes its own roles, and runs with no other: IAM is one for all regions',
    (name) => {
      const resources = resourcesOf(templateOf.get(name));
      const own = Object.values(resourcesOf(templateOf.get(name), 'AWS::IAM::Role')).flatMap(({ Properties }) =>
        Properties['RoleName'] === undefined ? [] : [String(Properties['RoleName'])],
      );
      // A name without the region would let a stack of the other region mean the same role.
      expect(own.filter((role) => !role.endsWith(`-${standby}`))).toEqual([]);
      const named = Object.values(resources).flatMap(({ Properties }) =>
        leavesOf(Properties).filter(
          ({ text }) =>
            /:(role|policy|user)\/(?!\*|aws-service-role\/)/.test(text) &&
            !text.includes(':iam::aws:') &&
            !own.includes(text.split(':role/')[1] ?? ''),
        ),
      );
      expect(named).toEqual([]);
    },
  );

  it('pulls the image of its load balancer controller from its own region, not from the one registry of the world', () => {
    const charts = Object.values(resourcesOf(templateOf.get('AeonStandbyCluster'), 'Custom::AWSCDK-EKS-HelmChart'));
    const values = charts
      .filter(({ Properties }) => Properties['Chart'] === 'aws-load-balancer-controller')
      .map(({ Properties }) => JSON.stringify(Properties['Values']));
    expect(values).toHaveLength(1);
    expect(values[0]).toContain(`602401143452.dkr.ecr.${standby}.amazonaws.com/amazon/aws-load-balancer-controller`);
    const texts = [...templateOf.values()].map((template) => JSON.stringify(template.toJSON()));
    expect(texts.filter((text) => text.includes('public.ecr.aws'))).toEqual([]);
  });

  it.each([...templateOf.keys()])('%s has outputs that work when the primary is gone', (name) => {
    const outputs = leavesOf(templateOf.get(name)?.toJSON()['Outputs'] ?? {});
    expect(outputs.filter(({ text }) => namesPrimary(text))).toEqual([]);
  });

  it('waits for stacks of the primary only where replication needs its source first', () => {
    const waits = inStandby.flatMap((stack) => {
      const others = stack.dependencies.filter(({ region }) => region !== standby);
      return others.length === 0 ? [] : [[stack.stackName, others.map(({ stackName }) => stackName)]];
    });
    const expected = Object.entries(deployedAfter).filter(([name]) => templateOf.has(name));
    expect(Object.fromEntries(waits)).toEqual(Object.fromEntries(expected));
  });

  it('is named by no stack of the primary but where something is sent there', () => {
    const fromPrimary = stacks.filter((stack) => stack.region === primary);
    const imports = fromPrimary.flatMap((stack) => importsOf(Template.fromStack(stack).toJSON()));
    expect(imports.filter(({ stack }) => regionOf.get(stack) === standby)).toEqual([]);
  });

  it('sees the difference: a reference to the primary would be found', () => {
    const wired = { Value: { 'Fn::GetStackOutput': { StackName: 'AeonCluster', Region: primary, OutputName: 'Key' } } };
    expect(importsOf(wired)).toEqual([{ stack: 'AeonCluster', region: primary }]);
    const text = JSON.stringify([{ image: `111111111111.dkr.ecr.${primary}.amazonaws.com/aeon/aeon-dt-api` }]);
    expect(leavesOf({ Objects: text }).filter((leaf) => namesPrimary(leaf.text))).toHaveLength(1);
    const joined = { 'Fn::Join': ['', ['[{"key":"arn:aws:kms:', `${primary}:1:key/`, { Ref: 'Key' }]] };
    expect(leavesOf({ Objects: joined }).filter((leaf) => namesPrimary(leaf.text))).toHaveLength(1);
  });
});
