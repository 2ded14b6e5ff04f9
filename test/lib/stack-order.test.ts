import { Stack } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { definedApp } from './synthesized.ts';

const stacks = definedApp().node.children.filter((child) => child instanceof Stack);

/** What each stack has to wait for, as `cdk deploy --all` and a rehearsal do. */
const waitsFor: Readonly<Record<string, readonly string[]>> = {
  AeonCluster: ['AeonNetwork'],
  AeonDatabase: ['AeonCluster', 'AeonNetwork', 'AeonSecrets'],
  AeonDelivery: ['AeonCluster', 'AeonImages', 'AeonNetwork', 'AeonWorkloads'],
  AeonImages: ['AeonImagesReplica-eu-west-1', 'AeonImagesReplica-us-west-2'],
  // Its copies are encrypted under the key there.
  AeonSecrets: ['AeonStandbySecrets'],
  // Its first set is copied there.
  AeonBackups: [
    'AeonCluster',
    'AeonDatabase',
    'AeonDelivery',
    'AeonNetwork',
    'AeonSecrets',
    'AeonStandbyBackups',
    'AeonWorkloads',
  ],
  AeonStandbyBackups: [
    'AeonStandby',
    'AeonStandbyCluster',
    'AeonStandbyDatabase',
    'AeonStandbyNetwork',
    'AeonStandbySecrets',
    'AeonStandbyWorkloads',
  ],
  // A guard that no place answers lets no application in: both places first.
  AeonFailover: [
    'AeonBackups',
    'AeonCluster',
    'AeonDatabase',
    'AeonDelivery',
    'AeonNetwork',
    'AeonSecrets',
    'AeonStandbyFailover',
    'AeonWitness',
    'AeonWorkloads',
  ],
  AeonStandbyFailover: [
    'AeonStandby',
    'AeonStandbyBackups',
    'AeonStandbyCluster',
    'AeonStandbyDatabase',
    'AeonStandbyNetwork',
    'AeonStandbySecrets',
    'AeonStandbyWorkloads',
  ],
  // Records lead to load balancers that there are.
  AeonTraffic: ['AeonFailover', 'AeonStandbyWorkloads', 'AeonWorkloads'],
  AeonRestore: ['AeonBackups', 'AeonDatabase', 'AeonDelivery', 'AeonNetwork', 'AeonSecrets'],
  AeonStandbyRestore: [
    'AeonStandby',
    'AeonStandbyBackups',
    'AeonStandbyDatabase',
    'AeonStandbyNetwork',
    'AeonStandbySecrets',
  ],
  AeonRotation: ['AeonCluster', 'AeonDatabase', 'AeonDelivery', 'AeonNetwork', 'AeonSecrets', 'AeonWorkloads'],
  AeonStandby: ['AeonStandbyCluster', 'AeonStandbyNetwork', 'AeonStandbyWorkloads'],
  AeonStandbyCluster: ['AeonStandbyNetwork'],
  // RDS makes a replica of an instance that there is.
  AeonStandbyDatabase: ['AeonDatabase', 'AeonStandbyCluster', 'AeonStandbyNetwork'],
  AeonStandbyRotation: [
    'AeonStandby',
    'AeonStandbyCluster',
    'AeonStandbyDatabase',
    'AeonStandbyNetwork',
    'AeonStandbySecrets',
    'AeonStandbyWorkloads',
  ],
  AeonStandbyWatching: ['AeonStandby', 'AeonStandbyCluster', 'AeonStandbyNetwork'],
  AeonStandbyWorkloads: ['AeonStandbyCluster', 'AeonStandbyDatabase', 'AeonStandbyNetwork', 'AeonStandbySecrets'],
  AeonWatching: ['AeonCluster', 'AeonDelivery', 'AeonNetwork'],
  AeonWorkloads: ['AeonCluster', 'AeonDatabase', 'AeonNetwork', 'AeonSecrets'],
};

describe('the stacks', () => {
  it('wait for what they need, and for nothing else', () => {
    const app = definedApp();
    const assembly = app.synth();
    const found = assembly.stacks.map((stack) => {
      const dependencies = stack.dependencies.flatMap(({ id }) => (assembly.tryGetArtifact(id) ? [id] : []));
      return [stack.stackName, dependencies.filter((id) => !id.endsWith('.assets')).sort()] as const;
    });
    const waiting = found.filter(([, dependencies]) => dependencies.length > 0);
    expect(Object.fromEntries(waiting)).toEqual(waitsFor);
  });

  it('name an account and a region each, so that a rehearsal and a deployment mean the same place', () => {
    for (const stack of stacks) {
      expect(stack.account).toBe('111111111111');
      expect(stack.region).toMatch(/^[a-z]{2}-[a-z]+-\d$/);
    }
  });
});
