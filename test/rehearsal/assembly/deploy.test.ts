import { describe, expect, it } from 'vitest';
import type { CreateModule } from '../../../rehearsal/aws/module.ts';
import {
  AwsError,
  type ResourceProvider,
  type ResourceRequest,
  type SimulatedService,
} from '../../../rehearsal/aws/service.ts';
import { createRehearsal, type Rehearsal } from '../../../rehearsal/rehearsal.ts';
import { type SmallStack, smallAssembly } from './small-assembly.ts';

/** A resource type whose Ref is its name, whose Arn tells name and region, and which keeps what it was made of. */
function things(made: ResourceRequest[]): CreateModule {
  const provider: ResourceProvider = {
    type: 'Test::Thing',
    modelled: ['Name', 'Uses'],
    inert: { Tags: 'tags change nothing' },
    create(request) {
      made.push(request);
      if (request.properties['Name'] === 'refused') throw new AwsError('LimitExceeded', 'too many things');
      const name = String(request.properties['Name'] ?? request.logicalId);
      return { ref: name, attributes: { Arn: `arn:${request.region}:${name}` } };
    },
  };
  return () => ({ providers: [provider] });
}

function deployed(stacks: readonly SmallStack[], made: ResourceRequest[] = []): Promise<Rehearsal> {
  const assemblyDirectory = smallAssembly(stacks);
  return createRehearsal({ assemblyDirectory, seed: 1, startsAt: 0, modules: [things(made)] });
}

const thing = (properties: Record<string, unknown> = {}, attributes: Record<string, unknown> = {}) => ({
  Type: 'Test::Thing',
  Properties: properties,
  ...attributes,
});

describe('a custom resource', () => {
  it("is asked of its ServiceToken's function, with numbers and booleans as texts, and answers attributes", async () => {
    const asked: unknown[] = [];
    const lambda: CreateModule = () => ({
      services: [
        {
          id: 'lambda',
          operations: {},
          invokeCustomResource: async (functionArn: string, request: unknown) => {
            asked.push([functionArn, request]);
            return { physicalResourceId: 'made', data: { Count: 3 }, noEcho: false };
          },
        } as SimulatedService,
      ],
    });
    const made: ResourceRequest[] = [];
    const token = 'arn:aws:lambda:us-east-1:111111111111:function:maker';
    const template = {
      Resources: {
        Mine: { Type: 'Custom::Mine', Properties: { ServiceToken: token, Size: 3, On: [true] } },
        User: thing({ Name: { Ref: 'Mine' }, Uses: { 'Fn::GetAtt': ['Mine', 'Count'] } }),
      },
    };
    const assemblyDirectory = smallAssembly([{ name: 'One', template }]);
    await createRehearsal({ assemblyDirectory, seed: 1, startsAt: 0, modules: [things(made), lambda] });
    expect(asked).toMatchObject([
      [
        token,
        {
          RequestType: 'Create',
          LogicalResourceId: 'Mine',
          ResourceType: 'Custom::Mine',
          ResourceProperties: { ServiceToken: token, Size: '3', On: ['true'] },
        },
      ],
    ]);
    expect(made[0]?.properties).toEqual({ Name: 'made', Uses: 3 });
  });
});

