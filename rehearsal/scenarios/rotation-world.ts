import type { StatesService } from '../aws/states.ts';
import { leaksIn, type RotationAtEnd } from '../checkers/rotation.ts';
import type { Rehearsal } from '../rehearsal.ts';
import type { OutcomeReader } from './outcome.ts';
import type { RotationConsumers } from './rotation-consumers.ts';
import { type RotationRequest, type RotationResult, type RotationRun, rotationCommand } from './rotation-request.ts';
import type { RotationStage } from './rotation-stage.ts';

/** Looks at the world once a run is over, for the checkers. */
export async function worldAtEnd(
  scene: RotationStage,
  consumers: RotationConsumers,
  outcomes: OutcomeReader,
): Promise<RotationAtEnd> {
  const { rehearsal, plan, secrets } = scene;
  const places = new Map([['the event log', rehearsal.log.toLines()]]);
  for (const { workflow, execution, events } of historiesOf(rehearsal)) {
    places.set(`the history of ${workflow} ${execution}`, JSON.stringify(events));
  }
  return {
    users: plan.users,
    labels: scene.labels(),
    currentLogin: await scene.stage.during(consumers.currentLogsIn()),
    loginsDenied: consumers.counts.denied,
    deniedSeconds: consumers.counts.deniedMilliseconds / 1000,
    leaks: leaksIn(places, secrets.confidentialTexts),
    podsWithOtherVersion: consumers.withOtherVersion(scene.currentVersion ?? ''),
    claims: await scene.claims(),
    executionsRunning: [...outcomes.running].map(([execution, workflow]) => ({ workflow, execution })),
  };
}

function historiesOf(rehearsal: Rehearsal): RotationRun['histories'] {
  return rehearsal.account
    .service<StatesService>('states')
    .executions()
    .map(({ machine, name, execution }) => ({ workflow: machine.name, execution: name, events: execution.history }));
}

/** What a run leaves to its caller. */
export function leftBehind(rehearsal: Rehearsal, request: RotationRequest, result: RotationResult): RotationRun {
  const { log, iam } = rehearsal;
  const count = (...kinds: string[]) => log.events.filter(({ kind }) => kinds.includes(kind)).length;
  return {
    result,
    log,
    command: rotationCommand(request),
    histories: historiesOf(rehearsal),
    callsAnswered: count('aws.called', 'kubernetes.called'),
    transitions: count('state.entered'),
    grants: iam.ledger.toRecord(),
  };
}
