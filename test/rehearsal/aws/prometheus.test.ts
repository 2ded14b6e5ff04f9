import { describe, expect, it } from 'vitest';
import { createKms } from '../../../rehearsal/aws/kms.ts';
import { createPrometheus } from '../../../rehearsal/aws/prometheus.ts';
import { createSns } from '../../../rehearsal/aws/sns.ts';
import { createRehearsal } from '../../../rehearsal/rehearsal.ts';
import { smallAssembly } from '../assembly/small-assembly.ts';
import { arn } from './small-world.ts';

const topic = { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'critical' } };
const admitting = {
  Type: 'AWS::SNS::TopicPolicy',
  Properties: {
    Topics: [{ Ref: 'Topic' }],
    PolicyDocument: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Service: 'aps.amazonaws.com' },
          Action: 'sns:Publish',
          Resource: arn.topic('critical'),
          Condition: { ArnLike: { 'aws:SourceArn': 'arn:aws:aps:us-east-1:111111111111:workspace/*' } },
        },
      ],
    },
  },
};

function manager(receiver = 'critical', topicArn = arn.topic('critical')): string {
  const config = {
    route: { receiver, routes: [{ matchers: ['severity="critical"'], receiver }] },
    receivers: [{ name: 'critical', sns_configs: [{ topic_arn: topicArn, sigv4: { region: 'us-east-1' } }] }],
  };
  return JSON.stringify({ alertmanager_config: JSON.stringify(config) });
}

const workspace = (AlertManagerDefinition = manager()) => ({
  Type: 'AWS::APS::Workspace',
  DependsOn: ['Topic', 'TopicPolicy'],
  Properties: { AlertManagerDefinition },
});
const rules = (rule: Record<string, unknown> = {}) => ({
  Type: 'AWS::APS::RuleGroupsNamespace',
  Properties: {
    Name: 'rules',
    Workspace: { 'Fn::GetAtt': ['Workspace', 'Arn'] },
    Data: JSON.stringify({
      groups: [
        {
          name: 'all',
          rules: [{ alert: 'full', expr: 'sum(up{a=")"}) > 0', for: '5m', labels: { severity: 'critical' }, ...rule }],
        },
      ],
    }),
  },
});
const scraper = (configuration: unknown) => ({
  Type: 'AWS::APS::Scraper',
  Properties: {
    Destination: { AmpConfiguration: { WorkspaceArn: { 'Fn::GetAtt': ['Workspace', 'Arn'] } } },
    ScrapeConfiguration: { ConfigurationBlob: Buffer.from(JSON.stringify(configuration)).toString('base64') },
  },
});

function deployed(resources: Record<string, unknown>) {
  return createRehearsal({
    assemblyDirectory: smallAssembly([{ name: 'Small', template: { Resources: resources } }]),
    seed: 1,
    startsAt: Date.UTC(2026, 0, 1),
    modules: [createKms, createPrometheus, createSns],
  });
}

describe('a workspace', () => {
  it('stands with its rules and its collector, and says where it is', async () => {
    const { deployment } = await deployed({
      Topic: topic,
      TopicPolicy: admitting,
      Workspace: workspace(),
      Rules: rules(),
      Collector: scraper({ scrape_configs: [{ job_name: 'nodes' }] }),
    });
    const made = deployment.resources.find(({ logicalId }) => logicalId === 'Workspace');
    expect(String(made?.attributes['Arn'])).toMatch(/^arn:aws:aps:us-east-1:111111111111:workspace\/ws-/);
    expect(String(made?.attributes['PrometheusEndpoint'])).toContain('https://aps-workspaces.us-east-1.amazonaws.com/');
  });

  it('whose alert manager may not publish to a topic is refused', async () => {
    const nobody = JSON.parse(JSON.stringify(admitting).replace('aps.amazonaws.com', 'events.amazonaws.com'));
    await expect(deployed({ Topic: topic, TopicPolicy: nobody, Workspace: workspace() })).rejects.toThrow(
      'sns:Publish',
    );
  });

  it('whose alert manager knows no such receiver or topic is refused', async () => {
    const base = { Topic: topic, TopicPolicy: admitting };
    await expect(deployed({ ...base, Workspace: workspace(manager('warning')) })).rejects.toThrow(
      'undefined receiver warning',
    );
    await expect(deployed({ ...base, Workspace: workspace(manager('critical', arn.topic('gone'))) })).rejects.toThrow(
      'Topic does not exist',
    );
  });
});

describe('rules', () => {
  const base = { Topic: topic, TopicPolicy: admitting, Workspace: workspace() };

  it.each([
    ['an expression that closes what it never opened', { expr: 'sum(up)) > 0' }, 'does not close what it opens'],
    ['a severity that no route takes', { labels: { severity: 'loud' } }, "the severity 'loud'"],
    ['a time that is none', { for: 'five minutes' }, "waits for 'five minutes'"],
  ])('with %s are refused', async (_case, rule, message) => {
    await expect(deployed({ ...base, Rules: rules(rule) })).rejects.toThrow(message);
  });

  it('a collector without a job is refused', async () => {
    await expect(deployed({ ...base, Collector: scraper({ global: {} }) })).rejects.toThrow(
      'has a job without a name, or none',
    );
  });
});
