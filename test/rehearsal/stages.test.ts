import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { synthesize } from '../../bin/synthesize.ts';
import { aeon } from '../../platforms/aeon.ts';
import type { Ecr } from '../../rehearsal/aws/ecr.ts';
import type { Push } from '../../rehearsal/aws/ecr-images.ts';
import type { Eks } from '../../rehearsal/aws/eks.ts';
import { createRehearsal, type Rehearsal } from '../../rehearsal/rehearsal.ts';

const environment = 'aeon-staging';
const promotion = `mainstay-${environment}-canary-promotion`;
const directory = mkdtempSync(join(tmpdir(), 'stages-'));
let staging: Rehearsal;

beforeAll(async () => {
  const options = { platform: aeon, stage: 'staging', account: '111111111111', validation: false } as const;
  await synthesize({ ...options, outputDirectory: directory });
  staging = await createRehearsal({ assemblyDirectory: directory, seed: 1, startsAt: Date.UTC(2026, 10, 2) });
}, 120_000);
afterAll(() => rmSync(directory, { recursive: true }));

async function pass(minutes: number): Promise<void> {
  await staging.kernel.run({ until: staging.kernel.now() + minutes * 60_000 });
}

function push(service: string, version: string, own: Partial<Push> = {}): string {
  return staging.account.service<Ecr>('ecr').pushImage('us-east-1', {
    repository: `aeon/${service}`,
    tag: `${service}-staging-${version}-3f9c2ab`,
    architectures: ['amd64', 'arm64'],
    ...own,
  });
}

/** What the release record of a service says runs. */
function stableTag(service: string): unknown {
  const records = staging.account
    .service<Eks>('eks')
    .cluster('us-east-1', environment)
    .objects('ConfigMap', environment);
  const record = records.find(({ metadata }) => metadata.name === `${service}-release`) as
    | { readonly data?: { readonly record?: string } }
    | undefined;
  return JSON.parse(record?.data?.record ?? '{}').stableTag;
}

function endings(): unknown[] {
  return staging.log.events
    .filter((event) => event.kind === 'execution.ended' && event['workflow'] === promotion)
    .map((event) => [event['status'], event['error'] ?? 'promoted']);
}

describe('staging', () => {
  it('releases by itself what is pushed for it, once it is replicated and scanned, and asks nobody', async () => {
    push('aeon-dt-api', '1.4.0');
    push('aeon-dt-worker', '2.0.0');
    await pass(30);
    expect([stableTag('aeon-dt-api'), stableTag('aeon-dt-worker')]).toEqual([
      'aeon-dt-api-staging-1.4.0-3f9c2ab',
      'aeon-dt-worker-staging-2.0.0-3f9c2ab',
    ]);
    expect(endings()).toEqual([
      ['SUCCEEDED', 'promoted'],
      ['SUCCEEDED', 'promoted'],
    ]);
  });

  it('refuses what its checks refuse, once, and keeps what runs', async () => {
    push('aeon-dt-api', '1.5.0', { findings: [{ name: 'CVE-2026-1', severity: 'CRITICAL', fixAvailable: 'YES' }] });
    await pass(45);
    expect(endings().slice(2)).toEqual([['FAILED', 'ImageBlocked']]);
    expect(stableTag('aeon-dt-api')).toBe('aeon-dt-api-staging-1.4.0-3f9c2ab');
  });

  it('releases the next one, and an image of another stage never', async () => {
    push('aeon-dt-api', '1.6.0');
    push('aeon-dt-api', '1.7.0', { tag: 'aeon-dt-api-production-1.7.0-3f9c2ab' });
    await pass(30);
    expect(endings().slice(3)).toEqual([['SUCCEEDED', 'promoted']]);
    expect(stableTag('aeon-dt-api')).toBe('aeon-dt-api-staging-1.6.0-3f9c2ab');
  });

  it('is denied no call', () => {
    expect(staging.log.events.filter((event) => event.kind === 'iam.denied')).toEqual([]);
  });
});
