import { describe, expect, it } from 'vitest';
import { assemblyOf } from '../../../bin/cli/assembly.ts';
import { platformNamed } from '../../../bin/cli/platforms.ts';
import { deniedSecondsMax, leaksIn } from '../../../rehearsal/checkers/rotation.ts';
import { GrantLedger } from '../../../rehearsal/iam/index.ts';
import { rehearseRotation, requireRotationRequest } from '../../../rehearsal/scenarios/rotation.ts';
import { rotationFaults } from '../../../rehearsal/scenarios/rotation-faults.ts';
import {
  type NamedRotation,
  namedRotationRefusals,
  namedRotationSabotage,
  namedRotations,
  namedRotationsAfterFailover,
} from '../../../rehearsal/scenarios/rotation-named.ts';
import type { RotationRun } from '../../../rehearsal/scenarios/rotation-request.ts';
import { RotationStory } from '../../../rehearsal/scenarios/rotation-story.ts';

const platform = platformNamed('aeon');

const runs = new Map<string, Promise<RotationRun>>();

type Asked = Pick<NamedRotation, 'secret' | 'faults' | 'trigger' | 'afterFailover'>;

/** A scenario that was rehearsed in this file before is not rehearsed again. */
function rehearsed(scenario: Asked): Promise<RotationRun> {
  const { secret, faults, trigger, afterFailover } = scenario;
  const key = JSON.stringify([secret, faults, trigger, afterFailover]);
  const run = runs.get(key) ?? rehearsedAnew(scenario);
  runs.set(key, run);
  return run;
}

async function rehearsedAnew({ secret, faults, trigger, afterFailover }: Asked): Promise<RotationRun> {
  return rehearseRotation({
    platform,
    faults,
    seed: 1,
    assemblyDirectory: await assemblyOf(platform, 'production', undefined),
    ...(secret === undefined ? {} : { secret }),
    ...(trigger === undefined ? {} : { trigger }),
    ...(afterFailover === undefined ? {} : { afterFailover }),
  });
}

// A missed window is a day and a quarter of virtual time.
describe('a rotation', { timeout: 240_000 }, () => {
  it.each(namedRotations)('$name ends $outcome and keeps every promise', async (scenario) => {
    const { result } = await rehearsed(scenario);
    expect(result.checkers.violated).toEqual([]);
    expect(result.outcome).toBe(scenario.outcome);
    expect(result.reason).toContain(scenario.because ?? '');
    expect(result.loginsTried).toBeGreaterThan(20);
    expect(result.deniedSeconds).toBeLessThanOrEqual(deniedSecondsMax[result.users]);
  });

  it('of two users denies nobody and restarts every consumer once, one after the other', async () => {
    const { result } = await rehearsed({ faults: [] });
    expect(result).toMatchObject({
      users: 'alternating',
      loginsDenied: 0,
      deniedSeconds: 0,
      consumersRestarted: ['aeon-dt-api-blue', 'aeon-dt-worker-blue', 'aeon-dt-openspg-blue'],
    });
  });

  it.each(namedRotationRefusals)('is refused: $name, and nothing has changed', async (scenario) => {
    const { result, log } = await rehearsed(scenario);
    expect(result.checkers.violated).toEqual([]);
    expect(result.outcome).toBe('refused');
    expect(result.reason).toContain(scenario.because ?? '');
    expect(result.loginsDenied).toBe(0);
    expect(result.consumersRestarted).toEqual([]);
    const wrote = log.events.filter(
      (event) => event['operation'] === 'PutSecretValue' && !String(event['principal']).startsWith('person/'),
    );
    expect(wrote).toEqual([]);
  });

  it.each(namedRotationSabotage)('whose promise is broken turns a checker red: $name', async (scenario) => {
    const { result, command } = await rehearsed(scenario);
    expect([...new Set(result.checkers.violated.map(({ checker }) => checker))]).toEqual(scenario.breaks);
    expect(result.outcome).toBe(scenario.outcome);
    expect(command).toContain(`--fault ${scenario.name} --seed 1`);
  });

  it('is rehearsed for every fault of its catalogue', () => {
    const named = [...namedRotations, ...namedRotationRefusals, ...namedRotationSabotage].flatMap(
      ({ faults }) => faults,
    );
    expect([...new Set(named)].toSorted()).toEqual(rotationFaults.map(({ name }) => name).toSorted());
  });

  it('has the same log for the same seed', async () => {
    const [first, second] = [
      await rehearsed({ faults: ['lost-answer'] }),
      await rehearsedAnew({ faults: ['lost-answer'] }),
    ];
    expect(second.result).toEqual(first.result);
    expect(second.log.toLines()).toBe(first.log.toLines());
  });

  it('is told line by line, without a value', async () => {
    const { log } = await rehearsed({ faults: ['crash-after-set'] });
    const story = new RotationStory();
    const lines = log.events.flatMap((event) => story.tell(event)).map(({ text }) => text);
    for (const line of [
      'A new version has its value',
      'Secrets Manager gives up',
      'Every consumer is ready with the new version',
    ])
      expect(lines).toContain(line);
    expect(lines.filter((line) => line.startsWith('✉'))).not.toEqual([]);
  });
});

