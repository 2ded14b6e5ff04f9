import { describe, expect, it } from 'vitest';
import { validateDefinition } from '../../rehearsal/asl/index.ts';
import { Kernel } from '../../rehearsal/kernel/kernel.ts';
import type { Json } from '../../rehearsal/kernel/log.ts';
import { definitionOf } from './definitions.ts';
import { type Fake, interpret } from './interpret.ts';

const start = Date.parse('2026-11-21T12:00:00Z');
const run = { from: 'us-west-2', to: 'us-east-1', environment: 'aeon', reason: 'It answers.', epoch: 2 };

/** What every task answers where all goes well; the other region's by its own name. */
const well: Readonly<Record<string, Json>> = {
  'begin-failback': {
    run,
    databases: ['aeon-dt'],
    now: true,
    rebuildOnly: false,
    asks: false,
    answerSeconds: 600,
    claimSeconds: 1800,
  },
  'tell-failback': { told: true },
  'share-secrets': { shared: ['a'] },
  'rebuild-database': { state: 'following', waitSeconds: 0, why: '' },
  'arm-standby': { armed: 2 },
  'look-at-followers': { obstacles: [], waitSeconds: 60, follows: [{ database: 'aeon-dt', since: null }], remarks: [] },
  'claim-platform': { remarks: [] },
  'scale-compute': { state: 'ready', waitSeconds: 0, remarks: [] },
  'quiesce-primary': {
    state: 'quiet',
    waitSeconds: 0,
    readAt: '2026-11-21T12:00:00Z',
    positions: [{ database: 'aeon-dt', position: '0/1' }],
    why: '',
  },
  'look-at-replay': { do: 'promote', waitSeconds: 2, why: '' },
  'promote-database': { state: 'promoted', waitSeconds: 0, askedAt: null, told: false, why: '' },
  'take-secrets': { taken: [], remarks: [] },
  'enter-reign': { epoch: 3 },
  'admit-application': { roles: 2 },
  'validate-region': { valid: true, wrong: [] },
  'open-traffic': { followed: true, openedAt: 'x' },
  'tell-failover': { steps: [] },
  'let-in-again': { state: 'open', waitSeconds: 0, why: '' },
  'release-work': { released: [] },
};
const own = ['begin-failback', 'tell-failback', 'share-secrets', 'arm-standby', 'claim-platform', 'quiesce-primary'];
const names = [...own, 'let-in-again', 'release-work', 'ask-for-failover', 'ask-other-region'];

type Otherwise = (task: string, time: number) => Fake | undefined;

/** Runs the workflow; `otherwise` answers a task at its n-th time instead of what goes well. Tasks of the other region have `there:` before their names. */
async function failback(otherwise: Otherwise = () => undefined) {
  const kernel = new Kernel({ seed: 1, startsAt: start });
  const did: string[] = [];
  const times = new Map<string, number>();
  const workflow = interpret({
    workflow: 'region-failback',
    name: 'back',
    kernel,
    input: {},
    tasks: Object.fromEntries(names.map((name) => [name, async () => null])),
    instead: (task, payload) => {
      const asked = task === 'ask-other-region' ? String(payload['task']) : task;
      const name = task === 'ask-other-region' ? `there:${asked}` : asked;
      const time = (times.get(name) ?? 0) + 1;
      times.set(name, time);
      did.push(name);
      return otherwise(name, time) ?? { payload: well[asked] ?? null };
    },
  });
  const result = await workflow.result();
  return { result, did, output: (result.output ?? {}) as { [key: string]: Json }, states: workflow.states() };
}

const changed = (task: string, more: object): Fake => ({ payload: { ...(well[task] as object), ...more } as Json });
const lost: Fake = { error: 'AwsUnavailable' };

