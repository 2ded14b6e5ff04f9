import { describe, expect, it } from 'vitest';
import { fenceMarginSeconds, leaseSeconds } from '../../domain/lease.ts';
import { blockingCount, readinessNotice, readinessReport, reportText } from '../../domain/readiness.ts';
import * as faultsOf from '../../domain/readiness-looks.ts';
import { failoverRights, neededTasks } from '../../domain/readiness-permissions.ts';
import { database, plan } from '../lambdas/failover/world.ts';

const now = new Date('2026-11-21T12:00:00Z');
const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000);
const severities = (faults: readonly faultsOf.Fault[]) => faults.map(({ severity }) => severity);
const release = { digest: 'sha256:a', tag: 'api-production-1.4.0', promotedAt: '2026-11-20T12:00:00Z' };

describe('a replica', () => {
  it('is well where it copies and is at rest', () => {
    expect(faultsOf.replicaFaults(database, { status: 'available', sourceOf: 'there' })).toEqual([]);
  });
  it.each([
    ['is gone', undefined, 'blocks'],
    ['has failed', { status: 'failed', sourceOf: 'there' }, 'blocks'],
    ['copies nothing any more', { status: 'available' }, 'blocks'],
    ['is backing up', { status: 'backing-up', sourceOf: 'there' }, 'weighs'],
  ])('that %s is a fault', (_name, seen, severity) => {
    expect(severities(faultsOf.replicaFaults(database, seen))).toEqual([severity]);
  });
  it('that is behind weighs, and beyond the objective says so', () => {
    expect(faultsOf.lagFaults(ago(30), now, 300)).toEqual([]);
    expect(faultsOf.lagFaults(ago(31), now, 300)[0]?.what).toContain('31 s behind.');
    expect(faultsOf.lagFaults(ago(301), now, 300)[0]?.what).toContain('more than the 300 s');
    expect(severities(faultsOf.lagFaults(undefined, now, 300))).toEqual(['weighs']);
  });
});

describe('the lease', () => {
  const lease = { epoch: 1, holder: 'us-east-1', until: ago(-50).toISOString(), databases: ['aeon-dt'] };
  const about = { epoch: 1, databases: ['aeon-dt'], now };
  it('is armed where it is open, of this reign, renewed, and names every database', () => {
    expect(faultsOf.leaseFaults(lease, about)).toEqual([]);
  });
  it.each([
    ['is missing', undefined],
    ['is closed', { ...lease, closedBy: 2 }],
    ['is of an earlier reign', { ...lease, epoch: 2 }],
    ['has ended', { ...lease, until: ago(leaseSeconds + fenceMarginSeconds + 1).toISOString() }],
    ['names no database', { ...lease, databases: [] }],
  ])('that %s blocks', (_name, record) => {
    expect(severities(faultsOf.leaseFaults(record, about))).toEqual(['blocks']);
  });
});

describe('what a failover uses', () => {
  it('is an image of every release, by its digest', () => {
    const seen = { service: 'api', repository: 'aeon/api', release, found: 'sha256:a' };
    expect(faultsOf.imageFaults([seen])).toEqual([]);
    expect(severities(faultsOf.imageFaults([{ ...seen, found: undefined }]))).toEqual(['blocks']);
    expect(severities(faultsOf.imageFaults([{ ...seen, found: 'sha256:b' }]))).toEqual(['blocks']);
  });
  it('is every secret; a copy of an earlier version weighs, unless the other region does not answer', () => {
    const here = new Map([['a', '1']]);
    expect(faultsOf.secretFaults(['a'], here, new Map([['a', '1']]))).toEqual([]);
    expect(severities(faultsOf.secretFaults(['a', 'b'], here, undefined))).toEqual(['blocks']);
    expect(severities(faultsOf.secretFaults(['a'], here, new Map([['a', '2']])))).toEqual(['weighs']);
  });
  it('is keys that are enabled, room in the quota, and rights', () => {
    expect(severities(faultsOf.keyFaults([{ alias: 'k', usable: false }]))).toEqual(['blocks']);
    const quota = { quota: 'DBInstances', used: 39, maximum: 40 };
    expect(faultsOf.quotaFaults([quota], { DBInstances: 1 })).toEqual([]);
    expect(severities(faultsOf.quotaFaults([quota], { DBInstances: 2 }))).toEqual(['blocks']);
    expect(severities(faultsOf.quotaFaults([], { DBInstances: 1 }))).toEqual(['weighs']);
    const denied = {
      task: 'promote-database',
      action: 'rds:PromoteReadReplica',
      resource: 'r',
      decision: 'explicitDeny',
    };
    expect(severities(faultsOf.permissionFaults([denied]))).toEqual(['blocks']);
  });
  it('is node groups without a health issue', () => {
    const group = { name: 'api', desired: 3, maximum: 6, minimum: 1 };
    expect(faultsOf.capacityFaults(group, { desired: 1, issues: [] })).toEqual([]);
    expect(severities(faultsOf.capacityFaults(group, { desired: 1, issues: ['AsgInstanceLaunchFailures'] }))).toEqual([
      'weighs',
    ]);
    expect(severities(faultsOf.capacityFaults(group, undefined))).toEqual(['blocks']);
  });
  it('is checks and records that answer', () => {
    const seen = { primary: 'up', standby: 'up', serves: 'us-east-1' };
    expect(faultsOf.signalFaults(seen, 'us-east-1')).toEqual([]);
    expect(severities(faultsOf.signalFaults({ ...seen, primary: 'down' }, 'us-east-1'))).toEqual(['weighs']);
    expect(severities(faultsOf.signalFaults({ ...seen, standby: 'down' }, 'us-east-1'))).toEqual(['blocks']);
    expect(severities(faultsOf.signalFaults(seen, 'us-west-2'))).toEqual(['blocks']);
    const none = { primary: undefined, standby: undefined, serves: undefined };
    expect(severities(faultsOf.signalFaults(none, 'us-east-1'))).toEqual(['blocks', 'blocks', 'blocks']);
  });
  it('is a recovery set of the last three that were due, should the replica be lost', () => {
    const about = { now, everySeconds: 3600 };
    expect(faultsOf.setFaults('aeon-dt', ago(3 * 3600), about)).toEqual([]);
    expect(severities(faultsOf.setFaults('aeon-dt', ago(3 * 3600 + 1), about))).toEqual(['weighs']);
    expect(severities(faultsOf.setFaults('aeon-dt', undefined, about))).toEqual(['weighs']);
  });
  it('is a ready pod of the release that the primary runs', () => {
    const pod = { image: 'x/aeon/api@sha256:a', ready: true };
    expect(faultsOf.releaseFaults([{ service: 'api', release, pods: [pod] }])).toEqual([]);
    expect(faultsOf.releaseFaults([{ service: 'api', release, pods: [{ ...pod, ready: false }] }])[0]?.what).toContain(
      'ready',
    );
    expect(faultsOf.releaseFaults([{ service: 'api', release: undefined, pods: [pod] }])[0]?.what).toContain(
      'promotion',
    );
    const other = { ...pod, image: 'x/aeon/api@sha256:b' };
    expect(faultsOf.releaseFaults([{ service: 'api', release, pods: [other] }])[0]?.what).toContain('does not run');
  });
  it('is a drill of the last quarter that passed', () => {
    const at = ago(100 * 24 * 3600).toISOString();
    const drill = {
      ...{ environment: 'aeon', region: 'us-west-2', execution: { name: 'd', arn: 'arn' }, startedAt: at, endedAt: at },
      ...{ passed: true, rtoSeconds: 700, rpoSeconds: 2, steps: [], findings: [], left: [] },
    };
    expect(faultsOf.drillFaults(drill, now)).toEqual([]);
    expect(faultsOf.drillFaults({ ...drill, endedAt: ago(101 * 24 * 3600).toISOString() }, now)[0]?.what).toContain(
      '101',
    );
    expect(faultsOf.drillFaults({ ...drill, passed: false, findings: ['No.'] }, now)[0]?.what).toContain('No.');
    expect(severities(faultsOf.drillFaults(undefined, now))).toEqual(['weighs']);
  });
});

