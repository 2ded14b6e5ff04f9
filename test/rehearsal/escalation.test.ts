import { beforeAll, describe, expect, it } from 'vitest';
import { assemblyOf } from '../../bin/cli/assembly.ts';
import { acknowledgedByTag } from '../../domain/names.ts';
import { aeon } from '../../platforms/aeon.ts';
import type { CloudWatch } from '../../rehearsal/aws/cloudwatch.ts';
import type { OperationInput } from '../../rehearsal/aws/service.ts';
import { createRehearsal, type Rehearsal } from '../../rehearsal/rehearsal.ts';

const alarm = 'mainstay-aeon-undelivered';
const minutes = 60_000;
let assemblyDirectory = '';

beforeAll(async () => {
  assemblyDirectory = await assemblyOf(aeon, 'production', undefined);
}, 60_000);

/** The whole platform as it is synthesized, at rest. */
async function deployed(): Promise<Rehearsal> {
  const rehearsal = await createRehearsal({ assemblyDirectory, seed: 1, startsAt: Date.UTC(2026, 10, 2, 8) });
  await elapse(rehearsal, 3 * minutes);
  return rehearsal;
}

async function elapse({ kernel }: Rehearsal, milliseconds: number): Promise<void> {
  await kernel.run({ until: kernel.now() + milliseconds });
}

async function person(
  rehearsal: Rehearsal,
  service: string,
  operation: string,
  input: OperationInput,
  region = 'us-east-1',
) {
  let settled = false;
  const answer = rehearsal.account.call({
    service,
    operation,
    input,
    region,
    principal: { kind: 'person', name: 'ada' },
  });
  const done = () => {
    settled = true;
  };
  answer.then(done, done);
  await rehearsal.kernel.run({ done: () => settled });
  return answer;
}

/** Makes an event lie undelivered, which the alarm sees within its next minute. */
async function ring(rehearsal: Rehearsal): Promise<void> {
  await person(rehearsal, 'sqs', 'SendMessage', {
    QueueUrl: 'https://sqs.us-east-1.amazonaws.com/111111111111/mainstay-aeon-undelivered',
    MessageBody: '{}',
  });
  await elapse(rehearsal, 3 * minutes);
  expect(rehearsal.account.service<CloudWatch>('cloudwatch').alarms.get('us-east-1', alarm)?.state.value).toBe('ALARM');
}

function escalations(rehearsal: Rehearsal): unknown[] {
  const ours = new Set(
    rehearsal.log.events
      .filter(
        ({ kind, input }) => kind === 'execution.started' && (input as { alarm?: string } | undefined)?.alarm === alarm,
      )
      .map(({ execution }) => execution),
  );
  return rehearsal.log.events
    .filter(({ kind, execution }) => kind === 'execution.ended' && ours.has(execution))
    .map(({ status, output }) => [status, (output as { outcome?: string }).outcome]);
}

function told(rehearsal: Rehearsal): unknown[] {
  return rehearsal.log.events
    .filter(
      ({ kind, topic, subject }) =>
        kind === 'notification.sent' && topic === 'mainstay-aeon-escalation' && String(subject).includes(alarm),
    )
    .map(({ subject }) => subject);
}

describe('a critical alarm', () => {
  it('that nobody answers for is told to the second contact after a quarter of an hour', async () => {
    const rehearsal = await deployed();
    await ring(rehearsal);
    expect([escalations(rehearsal), told(rehearsal)]).toEqual([[], []]);
    await elapse(rehearsal, 16 * minutes);
    expect(escalations(rehearsal)).toEqual([['SUCCEEDED', 'escalated']]);
    expect(told(rehearsal)).toEqual([`aeon: nobody answers for ${alarm}`]);
    expect(rehearsal.log.events.filter(({ kind }) => kind === 'iam.denied')).toEqual([]);
  });

  it('that somebody answers for by its tag is not, and the answer is forgotten when it fires anew', async () => {
    const rehearsal = await deployed();
    const arn = `arn:aws:cloudwatch:us-east-1:111111111111:alarm:${alarm}`;
    await ring(rehearsal);
    await person(rehearsal, 'cloudwatch', 'TagResource', {
      ResourceARN: arn,
      Tags: [{ Key: acknowledgedByTag, Value: 'ada' }],
    });
    await elapse(rehearsal, 16 * minutes);
    expect([escalations(rehearsal), told(rehearsal)]).toEqual([[['SUCCEEDED', 'acknowledged']], []]);
    for (const StateValue of ['OK', 'ALARM']) {
      await person(rehearsal, 'cloudwatch', 'SetAlarmState', { AlarmName: alarm, StateValue, StateReason: 'a drill' });
      await elapse(rehearsal, 5_000);
    }
    const { Tags } = await person(rehearsal, 'cloudwatch', 'ListTagsForResource', { ResourceARN: arn });
    expect(Tags.map(({ Key }: { Key: string }) => Key)).not.toContain(acknowledgedByTag);
    expect(rehearsal.log.events.filter(({ kind }) => kind === 'iam.denied')).toEqual([]);
  });

  it('that is over before that is nobody’s', async () => {
    const rehearsal = await deployed();
    await ring(rehearsal);
    await person(rehearsal, 'cloudwatch', 'SetAlarmState', {
      AlarmName: alarm,
      StateValue: 'OK',
      StateReason: 'mended',
    });
    await elapse(rehearsal, 20_000);
    await person(rehearsal, 'cloudwatch', 'DeleteAlarms', { AlarmNames: [alarm] });
    await elapse(rehearsal, 16 * minutes);
    expect([escalations(rehearsal)[0], told(rehearsal)]).toEqual([['SUCCEEDED', 'over'], []]);
  });
});

describe('a function that errs', () => {
  it('again and again rings its alarm, which tells people and asks nobody to answer', async () => {
    const rehearsal = await deployed();
    for (let call = 0; call < 6; call++) {
      await person(rehearsal, 'lambda', 'Invoke', {
        FunctionName: 'mainstay-aeon-notify',
        Payload: '{"wrong":true}',
      });
    }
    await elapse(rehearsal, 3 * minutes);
    const subjects = rehearsal.log.events
      .filter(({ kind, topic }) => kind === 'notification.sent' && topic === 'mainstay-aeon-warning')
      .map(({ subject }) => String(subject));
    expect(subjects.some((subject) => subject.startsWith('ALARM: "mainstay-aeon-notify-errors"'))).toBe(true);
    expect(told(rehearsal)).toEqual([]);
  });
});

describe('a schedule that is switched off', () => {
  it('rings within two of its pauses', async () => {
    const rehearsal = await deployed();
    await elapse(rehearsal, 15 * minutes);
    const alarms = rehearsal.account.service<CloudWatch>('cloudwatch').alarms;
    const state = () => alarms.get('us-east-1', 'mainstay-aeon-keep-alarms-missed')?.state.value;
    expect(state()).toBe('OK');
    await person(rehearsal, 'events', 'DisableRule', { Name: 'mainstay-aeon-keep-alarms' });
    await elapse(rehearsal, 10 * minutes);
    expect(state()).toBe('ALARM');
  });
});
