import { describe, expect, it } from 'vitest';
import { type Finding, type FindingPolicy, reviewFindings } from '../../domain/findings.ts';
import { decideRollout, type PodSeen, type RolloutSeen, troubleWhileServing } from '../../domain/pods.ts';
import { serviceAlarms } from '../../domain/service-alarms.ts';
import { decideWatch, firstWaitSeconds } from '../../domain/watch.ts';
import { plan, watched } from '../lambdas/world.ts';

describe('a watch', () => {
  const step = { weightPercent: 10, watchSeconds: 600 };

  it.each([
    ['worse', 1, 'roll-back', 0],
    ['worse', 5000, 'roll-back', 0],
    ['healthy', 0, 'watch', 60],
    ['healthy', 599.5, 'watch', 1],
    ['healthy', 600, 'go-on', 0],
    ['inconclusive', 599, 'watch', 1],
    ['inconclusive', 600, 'watch', 60],
    ['inconclusive', 1170, 'watch', 30],
    ['inconclusive', 1200, 'ask', 0],
    ['healthy', 1200, 'go-on', 0],
  ] as const)('%s after %d s: %s', (verdict, elapsed, next, waitSeconds) => {
    expect(decideWatch(verdict, elapsed, step, 600)).toEqual({ next, waitSeconds });
  });

  it('of no time is over at once', () => {
    expect(firstWaitSeconds({ weightPercent: 100, watchSeconds: 0 })).toBe(0);
    expect(decideWatch('healthy', 0, { weightPercent: 100, watchSeconds: 0 }, 600).next).toBe('go-on');
  });
});

describe('a rollout', () => {
  const settled: RolloutSeen = {
    image: 'new',
    replicas: 3,
    updatedReplicas: 3,
    readyReplicas: 3,
    availableReplicas: 3,
    totalReplicas: 3,
    observed: true,
  };
  const pod: PodSeen = { name: 'p', image: 'new', ready: true, restarts: 0 };
  const state = (rollout: Partial<RolloutSeen>, pods: PodSeen[] = [pod], elapsed = 10) =>
    decideRollout({ ...settled, ...rollout }, pods, 'new', elapsed, 600).state;

  it('is ready when every pod is the new one and available', () => {
    expect(state({})).toBe('ready');
  });

  it.each([
    ['the controller has not seen the change', { observed: false }],
    ['old pods are still there', { totalReplicas: 4 }],
    ['a pod is still of the old template', { updatedReplicas: 2 }],
    ['a pod is not available yet', { availableReplicas: 2 }],
    ['the Deployment still has the old image', { image: 'old' }],
  ])('waits while %s', (_case, rollout) => {
    expect(state(rollout)).toBe('waiting');
    expect(state(rollout, [pod], 600)).toBe('broken');
  });

  it.each([
    ['a crash loop', { waitingReason: 'CrashLoopBackOff', lastExitCode: 1 }, 'CrashLoopBackOff, exit code 1'],
    ['an image that cannot be pulled', { waitingReason: 'ImagePullBackOff' }, 'cannot pull its image'],
    ['a container killed for its memory', { restarts: 1, lastEndReason: 'OOMKilled' }, 'OOMKilled, 1 restart'],
  ])('is broken at once by %s', (_case, spoiled, said) => {
    const decided = decideRollout({ ...settled, availableReplicas: 0 }, [{ ...pod, ...spoiled }], 'new', 10, 600);
    expect(decided.state).toBe('broken');
    expect(decided.reason).toContain(said);
  });

  it('does not blame the new image for pods of the old one, nor for the first failed pull', () => {
    expect(state({}, [{ ...pod, image: 'old', waitingReason: 'CrashLoopBackOff' }])).toBe('ready');
    expect(state({ availableReplicas: 2 }, [{ ...pod, waitingReason: 'ErrImagePull' }])).toBe('waiting');
  });

  it('says why no node takes a pod when the time is over', () => {
    const decided = decideRollout(
      { ...settled, readyReplicas: 2, availableReplicas: 2 },
      [{ ...pod, ready: false, unschedulable: '0/5 nodes are available' }],
      'new',
      600,
      600,
    );
    expect(decided.reason).toBe('Not ready within 600 s: 2 of 3 pods ready; 0/5 nodes are available.');
  });
});