describe('a deployment', () => {
  it('creates resources after what they refer to and depend on, whatever their order in the template', async () => {
    const made: ResourceRequest[] = [];
    const template = {
      Resources: {
        Last: thing({ Uses: { 'Fn::Sub': '${Middle.Arn}' } }),
        Middle: thing({}, { DependsOn: ['First'] }),
        First: thing(),
      },
    };
    await deployed([{ name: 'One', template }], made);
    expect(made.map((request) => request.logicalId)).toEqual(['First', 'Middle', 'Last']);
    expect(made[2]?.properties).toEqual({ Uses: 'arn:us-east-1:Middle' });
  });

  it('deploys stacks after those they depend on, and hands outputs on by import and by weak reference', async () => {
    const made: ResourceRequest[] = [];
    const consumer = {
      Resources: {
        Consumer: thing({
          Uses: [
            { 'Fn::ImportValue': 'Producer:Arn' },
            { 'Fn::GetStackOutput': { StackName: 'Producer', Region: 'us-east-1', OutputName: 'Name' } },
          ],
        }),
      },
    };
    const producer = {
      Resources: { Source: thing({ Name: 'source' }) },
      Outputs: {
        Arn: { Value: { 'Fn::GetAtt': ['Source', 'Arn'] }, Export: { Name: 'Producer:Arn' } },
        Name: { Value: { Ref: 'Source' } },
      },
    };
    const { deployment, log } = await deployed(
      [
        { name: 'Consumer', dependsOn: ['Producer'], template: consumer },
        { name: 'Producer', template: producer },
      ],
      made,
    );
    expect(made.at(-1)?.properties).toEqual({ Uses: ['arn:us-east-1:source', 'source'] });
    expect(deployment.output('Producer', 'us-east-1', 'Name')).toBe('source');
    expect(() => deployment.output('Producer', 'us-east-1', 'Other')).toThrow('it has Arn, Name');
    expect(log.events.filter((event) => event.kind === 'stack.deployed').map((event) => event['stack'])).toEqual([
      'Producer',
      'Consumer',
    ]);
    expect(log.events.at(-1)).toMatchObject({ kind: 'deployment.finished', stacks: 2, resources: 2, inert: 0 });
  });

  it('loads a nested stack from its asset and gives its outputs to the parent', async () => {
    const nested = {
      Parameters: { Given: { Type: 'String' } },
      Resources: { Inner: thing({ Name: { Ref: 'Given' } }) },
      Outputs: { InnerArn: { Value: { 'Fn::GetAtt': ['Inner', 'Arn'] } } },
    };
    const made: ResourceRequest[] = [];
    const template = {
      Resources: {
        Nested: {
          Type: 'AWS::CloudFormation::Stack',
          Properties: {
            TemplateURL: {
              'Fn::Join': [
                '',
                [
                  'https://s3.us-east-1.',
                  { Ref: 'AWS::URLSuffix' },
                  '/cdk-hnb659fds-assets-111111111111-us-east-1/abc.json',
                ],
              ],
            },
            Parameters: { Given: 'inner' },
          },
        },
        Outer: thing({ Uses: { 'Fn::GetAtt': ['Nested', 'Outputs.InnerArn'] } }),
      },
    };
    const files = { 'nested.template.json': { key: 'abc.json', content: JSON.stringify(nested) } };
    await deployed([{ name: 'Parent', template, files }], made);
    expect(made.map((request) => request.properties)).toEqual([{ Name: 'inner' }, { Uses: 'arn:us-east-1:inner' }]);
  });

  it('passes over metadata and resources whose condition does not hold, and says why', async () => {
    const template = {
      Conditions: { Never: { 'Fn::Equals': ['a', 'b'] } },
      Resources: {
        CDKMetadata: { Type: 'AWS::CDK::Metadata', Properties: { Analytics: 'v2' } },
        Absent: thing({}, { Condition: 'Never' }),
        Present: thing({ Tags: [] }),
      },
      Rules: { CheckBootstrapVersion: {} },
      Parameters: {
        BootstrapVersion: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/cdk-bootstrap/hnb659fds/version' },
      },
    };
    const { deployment } = await deployed([{ name: 'One', template }]);
    expect(deployment.resources.map((resource) => resource.logicalId)).toEqual(['Present']);
    expect(deployment.skipped.map((skipped) => skipped.reason)).toEqual([
      'tells AWS which CDK library made the template; deploys nothing',
      "its condition 'Never' does not hold",
    ]);
    expect(deployment.inert).toEqual([{ type: 'Test::Thing', property: 'Tags', reason: 'tags change nothing' }]);
  });

  it('takes virtual time', async () => {
    const { kernel } = await deployed([{ name: 'One', template: { Resources: { A: thing(), B: thing() } } }]);
    expect(kernel.now()).toBe(2_000);
  });

  it('keeps a reference to a secret as a handle', async () => {
    const made: ResourceRequest[] = [];
    const handle = '{{resolve:secretsmanager:arn:secret:SecretString:password::}}';
    await deployed([{ name: 'One', template: { Resources: { A: thing({ Uses: handle }) } } }], made);
    expect(made[0]?.properties['Uses']).toBe(handle);
  });

  it.each([
    [
      'a resource type without a provider',
      { A: { Type: 'AWS::Nobody::Knows' } },
      /One\/A \(AWS::Nobody::Knows\).*does not model/,
    ],
    ['a property in neither list', { A: thing({ Colour: 'red' }) }, /One\/A \(Test::Thing\).*property Colour/],
    ['an attribute with an effect', { A: thing({}, { CreationPolicy: {} }) }, /attribute CreationPolicy/],
    [
      'a custom resource of nobody',
      { A: { Type: 'Custom::Mine', Properties: { ServiceToken: 'sns' } } },
      /ServiceToken is "sns"/,
    ],
    ['a circle', { A: thing({ Uses: { Ref: 'B' } }), B: thing({ Uses: { Ref: 'A' } }) }, /circle: A → B → A/],
    ['an unknown DependsOn', { A: thing({}, { DependsOn: 'B' }) }, /A depends on 'B'/],
    ['a resource that is refused', { A: thing({ Name: 'refused' }) }, /One\/A .* LimitExceeded: too many things/],
  ])('refuses %s, naming the place', async (_what, resources, message) => {
    await expect(deployed([{ name: 'One', template: { Resources: resources } }])).rejects.toThrow(message);
  });

  it('refuses a template with a transform, and a folder without a manifest', async () => {
    const template = { Transform: 'AWS::Serverless-2016-10-31', Resources: {} };
    await expect(deployed([{ name: 'One', template }])).rejects.toThrow('Transform');
    await expect(createRehearsal({ assemblyDirectory: '/nowhere', seed: 1, startsAt: 0 })).rejects.toThrow(
      'Run `cdk synth` first',
    );
  });
});