describe('rights that a failover needs', () => {
  const rights = failoverRights(
    { ...plan, nodeGroups: [{ name: 'api', desired: 3, maximum: 6, minimum: 1 }] },
    [database],
    {
      account: '111111111111',
      region: 'us-west-2',
    },
  );
  it('are asked of every task that is needed, by the resource that it acts on', () => {
    expect([...new Set(rights.map(({ task }) => task))].sort()).toEqual([...neededTasks].sort());
    expect(rights).toContainEqual({
      task: 'promote-database',
      actions: ['rds:DescribeDBInstances', 'rds:PromoteReadReplica'],
      resource: 'arn:aws:rds:us-west-2:111111111111:db:aeon-aeon-dt',
    });
  });
  it('reach to the witness for the lease alone', () => {
    const elsewhere = rights.filter(({ resource }) => resource !== '*' && !resource.includes(':us-west-2:'));
    expect(elsewhere).toEqual([
      {
        task: 'fence-primary',
        actions: ['dynamodb:UpdateItem'],
        resource: 'arn:aws:dynamodb:eu-west-1:111111111111:table/mainstay-aeon-leases',
      },
    ]);
  });
});

describe('a report', () => {
  const fault = (part: 'images' | 'lag', severity: 'blocks' | 'weighs', what = 'It is gone.') => ({
    part,
    severity,
    what,
  });
  const report = {
    ...{ environment: 'aeon', region: 'us-west-2', at: now.toISOString(), score: 50, ready: false, unseen: [] },
    faults: [
      fault('lag', 'weighs'),
      ...Array.from({ length: 40 }, (_, at) => fault('images', 'blocks', `${at} `.repeat(60))),
    ],
  };
  it('fits into a parameter, what blocks first, and says how much was left out', () => {
    const text = reportText(report);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(4096);
    const { faults } = readinessReport.parse(JSON.parse(text));
    expect(faults[0]?.severity).toBe('blocks');
    expect(faults.at(-1)?.what).toMatch(/and \d+ more faults/);
  });
  it('counts what blocks and what nobody saw', () => {
    expect(blockingCount({ faults: [fault('lag', 'weighs'), fault('images', 'blocks')], unseen: ['keys'] })).toBe(2);
  });
  it('is told when it says something else than the one before', () => {
    const well = { ...report, ready: true, score: 100, faults: [] };
    const bad = { ...report, faults: [fault('images', 'blocks')] };
    expect(readinessNotice(well, undefined)).toBeUndefined();
    expect(readinessNotice(bad, well)).toMatchObject({ severity: 'warning', text: expect.stringContaining('images') });
    expect(readinessNotice(bad, { ...bad, at: ago(86_400).toISOString() })).toBeUndefined();
    expect(readinessNotice(well, bad)).toMatchObject({ severity: 'information' });
    const unseen = readinessNotice({ ...well, ready: false, unseen: ['keys'] }, well, new Map([['keys', 'Denied.']]));
    expect(unseen?.text).toContain('Denied.');
  });
});
