import { describe, expect, it } from 'vitest';
import type { Firing } from '../../domain/escalation.ts';
import { escalateAlarm } from '../../lambdas/escalation/escalate-alarm.ts';
import { watchFiring } from '../../lambdas/escalation/watch-firing.ts';
import { escalationSettings } from '../../lambdas/handling/environment.ts';

const criticalTopicArn = 'arn:aws:sns:us-east-1:111111111111:mainstay-aeon-critical';
const alarm = 'mainstay-aeon-undelivered';
const execution = { name: 'e-1', arn: 'arn:aws:states:us-east-1:111111111111:execution:escalation:e-1' };

class World {
  firing: Firing | undefined = {
    arn: `arn:aws:cloudwatch:us-east-1:111111111111:alarm:${alarm}`,
    state: 'ALARM',
    since: new Date('2026-11-02T09:00:00Z'),
    reason: 'Threshold Crossed: 1 datapoint',
    description: 'An event did not reach its workflow. Runbook: docs/runbook.md#undelivered',
    tells: [criticalTopicArn],
  };
  readonly told: { subject: string; message: string }[] = [];
  forgotten = 0;

  readonly ports = {
    environment: 'aeon',
    criticalTopicArn,
    delays: { minutes: 15, minutesByAlarm: {} },
    firings: {
      find: async () => this.firing,
      forgetAnswer: async () => {
        this.forgotten++;
        if (this.firing) {
          const { acknowledgedBy: _, ...unanswered } = this.firing;
          this.firing = unanswered;
        }
      },
    },
    escalation: {
      publish: async (subject: string, message: string) => {
        this.told.push({ subject, message });
      },
    },
  };

  answer(by: string): void {
    if (this.firing) this.firing = { ...this.firing, acknowledgedBy: by };
  }
}

const watch = (world: World, input: unknown = { alarm }) => watchFiring({ input, execution }, world.ports);
const escalate = (world: World) =>
  escalateAlarm({ alarm, since: '2026-11-02T09:00:00.000Z', waitSeconds: 900, execution }, world.ports);

describe('watch-firing', () => {
  it('says by when somebody has to answer', async () => {
    expect(await watch(new World())).toMatchObject({ alarm, escalates: true, waitSeconds: 900 });
  });

  it('forgets who answered for an earlier firing, and asks nothing to be forgotten twice', async () => {
    const world = new World();
    world.answer('ada');
    const once = await watch(world);
    expect(await watch(world)).toEqual(once);
    expect([world.forgotten, world.firing?.acknowledgedBy]).toEqual([1, undefined]);
  });

  it('leaves an answer alone where nobody had to answer', async () => {
    const world = new World();
    world.answer('ada');
    if (world.firing) world.firing = { ...world.firing, tells: [] };
    expect(await watch(world)).toMatchObject({ escalates: false });
    expect(world.forgotten).toBe(0);
  });

  it('refuses an input without an alarm', async () => {
    await expect(watch(new World(), { service: 'aeon-dt-api' })).rejects.toThrow('The input does not fit');
  });
});

describe('escalate-alarm', () => {
  it('tells the second contact what fires, where the runbook is and how to answer', async () => {
    const world = new World();
    expect(await escalate(world)).toMatchObject({ outcome: 'escalated' });
    const [{ subject, message } = { subject: '', message: '' }] = world.told;
    expect(subject).toBe(`aeon: nobody answers for ${alarm}`);
    expect(message).toContain('in 15 minutes');
    expect(message).toContain('docs/runbook.md#undelivered');
    expect(message).toContain(
      `--resource-arn '${world.firing?.arn}' --tags 'Key=mainstay:acknowledged-by,Value=your name'`,
    );
  });

  it('tells nobody of what is answered for or over', async () => {
    const world = new World();
    world.answer('ada');
    expect(await escalate(world)).toMatchObject({ outcome: 'acknowledged', reason: 'ada answers for it.' });
    world.firing = undefined;
    expect(await escalate(world)).toMatchObject({ outcome: 'over' });
    expect(world.told).toEqual([]);
  });

  it('delivered twice, tells twice and says the same', async () => {
    const world = new World();
    expect(await escalate(world)).toEqual(await escalate(world));
    expect(world.told).toHaveLength(2);
  });
});

it('settings without a topic or with a delay of nothing are refused by name', () => {
  const right = {
    MAINSTAY_TOPIC_CRITICAL: criticalTopicArn,
    MAINSTAY_TOPIC_ESCALATION: criticalTopicArn,
    MAINSTAY_ESCALATION_DELAYS: '{"minutes":15,"minutesByAlarm":{}}',
  };
  expect(escalationSettings(right).delays.minutes).toBe(15);
  expect(() => escalationSettings({ ...right, MAINSTAY_TOPIC_ESCALATION: undefined })).toThrow(
    'MAINSTAY_TOPIC_ESCALATION',
  );
  expect(() =>
    escalationSettings({ ...right, MAINSTAY_ESCALATION_DELAYS: '{"minutes":0,"minutesByAlarm":{}}' }),
  ).toThrow('minutes');
});