describe('region-failback', () => {
  it('is a definition that Step Functions takes', () => {
    expect(validateDefinition(definitionOf('region-failback'), 'STANDARD').diagnostics).toEqual([]);
  });

  it('builds, arms, claims both regions, stops the writes, and goes back', async () => {
    const { output, did } = await failback();
    expect(output).toMatchObject({ outcome: 'failed-back', reason: 'It answers.' });
    expect(did.filter((task) => !task.startsWith('tell'))).toEqual([
      'begin-failback',
      'share-secrets',
      'there:rebuild-database',
      'arm-standby',
      'there:look-at-followers',
      'claim-platform',
      'there:claim-platform',
      'there:scale-compute',
      'quiesce-primary',
      'there:look-at-replay',
      'there:promote-database',
      'there:take-secrets',
      'there:enter-reign',
      'there:admit-application',
      'there:validate-region',
      'there:open-traffic',
      'there:tell-failover',
      'there:release-work',
      'release-work',
    ]);
  });

  it('ends when the standby is built where no more is asked for', async () => {
    const { output, did } = await failback((task) =>
      task === 'begin-failback' ? changed(task, { rebuildOnly: true }) : undefined,
    );
    expect(output['outcome']).toBe('rebuilt');
    expect(did).not.toContain('quiesce-primary');
  });

  it('changes nothing where it is refused', async () => {
    const { result, did } = await failback((task) =>
      task === 'begin-failback' ? { error: 'FailbackRefused', message: 'not yet' } : undefined,
    );
    expect(result).toMatchObject({ status: 'FAILED', error: 'FailbackRefused' });
    expect(did).toEqual(['begin-failback', 'tell-failback']);
  });

  it('asks where the definition says so, and stays when nobody answers', async () => {
    const { output, did } = await failback((task) =>
      task === 'begin-failback' ? changed(task, { asks: true }) : undefined,
    );
    expect(output['outcome']).toBe('asked');
    expect(did).not.toContain('claim-platform');
  });

  it('waits while something stands against the switch, also while the region is lost', async () => {
    const { output, did } = await failback((task, time) => {
      if (task !== 'there:look-at-followers') return undefined;
      if (time === 1) return changed('look-at-followers', { obstacles: ['behind'] });
      return time < 9 ? lost : undefined;
    });
    expect(output['outcome']).toBe('failed-back');
    expect(did.filter((task) => task === 'there:look-at-followers')).toHaveLength(9);
  });

  it('is refused where the other region is taking over, and gives its own claim back', async () => {
    const { result, did } = await failback((task) =>
      task === 'there:claim-platform' ? { error: 'FailoverAlreadyRunning' } : undefined,
    );
    expect(result).toMatchObject({ status: 'FAILED', error: 'FailoverAlreadyRunning' });
    expect(did.slice(-3)).toEqual(['there:release-work', 'release-work', 'tell-failback']);
    expect(did).not.toContain('quiesce-primary');
  });

  it('does not stop the writes where the other region has no pods', async () => {
    const { result, did } = await failback((task) =>
      task === 'there:scale-compute' ? changed('scale-compute', { state: 'short', remarks: ['no pod'] }) : undefined,
    );
    expect(result).toMatchObject({ status: 'FAILED', error: 'NotValid' });
    expect(did).not.toContain('quiesce-primary');
  });

  it.each<[string, Fake, boolean]>([
    ['quiesce-primary', { error: 'FencingUnproven' }, false],
    ['there:look-at-replay', { payload: { do: 'let-in-again', waitSeconds: 2, why: 'behind' } }, false],
    ['there:look-at-replay', lost, false],
    ['there:promote-database', lost, true],
    ['there:promote-database', { error: 'PromotionHangs' }, true],
    ['there:take-secrets', lost, true],
  ])(
    'lets the application in again where %s fails with %j, and builds anew what was promoted',
    async (at, fake, anew) => {
      const { output, did, result } = await failback((task) => (task === at ? fake : undefined));
      expect(result.status).toBe('SUCCEEDED');
      expect(output['outcome']).toBe('let-in-again');
      expect(output['quietSeconds']).toBeTypeOf('number');
      expect(did).toContain('let-in-again');
      expect(did).not.toContain('there:enter-reign');
      expect(did.filter((task) => task === 'there:rebuild-database')).toHaveLength(anew ? 2 : 1);
      expect(did.slice(-3)).toEqual(['there:release-work', 'release-work', 'tell-failback']);
    },
  );

  it('asks a silent place again until the lease is open there', async () => {
    const { output, did } = await failback((task, time) => {
      if (task === 'quiesce-primary') return { error: 'FencingUnproven' };
      return task === 'let-in-again' && time < 4
        ? { payload: { state: 'waiting', waitSeconds: 10, why: 'silent' } }
        : undefined;
    });
    expect(output['outcome']).toBe('let-in-again');
    expect(did.filter((task) => task === 'let-in-again')).toHaveLength(4);
  });

  it.each(['there:enter-reign', 'there:admit-application', 'there:validate-region', 'there:open-traffic'])(
    'lets nobody in again where %s fails: a person finishes it there',
    async (at) => {
      const { result, did } = await failback((task) => (task === at ? { error: 'AwsRefused' } : undefined));
      expect(result).toMatchObject({ status: 'FAILED', error: 'AwsRefused' });
      expect(did).not.toContain('let-in-again');
      expect(did.filter((task) => task === 'there:scale-compute')).toHaveLength(1);
      expect(did.at(-1)).toBe('tell-failback');
    },
  );
});
