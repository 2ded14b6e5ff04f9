import { expect, it } from 'vitest';
import { loadAssembly } from '../../rehearsal/assembly/load.ts';
import { assemblyWithout } from '../../rehearsal/assembly/without.ts';
import { createSqs } from '../../rehearsal/aws/sqs.ts';
import { createRehearsal } from '../../rehearsal/rehearsal.ts';
import { smallAssembly } from './assembly/small-assembly.ts';

const queue = (name: string) => ({
  Resources: { Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: name } } },
});

it('does without the stacks that it is told to leave out, and without what depends on them, and names them', async () => {
  const { deployment, leftOut } = await createRehearsal({
    assemblyDirectory: smallAssembly([
      { name: 'Backups', template: queue('backups') },
      { name: 'Failover', dependsOn: ['Backups'], template: queue('failover') },
      { name: 'Traffic', dependsOn: ['Failover'], template: queue('traffic') },
    ]),
    seed: 1,
    startsAt: 0,
    modules: [createSqs],
    without: (name) => name === 'Failover',
  });
  expect(deployment.stacks.map(({ stackName }) => stackName)).toEqual(['Backups']);
  expect(leftOut).toEqual({ stacks: ['Failover', 'Traffic'], alarms: [] });
});

it('deploys every stack unless it is told', async () => {
  const { deployment, leftOut } = await createRehearsal({
    assemblyDirectory: smallAssembly([{ name: 'Failover', template: queue('failover') }]),
    seed: 1,
    startsAt: 0,
    modules: [createSqs],
  });
  expect(deployment.stacks).toHaveLength(1);
  expect(leftOut).toEqual({ stacks: [], alarms: [] });
});

const arn = (region: string) => `arn:aws:states:${region}:111111111111:stateMachine:region-failover`;
const alarm = (AlarmName: string, Name: string, Value: unknown) => ({
  Type: 'AWS::CloudWatch::Alarm',
  Properties: { AlarmName, Dimensions: [{ Name, Value }] },
});

it('does without the alarms that watch what it left out, and keeps those of the same name in the other region', () => {
  const watching = {
    Resources: {
      Missed: alarm('missed', 'RuleName', 'guard'),
      Errors: alarm('errors', 'FunctionName', 'guard'),
      Failed: alarm('failed', 'StateMachineArn', arn('us-east-1')),
      Released: alarm('released', 'FunctionName', 'release'),
      Queue: alarm('guard queue', 'QueueName', 'guard'),
      Made: alarm('of what the template makes', 'FunctionName', { Ref: 'Elsewhere' }),
      Requests: { Type: 'AWS::CloudWatch::Alarm', Properties: { AlarmName: 'by search', Metrics: [] } },
    },
  };
  const failover = {
    Resources: {
      Rule: { Type: 'AWS::Events::Rule', Properties: { Name: 'guard' } },
      Function: { Type: 'AWS::Lambda::Function', Properties: { FunctionName: 'guard' } },
      Machine: { Type: 'AWS::StepFunctions::StateMachine', Properties: { StateMachineName: 'region-failover' } },
    },
  };
  const directory = smallAssembly([
    { name: 'Watching', template: watching },
    { name: 'StandbyWatching', region: 'us-west-2', template: watching },
    { name: 'Failover', template: failover },
  ]);
  const { assembly, notDeployed } = assemblyWithout(loadAssembly(directory), (name) => name === 'Failover');
  expect(notDeployed).toEqual({ stacks: ['Failover'], alarms: ['missed', 'errors', 'failed'] });
  const left = assembly.stacks.map(({ stackName, template }) => [stackName, Object.keys(template.Resources ?? {})]);
  expect(Object.fromEntries(left)).toEqual({
    Watching: ['Released', 'Queue', 'Made', 'Requests'],
    StandbyWatching: Object.keys(watching.Resources),
  });
});
