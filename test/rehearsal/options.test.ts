import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { synthesize } from '../../bin/synthesize.ts';
import type { Stage } from '../../domain/names.ts';
import { aeon } from '../../platforms/aeon.ts';
import type { Platform } from '../../platforms/schema.ts';
import { validatePlatform } from '../../platforms/validate.ts';
import type { Eks } from '../../rehearsal/aws/eks.ts';
import { createRehearsal, type Rehearsal } from '../../rehearsal/rehearsal.ts';

/** Deploys the definition as the CLI does, functions and all: what nobody models ends it. */
async function deployed(definition: Platform, stage: Stage = 'production'): Promise<Rehearsal> {
  const outputDirectory = mkdtempSync(join(tmpdir(), 'options-'));
  try {
    const platform = validatePlatform(definition);
    await synthesize({ platform, stage, account: '111111111111', validation: false, outputDirectory });
    return await createRehearsal({ assemblyDirectory: outputDirectory, seed: 1, startsAt: Date.UTC(2026, 10, 2) });
  } finally {
    rmSync(outputDirectory, { recursive: true });
  }
}

const [database] = aeon.databases;
const [api, ...services] = aeon.services;
if (!database || !api) throw new Error('aeon has services and a database');

/** Each brings resources, properties or objects that aeon itself does without. Several at once: what fails names itself. */
const options: Readonly<Record<string, Platform>> = {
  'listed ranges, read replicas, keys, an alarm of its own, basic scans, a startup probe, a port for metrics': {
    ...aeon,
    cluster: { ...aeon.cluster, publicEndpointCidrs: ['203.0.113.0/24'] },
    databases: [{ ...database, replicas: { sameRegion: 2, crossRegion: true } }],
    secrets: {
      ...aeon.secrets,
      entries: [
        ...aeon.secrets.entries,
        { name: 'session', kind: 'jwt', consumers: [api.name], overlapHours: 24 },
        { name: 'maps', kind: 'api-key', consumers: [api.name], overlapHours: 24 },
      ],
    },
    alarms: [
      ...aeon.alarms,
      {
        name: 'orders-failed',
        metric: { kind: 'custom', namespace: 'Shop', metricName: 'Failed', dimensions: {}, statistic: 'Sum' },
        comparison: 'above',
        threshold: 1,
        forMinutes: 5,
        severity: 'warning',
      },
    ],
    images: { ...aeon.images, mutableTags: [], scan: { ...aeon.images.scan, continuous: false } },
    services: [
      {
        ...api,
        metricsPort: 9100,
        probes: { ...api.probes, startup: api.probes.liveness },
        spread: { zones: 'required', nodes: 'required' },
      },
      ...services,
    ],
  },
  'an internal gateway in clear text, another storage that grows, no logs, nothing kept': {
    ...aeon,
    gateway: { scheme: 'internal', protocol: 'http' },
    cluster: { ...aeon.cluster, controlPlaneLogs: [] },
    databases: [
      {
        ...database,
        storage: { type: 'io2', gibibytes: 1000, iops: 3000, growsToGibibytes: 2000 },
        parameters: { work_mem: '65536' },
        connections: { maximum: 200, pooled: false },
        logExports: [],
        finalSnapshot: false,
        deletionProtection: false,
      },
    ],
  },
};

describe('a definition with', () => {
  it.each(Object.entries(options))(
    '%s rehearses: every type and property of it is modelled, or said to be inert',
    async (_name, definition) => {
      const { deployment, log } = await deployed(definition);
      expect(deployment.resources.length).toBeGreaterThan(500);
      expect(log.events.filter(({ kind }) => kind === 'iam.denied')).toEqual([]);
    },
  );

  it('Argo CD rehearses: its kinds are there before its objects, its role has no right in the cluster', async () => {
    const gitOps: NonNullable<Platform['cluster']['gitOps']> = {
      identityCenter: { instanceArn: 'arn:aws:sso:::instance/ssoins-1234567890abcdef', region: 'us-east-1' },
      administratorGroups: ['11111111-2222-3333-4444-555555555555'],
      source: { repository: 'https://git.example.com/aeon.git', revision: 'main', path: 'deploy/{environment}' },
    };
    const { account, deployment } = await deployed({ ...aeon, cluster: { ...aeon.cluster, gitOps } });
    expect(deployment.resources.filter(({ type }) => type === 'AWS::EKS::Capability')).toHaveLength(2);
    for (const region of ['us-east-1', 'us-west-2']) {
      const cluster = account.service<Eks>('eks').cluster(region, 'aeon');
      expect(cluster.objects('Application', 'argocd').map(({ metadata }) => metadata.name)).toEqual(['aeon']);
      expect(cluster.objects('AppProject', 'argocd').map(({ metadata }) => metadata.name)).toEqual(['aeon']);
      expect(cluster.objects('Secret', 'argocd').map(({ metadata }) => metadata.name)).toEqual(['aeon']);
    }
  });
});

describe('the stages', () => {
  it.each(['development', 'staging'] as const)('%s rehearses as well', async (stage) => {
    const { deployment, log } = await deployed(aeon, stage);
    expect(deployment.resources.length).toBeGreaterThan(300);
    expect(log.events.filter(({ kind }) => kind === 'iam.denied')).toEqual([]);
  });
});
