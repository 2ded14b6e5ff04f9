import { expect, it } from 'vitest';
import type { RehearsalEvent } from '../../../rehearsal/kernel/log.ts';
import { FailoverReader } from '../../../rehearsal/scenarios/failover-outcome.ts';
import { criticalPathSeconds, imposedWaits } from '../../../rehearsal/scenarios/failover-path.ts';

const start = Date.parse('2026-11-21T12:00:00Z');
const at = (seconds: number): number => start + seconds * 1000;
const iso = (seconds: number): string => new Date(at(seconds)).toISOString();
const workflow = 'mainstay-aeon-region-failover';

function visit(state: string, from: number, to: number, output: unknown): RehearsalEvent[] {
  const named = { workflow, execution: 'move', state, stateType: 'Task' };
  return [
    { at: at(from), kind: 'state.entered', ...named },
    { at: at(to), kind: 'state.exited', ...named, output },
  ];
}

const events: RehearsalEvent[] = [
  ...visit('Assess the loss of the primary', 60, 61, { pattern: 'region-lost', since: iso(22) }),
  ...visit('Ask whether to move', 62, 107, { decision: 'approve', by: 'ada' }),
  // The lease ends at 100: it is proven at 120.
  ...visit('Fence the primary', 107, 108, { do: 'wait', fencing: 'unproven', writableUntil: iso(100) }),
  ...visit('Fence the primary', 120, 121, { do: 'go-on', fencing: 'proven', writableUntil: iso(100) }),
  { at: at(130), kind: 'database.status', region: 'us-west-2', database: 'aeon-dt', status: 'modifying' },
  { at: at(350), kind: 'database.status', region: 'us-west-2', database: 'aeon-dt', status: 'rebooting' },
  { at: at(370), kind: 'database.status', region: 'us-west-2', database: 'aeon-dt', status: 'available' },
  // Pods of the old region, and one that comes later, are none of this.
  { at: at(380), kind: 'pod.changed', region: 'us-east-1', pod: 'x', ready: true },
  { at: at(385), kind: 'pod.changed', region: 'us-west-2', pod: 'y', ready: true },
  ...visit('Open traffic', 400, 401, { followed: false, openedAt: iso(401) }),
  ...visit('Open traffic', 480, 481, { followed: true, openedAt: iso(401) }),
  { at: at(500), kind: 'pod.changed', region: 'us-west-2', pod: 'z', ready: true },
];

it('the waits of a failover are those that nobody can make shorter, one after the other', () => {
  const waits = imposedWaits({ events, execution: 'move', outageAt: at(0), ledAt: at(470), to: 'us-west-2' });
  expect(waits).toEqual([
    { name: 'two signals are lost', seconds: 22 },
    { name: 'they stay lost', seconds: 30 },
    { name: 'a person answers: Ask whether to move', seconds: 45 },
    { name: 'the lease ends, and its margin', seconds: 13 },
    { name: 'RDS promotes', seconds: 240 },
    { name: 'pods stand', seconds: 15 },
    { name: 'Route 53 sees it', seconds: 70 },
    { name: "the answer's time to live", seconds: 60 },
  ]);
  expect(criticalPathSeconds(waits)).toBe(495);
});

it('what a run ended as is read from its executions', () => {
  const reader = new FailoverReader('-region-failover');
  expect(reader.told(900, at(0))).toMatchObject({ outcome: 'stayed', execution: undefined });
  reader.seen({ at: at(0), kind: 'execution.started', workflow, execution: 'second' });
  expect(reader.told(900, at(0))).toMatchObject({ outcome: 'failed' });
  reader.seen({ at: at(1), kind: 'state.entered', workflow, execution: 'second', state: 'Failover refused' });
  const refused = { error: 'FailoverAlreadyRunning', cause: 'wait' };
  reader.seen({ at: at(1), kind: 'execution.ended', workflow, execution: 'second', status: 'FAILED', ...refused });
  expect(reader.told(900, at(1))).toMatchObject({ outcome: 'refused', reason: 'FailoverAlreadyRunning: wait' });
  const steps = [{ name: 'promote', startedAt: iso(10), endedAt: iso(260) }];
  const output = { outcome: 'failed-over', reason: 'Lost.', fencing: 'proven', lossSeconds: 61, steps };
  reader.seen({ at: at(2), kind: 'execution.ended', workflow, execution: 'move', status: 'SUCCEEDED', output });
  expect(reader.told(900, at(300))).toMatchObject({
    execution: 'move',
    outcome: 'failed-over',
    fencing: 'proven',
    lossSeconds: 61,
    steps: [{ name: 'promote', seconds: 250, budgetSeconds: 420 }],
  });
  expect(reader.refusals).toEqual(['FailoverAlreadyRunning: wait']);
});
