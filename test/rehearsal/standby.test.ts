import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { synthesize } from '../../bin/synthesize.ts';
import { applicationSecretName, databaseEndpointParameterName } from '../../domain/databases.ts';
import { secretVersionAnnotation, standbyReleaseParameterName } from '../../domain/names.ts';
import { aeon } from '../../platforms/aeon.ts';
import type { Ecr } from '../../rehearsal/aws/ecr.ts';
import type { Eks } from '../../rehearsal/aws/eks.ts';
import type { OperationInput } from '../../rehearsal/aws/service.ts';
import { createRehearsal, type Rehearsal } from '../../rehearsal/rehearsal.ts';

const directory = mkdtempSync(join(tmpdir(), 'standby-'));
const tag = 'aeon-dt-api-production-1.4.0-3f9c2ab';

beforeAll(async () => {
  const options = { platform: aeon, stage: 'production', account: '111111111111', validation: false } as const;
  await synthesize({ ...options, outputDirectory: directory });
}, 60_000);
afterAll(() => rmSync(directory, { recursive: true }));

/** The platform with aeon-dt-api 1.4.0 in every region's registry, and its users in the primary. */
async function deployed(): Promise<{ rehearsal: Rehearsal; eks: Eks; digest: string }> {
  const rehearsal = await createRehearsal({ assemblyDirectory: directory, seed: 1, startsAt: Date.UTC(2026, 10, 2) });
  const eks = rehearsal.account.service<Eks>('eks');
  eks.traffic.sendUsersTo('us-east-1');
  const digest = rehearsal.account
    .service<Ecr>('ecr')
    .pushImage('us-east-1', { repository: 'aeon/aeon-dt-api', tag, architectures: ['amd64', 'arm64'] });
  await rehearsal.kernel.run({ until: rehearsal.kernel.now() + 600_000 });
  return { rehearsal, eks, digest };
}

/** As a promotion leaves it for the standby. */
async function release({ kernel, account }: Rehearsal, digest: string): Promise<void> {
  const value = JSON.stringify({ digest, tag, promotedAt: '2026-11-02T00:00:00.000Z' });
  const input: OperationInput = {
    Name: standbyReleaseParameterName('aeon', 'aeon-dt-api'),
    Type: 'String',
    Value: value,
  };
  const principal = { kind: 'person', name: 'promotion' } as const;
  const asked = account.call({ service: 'ssm', operation: 'PutParameter', region: 'us-west-2', principal, input });
  await kernel.run({ until: kernel.now() + 1000 });
  await asked;
}

interface PodStatus {
  readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  readonly containerStatuses?: readonly {
    readonly image: string;
    readonly state: { readonly waiting?: { readonly message?: string } };
  }[];
}

function podsOf(eks: Eks, region: string): PodStatus[] {
  return eks
    .cluster(region, 'aeon')
    .objects('Pod', 'aeon')
    .map(({ status }) => status as unknown as PodStatus);
}

