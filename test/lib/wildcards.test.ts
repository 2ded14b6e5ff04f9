import { CfnResource, Stack } from 'aws-cdk-lib';
import { CfnPolicy } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import { describe, expect, it } from 'vitest';
import { acknowledgements, wildcardReasons } from '../../lib/checks/acknowledgements.ts';
import { definedApp, type Statement } from './synthesized.ts';

/** One wildcard resource that a policy allows something on, with the reason that stands beside it. */
interface Wildcard {
  readonly role: string;
  readonly actions: readonly string[];
  readonly resource: string;
  readonly reason: string | undefined;
}

interface PolicyProperties {
  readonly Policies?: readonly { readonly PolicyDocument: { readonly Statement: readonly Statement[] } }[];
  readonly PolicyDocument?: { readonly Statement: readonly Statement[] };
}

const policyTypes = ['AWS::IAM::Role', 'AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy'];
const acknowledged = 'aws:cdk:acknowledged-rules';

/** What is allowed by the policies of every role: nothing is left out, the CDK's own provider of charts included. */
function allowedBy(app: IConstruct): { role: string; construct: IConstruct; statement: Statement }[] {
  return app.node.findAll().flatMap((construct) => {
    if (!(construct instanceof CfnResource) || !policyTypes.includes(construct.cfnResourceType)) return [];
    const template = Stack.of(construct).resolve(construct._toCloudFormation()) as {
      Resources: Record<string, { Properties: PolicyProperties }>;
    };
    const [resource] = Object.values(template.Resources);
    const { Policies = [], PolicyDocument } = resource?.Properties ?? {};
    const statements = [
      ...Policies.flatMap((policy) => policy.PolicyDocument.Statement),
      ...(construct.cfnResourceType === 'AWS::IAM::Role' ? [] : (PolicyDocument?.Statement ?? [])),
    ];
    return statements
      .filter(({ Effect }) => Effect === 'Allow')
      .map((statement) => ({ role: construct.node.path, construct, statement }));
  });
}

/** As the check names a resource: what CloudFormation fills in stands as `<LogicalId.Attribute>`. */
function nameOf(resource: unknown): string {
  if (typeof resource === 'string') return resource;
  const { 'Fn::Join': joined, 'Fn::GetAtt': attribute } = resource as {
    'Fn::Join'?: [string, unknown[]];
    'Fn::GetAtt'?: [string, string];
  };
  if (attribute) return `<${attribute.join('.')}>`;
  return joined ? joined[1].map(nameOf).join(joined[0]) : JSON.stringify(resource);
}

/** The reason for one resource, given on the construct or above it. */
function reasonFor(construct: IConstruct, resource: string): string | undefined {
  const rules = construct.node.scopes
    .toReversed()
    .flatMap((scope) => scope.node.metadata)
    .filter(({ type }) => type === acknowledged)
    .flatMap(({ data }) => Object.entries(data as Record<string, string>));
  return rules.find(([id]) => id.endsWith(`AwsSolutions-IAM5[Resource::${resource}]`))?.[1];
}

function wildcardsOf(app: IConstruct): Wildcard[] {
  return allowedBy(app).flatMap(({ role, construct, statement }) =>
    [statement.Resource]
      .flat()
      .filter((resource) => JSON.stringify(resource ?? '').includes('*'))
      .map((resource) => ({
        role,
        actions: [statement.Action].flat(),
        resource: nameOf(resource),
        reason: reasonFor(construct, nameOf(resource)),
      })),
  );
}

const written = [...Object.values(wildcardReasons), acknowledgements.helmProvider.reason] as readonly string[];
const app = definedApp();
const wildcards = wildcardsOf(app);

describe('the wildcards in the policies of aeon', () => {
  it('stand each with its written reason', () => {
    const unexplained = wildcards.filter(({ reason }) => reason === undefined || !written.includes(reason));
    expect(unexplained).toEqual([]);
  });

  it('are counted', () => {
    const counts = new Map<string, number>();
    for (const { reason = 'none' } of wildcards) counts.set(reason, (counts.get(reason) ?? 0) + 1);
    const sorted = [...counts].sort(([, a], [, b]) => b - a);
    const lines = sorted.map(([reason, count]) => `${String(count).padStart(5)}  ${reason}`);
    console.info([`${wildcards.length} wildcard resources in policies of all stacks`, ...lines].join('\n'));
    // Two of every function alone: its own log streams, and its network interfaces where it stands in the VPC.
    const ofFunctions = wildcards.filter(({ reason }) =>
      [wildcardReasons.ownLogStreams, wildcardReasons.networkInterfaces].some((one) => one === reason),
    );
    // As many as there are: who needs one more says here why. Two thirds are of backups and restores: snapshots, objects and parameters that get their
    // names from set and database, and the other region's keys. A failover's are its parameters, the other places of its lease with
    // their keys, and figures and secrets that are listed; who looks at the primary reads the witness's too, and who claims the platform sees whether
    // the execution that has it still runs. The look at readiness reads all of it once a day: plans, keys by alias, node groups. A failback has, in each
    // region, the same parameters and keys, what was set aside by the number of its reign, and the parameter groups of what takes its place.
    expect(wildcards.length - ofFunctions.length).toBeLessThanOrEqual(532);
  });

  it('are in no action', () => {
    const actions = allowedBy(app).flatMap(({ statement }) => statement.Action);
    expect(actions.length).toBeGreaterThan(100);
    expect(actions.filter((action) => action.includes('*'))).toEqual([]);
  });

  it('would be found without a reason', () => {
    const other = definedApp();
    const [stack] = other.node.children.filter((child) => child instanceof Stack);
    const policyDocument = { Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/*' }] };
    new CfnPolicy(stack as Stack, 'Unexplained', { policyName: 'unexplained', policyDocument });
    expect(wildcardsOf(other).filter(({ reason }) => reason === undefined)).toEqual([
      expect.objectContaining({ resource: 'arn:aws:s3:::b/*' }),
    ]);
  });

  it('have no reason that nothing uses', () => {
    const used = new Set(wildcards.map(({ reason }) => reason));
    const unused = Object.entries(wildcardReasons).filter(([, reason]) => !used.has(reason));
    expect(unused.map(([name]) => name)).toEqual([]);
  });
});