// Half an hour of deployment, releases and a failover before anything rotates; to the window five hours more.
describe('where the platform has moved to', { timeout: 480_000 }, () => {
  it.each(namedRotationsAfterFailover)('a secret rotates $name', async (scenario) => {
    const { result, log, command } = await rehearsed(scenario);
    expect(result.checkers.violated).toEqual([]);
    expect(result.outcome).toBe('rotated');
    expect(result.reason).toContain(scenario.because ?? '');
    expect(result.deniedSeconds).toBeLessThanOrEqual(deniedSecondsMax[result.users]);
    expect(result.loginsTried).toBeGreaterThan(20);
    expect(command).toContain('--after-failover');
    const began = log.events.findLastIndex(({ kind }) => kind === 'scenario.began');
    const after = log.events.slice(began);
    expect(after[0]).toMatchObject({ region: 'us-west-2', trigger: scenario.trigger ?? 'request' });
    const rotations = after.filter(
      ({ kind, secret }) => kind === 'rotation.ended' && secret === after[0]?.['secretName'],
    );
    expect(rotations).toEqual([expect.objectContaining({ region: 'us-west-2', outcome: 'succeeded' })]);
    expect(after.filter(({ kind, region }) => kind === 'function.started' && region === 'us-east-1')).toEqual([]);
  });

  it('its readers restart once, and the schedule was set by the failover, without a rotation', async () => {
    const { result, log } = await rehearsed({ faults: [], trigger: 'schedule', afterFailover: true });
    expect(result.consumersRestarted).toEqual(['aeon-dt-api-blue', 'aeon-dt-worker-blue', 'aeon-dt-openspg-blue']);
    const taken = log.events.filter(
      ({ kind, operation, region }) => kind === 'aws.called' && operation === 'RotateSecret' && region === 'us-west-2',
    );
    expect(taken.length).toBeGreaterThanOrEqual(4);
    for (const call of taken)
      expect(call).toMatchObject({ outcome: 'ok', principal: expect.stringContaining('TakeSecrets') });
    expect(result.virtualSeconds).toBeGreaterThan(3600);
  });
});

/** Rights of the primary's rotations that no rehearsal here needs, each with its reason. */
const usedOtherwise: readonly { readonly right: RegExp; readonly reason: string }[] = [
  {
    right: /ssm:GetParametersByPath .*\/secrets\/\*$/,
    reason: 'AWS does not say whether it asks for the path or for what is below it: both are granted',
  },
  {
    right: /^ReadRotation.* ssm:GetParametersByPath .*\/services/,
    reason: 'to say which services there are when a plan names another (test/lambdas)',
  },
  { right: /^WatchRotations.* sns:Publish .*-critical$/, reason: 'for what only a person can mend (test/lambdas)' },
  { right: /^TellRotation.* sns:Publish .*-critical$/, reason: 'for a rollout that failed (test/lambdas)' },
  {
    right: /^UndoRotation.* secretsmanager:.*\/(master|heartbeat|manifest)-/,
    reason: 'nobody is restarted for these: their rollout is undone by a person alone',
  },
];

describe('every right of the rotations', () => {
  it('in the primary region is used by some named rotation', async () => {
    const ledger = new GrantLedger();
    for (const scenario of [...namedRotations, ...namedRotationRefusals])
      ledger.merge((await rehearsed(scenario)).grants);
    const unused = ledger
      .unused()
      .filter(({ origin }) => origin.stack === 'AeonRotation')
      .map(({ origin, action, resource }) => `${origin.logicalId} ${action} ${resource}`);
    expect(unused.filter((right) => !usedOtherwise.some((known) => known.right.test(right)))).toEqual([]);
  }, 600_000);
});

describe('what is asked for', () => {
  it('is refused where no such secret rotates, or there is no such fault', () => {
    expect(() => requireRotationRequest({ platform, secret: 'nobody', faults: [] })).toThrow(
      /Known: aeon-dt-postgres, aeon-dt-master, aeon-dt-heartbeat, aeon-dt-manifest/,
    );
    expect(() => requireRotationRequest({ platform, faults: ['no-such'] })).toThrow(/There is no fault 'no-such'/);
    expect(requireRotationRequest({ platform, faults: [] })).toBe('aeon-dt-postgres');
  });

  it('after a failover is refused with faults, and where there is nowhere to move to', () => {
    const request = { platform, faults: [], afterFailover: true };
    expect(requireRotationRequest(request)).toBe('aeon-dt-postgres');
    expect(() => requireRotationRequest({ ...request, faults: ['throttle'] })).toThrow(
      /without faults; asked for were throttle/,
    );
    const { standby: _none, ...regions } = platform.regions;
    expect(() => requireRotationRequest({ ...request, platform: { ...platform, regions } })).toThrow(/no standby/);
  });
});

it('a password is found as it stands and within JSON within JSON', () => {
  const places = new Map([
    ['a line', 'x secret1 y'],
    ['a history', JSON.stringify({ cause: JSON.stringify({ password: 'se"cret2' }) })],
    ['nothing', 'nothing'],
  ]);
  expect(leaksIn(places, ['secret1', 'nowhere'])).toEqual(['a password or key of 7 characters stands in a line']);
  expect(leaksIn(new Map([['once', JSON.stringify('se"cret2')]]), ['se"cret2'])).toHaveLength(1);
});
