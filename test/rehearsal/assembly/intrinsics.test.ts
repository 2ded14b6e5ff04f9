import { describe, expect, it } from 'vitest';
import { Resolver, type Scope } from '../../../rehearsal/assembly/intrinsics.ts';
import type { Template } from '../../../rehearsal/assembly/template.ts';

function resolver(template: Template = {}): Resolver {
  const scope: Scope = {
    stackName: 'Shop',
    stackId: 'arn:aws:cloudformation:us-east-1:111111111111:stack/Shop/1',
    region: 'us-east-1',
    account: '111111111111',
    template,
    parameters: { Stage: 'production', Zones: ['a', 'b'] },
    resources: new Map([['Topic', { ref: 'arn:topic', attributes: { TopicName: 'orders', 'Outputs.Key': 'k-1' } }]]),
    exported: (name) => (name === 'Network:Vpc' ? 'vpc-1' : undefined),
    stackOutput: (stack, region, output) =>
      `${stack}/${region}/${output}` === 'Images/eu-west-1/Arn' ? 'arn:images' : undefined,
    zones: (region) => [`${region}a`, `${region}b`],
  };
  return new Resolver(scope);
}

describe('intrinsic functions', () => {
  const template: Template = {
    Mappings: { Sizes: { production: { nodes: 5 } } },
    Conditions: {
      IsProduction: { 'Fn::Equals': [{ Ref: 'Stage' }, 'production'] },
      IsAbroad: {
        'Fn::And': [
          { Condition: 'IsProduction' },
          { 'Fn::Not': [{ 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'us-east-1'] }] },
        ],
      },
    },
  };

  it.each([
    [{ Ref: 'Stage' }, 'production'],
    [{ Ref: 'Topic' }, 'arn:topic'],
    [{ Ref: 'AWS::AccountId' }, '111111111111'],
    [{ 'Fn::GetAtt': ['Topic', 'TopicName'] }, 'orders'],
    [{ 'Fn::GetAtt': 'Topic.Outputs.Key' }, 'k-1'],
    [{ 'Fn::GetAtt': ['Topic', 'Outputs.Key'] }, 'k-1'],
    [{ 'Fn::Join': ['-', ['a', { Ref: 'AWS::Region' }, 3]] }, 'a-us-east-1-3'],
    [{ 'Fn::Sub': 'arn:${AWS::Partition}:${Topic.TopicName}/${!kept}' }, 'arn:aws:orders/${kept}'],
    [{ 'Fn::Sub': ['${Name}-${Stage}', { Name: { Ref: 'Topic' } }] }, 'arn:topic-production'],
    [{ 'Fn::Select': [1, { 'Fn::Split': [',', 'x,y,z'] }] }, 'y'],
    [{ 'Fn::Select': ['0', { Ref: 'Zones' }] }, 'a'],
    [{ 'Fn::FindInMap': ['Sizes', { Ref: 'Stage' }, 'nodes'] }, 5],
    [{ 'Fn::If': ['IsProduction', 'yes', 'no'] }, 'yes'],
    [{ 'Fn::If': ['IsAbroad', 'yes', 'no'] }, 'no'],
    [{ 'Fn::ImportValue': { 'Fn::Sub': 'Network:Vpc' } }, 'vpc-1'],
    [{ 'Fn::GetStackOutput': { StackName: 'Images', Region: 'eu-west-1', OutputName: 'Arn' } }, 'arn:images'],
    [{ 'Fn::GetAZs': '' }, ['us-east-1a', 'us-east-1b']],
    [{ 'Fn::Base64': 'hello' }, 'aGVsbG8='],
    [{ 'Fn::Cidr': ['10.0.0.0/16', 2, 8] }, ['10.0.0.0/24', '10.0.1.0/24']],
    [{ 'Fn::ToJsonString': { a: { Ref: 'Stage' } } }, '{"a":"production"}'],
    [{ 'Fn::Length': { Ref: 'Zones' } }, 2],
    [{ kept: 1, left: { Ref: 'AWS::NoValue' } }, { kept: 1 }],
    [['a', { 'Fn::If': ['IsAbroad', 'b', { Ref: 'AWS::NoValue' }] }], ['a']],
  ])('%j gives %j', (value, expected) => {
    expect(resolver(template).resolve(value, 'here')).toEqual(expected);
  });

  it.each([
    [{ Ref: 'Nobody' }, "Shop: here: Ref names 'Nobody', which the template does not have."],
    [{ 'Fn::GetAtt': ['Topic', 'Arn'] }, "asks 'Arn' of Topic"],
    [{ 'Fn::ImportValue': 'Nothing' }, "exports 'Nothing'"],
    [{ 'Fn::GetStackOutput': { StackName: 'Images', OutputName: 'Arn' } }, 'Images in us-east-1'],
    [
      { 'Fn::GetStackOutput': { StackName: 'Images', OutputName: 'Arn', RoleArn: 'r' } },
      'with RoleArn is not modelled',
    ],
    [{ 'Fn::Transform': { Name: 'AWS::Include' } }, 'runs a macro'],
    [{ 'Fn::Unheard': 1 }, "'Fn::Unheard' is not modelled"],
    [{ 'Fn::Select': [5, ['a']] }, 'Fn::Select 5 of a list of 1'],
    [{ 'Fn::FindInMap': ['Sizes', 'staging', 'nodes'] }, 'Sizes/staging/nodes'],
    [{ 'Fn::Join': ['', [{ a: 1 }]] }, 'a text is needed'],
    [{ 'Fn::Cidr': ['10.0.0.0/24', 3, 8] }, 'does not hold 3 blocks'],
  ])('%j is refused', (value, message) => {
    expect(() => resolver(template).resolve(value, 'here')).toThrow(message);
  });
});