const isReady = ({ conditions }: PodStatus): boolean =>
  (conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True');

describe('the standby', () => {
  it('runs the release that it was left within minutes, from its own registry, at the fewest replicas, for nobody', async () => {
    const { rehearsal, eks, digest } = await deployed();
    expect(podsOf(eks, 'us-west-2')).toEqual([]);
    await release(rehearsal, digest);
    await rehearsal.kernel.run({ until: rehearsal.kernel.now() + 7 * 60_000 });
    const pods = podsOf(eks, 'us-west-2');
    expect(pods.filter(isReady)).toHaveLength(3);
    for (const pod of pods) {
      const image = `111111111111.dkr.ecr.us-west-2.amazonaws.com/aeon/aeon-dt-api@${digest}`;
      expect(pod.containerStatuses?.[0]?.image).toBe(image);
    }
    expect(podsOf(eks, 'us-east-1')).toEqual([]);
    expect(eks.traffic.totals()).toEqual([]);
  });

  it('calls nothing of the primary region while it does', async () => {
    const { rehearsal, digest } = await deployed();
    await release(rehearsal, digest);
    await rehearsal.kernel.run({ until: rehearsal.kernel.now() + 15 * 60_000 });
    const roles = rehearsal.deployment.resources
      .filter(({ type, region }) => type === 'AWS::IAM::Role' && region === 'us-west-2')
      .map(({ ref }) => ref);
    const calls = rehearsal.log.events.filter(
      (event) => event.kind === 'aws.called' && roles.includes(String(event['principal'])),
    );
    expect(calls.length).toBeGreaterThan(10);
    expect(new Set(calls.map((event) => event['region']))).toEqual(new Set(['us-west-2']));
    expect(new Set(calls.map((event) => event['service']))).toContain('secretsmanager');
    expect(new Set(calls.map((event) => event['outcome']))).toEqual(new Set(['ok']));
  });
});

describe('secrets of a pod', () => {
  it('are read with its own identity before it starts: without the right it waits, and says for what', async () => {
    const { rehearsal, eks, digest } = await deployed();
    const { account, iam } = rehearsal;
    const decide = iam.decide.bind(iam);
    let taken = true;
    Object.assign(iam, {
      decide: (...asked: Parameters<typeof decide>) =>
        taken && asked[2].action === 'secretsmanager:GetSecretValue'
          ? { decision: 'denied', reason: 'the test takes it away', matched: [] }
          : decide(...asked),
    });
    await release(rehearsal, digest);
    await rehearsal.kernel.run({ until: rehearsal.kernel.now() + 8 * 60_000 });
    const [pod] = podsOf(eks, 'us-west-2');
    expect(podsOf(eks, 'us-west-2').filter(isReady)).toEqual([]);
    const message = pod?.containerStatuses?.[0]?.state.waiting?.message;
    expect(message).toContain('MountVolume.SetUp failed for volume "secrets"');
    expect(message).toContain('secretsmanager:GetSecretValue');
    taken = false;
    await account.kernel.run({ until: account.kernel.now() + 5 * 60_000 });
    expect(podsOf(eks, 'us-west-2').filter(isReady)).toHaveLength(3);
  });
});

/** What a person is answered; virtual time runs until then. */
async function asked(
  { kernel, account }: Rehearsal,
  service: string,
  operation: string,
  region: string,
  input: OperationInput,
): Promise<OperationInput> {
  let answer: OperationInput | undefined;
  const call = account.call({ service, operation, region, principal: { kind: 'person', name: 'ada' }, input });
  const kept = call.then((given) => {
    answer = given;
  });
  await kernel.run({ done: () => answer !== undefined });
  await kept;
  return answer ?? {};
}

const secret = applicationSecretName('aeon', 'aeon-dt-postgres');
const valueIn = async (rehearsal: Rehearsal, region: string): Promise<Record<string, string>> =>
  JSON.parse(
    String((await asked(rehearsal, 'secretsmanager', 'GetSecretValue', region, { SecretId: secret }))['SecretString']),
  );
/** Versions of the secret that the pods ask for. */
const versionsAsked = (eks: Eks, region: string): Set<unknown> =>
  new Set(
    eks
      .cluster(region, 'aeon')
      .objects('Pod', 'aeon')
      .map(({ metadata }) => metadata.annotations?.[secretVersionAnnotation('aeon-dt-postgres')]),
  );

describe('a reader of secrets in the standby', () => {
  it("gets user and password from the copy, and the host from beside it: the copy's own names the primary's", async () => {
    const { rehearsal, eks, digest } = await deployed();
    await release(rehearsal, digest);
    await rehearsal.kernel.run({ until: rehearsal.kernel.now() + 7 * 60_000 });
    const provider = eks.cluster('us-west-2', 'aeon').object('SecretProviderClass', 'aeon', 'aeon-dt-api');
    const { region, objects } = (provider?.spec?.['parameters'] ?? {}) as Record<string, string>;
    expect(region).toBe('us-west-2');
    const mounted = JSON.parse(String(objects)) as { objectName: string; objectAlias: string }[];
    expect(mounted.map(({ objectName, objectAlias }) => [objectAlias, objectName])).toEqual([
      ['aeon-dt-postgres', secret],
      ['aeon-dt.endpoint', '/mainstay/aeon/databases/aeon-dt/endpoint'],
    ]);
    const Name = databaseEndpointParameterName('aeon', 'aeon-dt');
    const { Parameter } = await asked(rehearsal, 'ssm', 'GetParameter', 'us-west-2', { Name });
    const endpoint = JSON.parse(String((Parameter as { Value: string }).Value)) as { host: string; port: number };
    const copy = await valueIn(rehearsal, 'us-west-2');
    expect(endpoint.host).toMatch(/\.us-west-2\.rds\.amazonaws\.com$/);
    expect(copy['host']).toMatch(/\.us-east-1\.rds\.amazonaws\.com$/);
    expect(copy['password']).toBe((await valueIn(rehearsal, 'us-east-1'))['password']);
  });

  it('mounts anew what the primary has rotated, within a quarter of an hour, and asks nothing of the primary for it', async () => {
    const { rehearsal, eks, digest } = await deployed();
    const { kernel, log } = rehearsal;
    await release(rehearsal, digest);
    await kernel.run({ until: kernel.now() + 20 * 60_000 });
    const before = await valueIn(rehearsal, 'us-west-2');
    const [former] = versionsAsked(eks, 'us-west-2');
    const rotated = await asked(rehearsal, 'secretsmanager', 'RotateSecret', 'us-east-1', { SecretId: secret });
    await kernel.run({ until: kernel.now() + 20 * 60_000 });
    expect(former).not.toBe(rotated['VersionId']);
    expect(versionsAsked(eks, 'us-west-2')).toEqual(new Set([rotated['VersionId']]));
    expect(podsOf(eks, 'us-west-2').filter(isReady)).toHaveLength(3);
    expect((await valueIn(rehearsal, 'us-west-2'))['username']).not.toBe(before['username']);
    const followed = log.events.filter(
      ({ kind, principal }) => kind === 'aws.called' && String(principal).includes('FollowSecrets'),
    );
    expect(followed.length).toBeGreaterThan(3);
    expect(new Set(followed.map((event) => `${event['region']} ${event['outcome']}`))).toEqual(
      new Set(['us-west-2 ok']),
    );
  });
});

describe('the watchdog of rotations in the standby', () => {
  it('touches no copy and tells nobody', async () => {
    const { rehearsal } = await deployed();
    const { kernel, log } = rehearsal;
    await kernel.run({ until: kernel.now() + 2 * 3600_000 });
    const watched = log.events.filter(
      ({ kind, principal, region }) =>
        kind === 'aws.called' && region === 'us-west-2' && String(principal).includes('WatchRotations'),
    );
    // Each quarter of an hour it asks who reigns, and nothing else.
    expect(watched.length).toBeGreaterThanOrEqual(8);
    expect(new Set(watched.map(({ operation }) => operation))).toEqual(new Set(['GetItem']));
    expect(new Set(watched.map(({ outcome }) => outcome))).toEqual(new Set(['ok']));
  });
});