describe('pods that serve', () => {
  it('are in trouble with the first restart', () => {
    const pod: PodSeen = { name: 'p', image: 'new', ready: true, restarts: 0 };
    expect(troubleWhileServing([pod])).toBeUndefined();
    expect(troubleWhileServing([{ ...pod, restarts: 1, lastEndReason: 'Error', lastExitCode: 137 }])).toBe(
      'Pod p restarted (Error, exit code 137, 1 restart).',
    );
  });
});

describe("an image's findings", () => {
  const policy: FindingPolicy = {
    criticalWithFix: 'block',
    criticalWithoutFix: 'ask',
    high: 'ask',
    medium: 'record',
  };
  const finding = (severity: string, fixAvailable: Finding['fixAvailable'] = 'NO', id = 'CVE-1'): Finding => ({
    id,
    severity,
    fixAvailable,
  });

  it.each([
    [[finding('CRITICAL', 'YES')], { blocking: ['CVE-1'], ask: false }],
    [[finding('CRITICAL', 'PARTIAL')], { blocking: ['CVE-1'], ask: false }],
    [[finding('CRITICAL', 'NO')], { blocking: [], ask: true }],
    [[finding('CRITICAL', 'UNKNOWN')], { blocking: [], ask: true }],
    [[finding('HIGH', 'YES')], { blocking: [], ask: true }],
    [[finding('MEDIUM', 'YES'), finding('LOW')], { blocking: [], ask: false }],
    [[], { blocking: [], ask: false }],
  ])('%j', (findings, expected) => {
    expect(reviewFindings(findings, policy)).toMatchObject(expected);
  });

  it.each([
    [finding('CRITICAL', 'YES'), { criticalWithFix: 'ask' }, { blocking: [], ask: true }],
    [finding('CRITICAL', 'NO'), { criticalWithoutFix: 'block' }, { blocking: ['CVE-1'], ask: false }],
    [finding('CRITICAL', 'UNKNOWN'), { criticalWithoutFix: 'record' }, { blocking: [], ask: true }],
    [finding('HIGH'), { high: 'block' }, { blocking: ['CVE-1'], ask: false }],
    [finding('MEDIUM'), { medium: 'ask' }, { blocking: [], ask: true }],
  ] as const)('%j is decided by what the definition says: %j', (found, own, expected) => {
    expect(reviewFindings([found], { ...policy, ...own })).toMatchObject(expected);
  });

  it('of two platforms are counted once', () => {
    expect(reviewFindings([finding('HIGH'), finding('HIGH')], policy).summary).toBe(
      '0 critical, 1 high, 0 medium findings',
    );
  });
});

describe("a service's alarms", () => {
  const alarms = serviceAlarms(plan, watched);

  it('are two a slot and two of both', () => {
    expect(alarms.map(({ name, minutes, threshold, severity }) => [name, minutes, threshold, severity])).toEqual([
      ['mainstay/aeon/aeon-dt-api/blue/errors', 1, 5, undefined],
      ['mainstay/aeon/aeon-dt-api/blue/latency', 2, 500, undefined],
      ['mainstay/aeon/aeon-dt-api/green/errors', 1, 5, undefined],
      ['mainstay/aeon/aeon-dt-api/green/latency', 2, 500, undefined],
      ['mainstay/aeon/aeon-dt-api/all/errors', 5, 5, 'critical'],
      ['mainstay/aeon/aeon-dt-api/all/latency', 10, 500, 'warning'],
    ]);
  });

  it('watch their own target groups', () => {
    const green = alarms.find((alarm) => alarm.name.endsWith('green/errors'));
    expect(new Set(green?.metrics.map((metric) => metric.targetGroup))).toEqual(new Set([watched.targetGroups.green]));
  });

  it('use every metric that they ask for, by an identifier that CloudWatch takes', () => {
    for (const alarm of alarms) {
      for (const { id } of alarm.metrics) {
        expect(id).toMatch(/^[a-z][A-Za-z0-9_]*$/);
        expect(alarm.expression).toMatch(new RegExp(`\\b${id}\\b`));
      }
    }
  });

  it('leave latency out where nothing is promised of it', () => {
    const { p95MillisecondsMax: _p95, ...limits } = plan.limits;
    expect(serviceAlarms({ ...plan, limits }, watched).map(({ name }) => name.split('/').at(-1))).toEqual([
      'errors',
      'errors',
      'errors',
    ]);
  });
});
