import type { ServiceDelivery } from '../../domain/delivery.ts';
import { UnknownService } from '../../domain/errors.ts';
import { parseAlarmName } from '../../domain/names.ts';
import { holdOf, imageWithDigest, type ReleaseRecord, taken } from '../../domain/release.ts';
import { findRollback, holderOf, type RollbackFound, type RollbackTrigger, takenOver } from '../../domain/rollback.ts';
import {
  type RollbackRequest,
  rollbackRequest,
  type TakeOverInput,
  type TakeOverOutput,
} from '../../domain/workflows/canary-rollback.ts';
import { decidedOnTheLatest } from '../canary/fenced.ts';
import { planOf } from '../canary/plans.ts';
import { parseInput } from '../handling/task.ts';
import type { Executions, Parameters } from '../ports/aws.ts';
import type { Clock } from '../ports/clock.ts';
import type { RecordSeen, ReleaseCluster } from '../ports/release-cluster.ts';

export interface TakeOverPorts {
  readonly environment: string;
  readonly cluster: ReleaseCluster;
  readonly parameters: Parameters;
  readonly executions: Executions;
  readonly clock: Clock;
}

/**
 * Finds what is to be rolled back and takes the service over for it, in one compare-and-set: the first rollback wins, another one finds
 * that. Throws InvalidInput, and for a person UnknownService; ReleaseRecordMissing, ObjectChanged.
 */
export async function takeOver({ input, execution }: TakeOverInput, ports: TakeOverPorts): Promise<TakeOverOutput> {
  const request = parseInput(rollbackRequest, input);
  const subject = await subjectOf(request, ports);
  // A promotion that ended badly may have ended before it could give back what it had claimed.
  const ended = 'executionArn' in request ? request.executionArn : null;
  if ('nothing' in subject) return nothing(subject.nothing, ended);
  const plan = await planFor(subject, ports);
  if (!plan) return nothing(`There is no service '${subject.service}' (any more).`, ended);
  return decidedOnTheLatest(async () => {
    const seen = await ports.cluster.readRecord(plan);
    const otherRuns = await anotherRollsBack(seen.record, execution.arn, ports.executions);
    const found = findRollback(seen.record, subject.trigger, execution.arn, otherRuns);
    const done = await carryOut(found, plan, seen, execution, ports);
    if (done.found === 'previous') return { ...done, holder: null };
    return { ...done, holder: holderOver(found.action, seen.record.promotion?.executionArn, ended) };
  });
}

/** Whose claims are over with this rollback: those of a promotion that another rollback works on are not. */
function holderOver(action: RollbackFound['action'], held: string | undefined, ended: string | null): string | null {
  if (action === 'nothing') return held === ended ? null : ended;
  return held ?? ended;
}

interface Subject {
  readonly service: string;
  readonly trigger: RollbackTrigger;
}

async function subjectOf(request: RollbackRequest, ports: TakeOverPorts): Promise<Subject | { nothing: string }> {
  if ('alarmName' in request) {
    const name = parseAlarmName(request.alarmName);
    if (!name || name.environment !== ports.environment) {
      return { nothing: `The alarm '${request.alarmName}' is none of a service of '${ports.environment}'.` };
    }
    if (request.state !== 'ALARM') return { nothing: `The alarm '${request.alarmName}' went to ${request.state}.` };
    return { service: name.service, trigger: { ...request, kind: 'alarm' } };
  }
  if ('executionArn' in request) {
    const service = serviceOf(await ports.executions.describe(request.executionArn));
    if (service === undefined) return { nothing: `${request.executionArn} named no service.` };
    return { service, trigger: { ...request, kind: 'execution-ended' } };
  }
  return { service: request.service, trigger: { ...request, kind: 'person' } };
}

/** The service that an execution was started for, if its input names one. */
function serviceOf(execution: { input: string } | undefined): string | undefined {
  try {
    const { service } = JSON.parse(execution?.input ?? '{}') as { service?: unknown };
    return typeof service === 'string' ? service : undefined;
  } catch {
    return undefined;
  }
}

/** A person is told which services there are; an event about a service that is gone is no news. */
async function planFor({ service, trigger }: Subject, ports: TakeOverPorts): Promise<ServiceDelivery | undefined> {
  try {
    return await planOf(ports.environment, service, ports.parameters);
  } catch (error) {
    if (error instanceof UnknownService && trigger.kind !== 'person') return undefined;
    throw error;
  }
}

async function anotherRollsBack(record: ReleaseRecord, mine: string, executions: Executions): Promise<boolean> {
  const held = record.promotion;
  if (!held || (held.phase !== 'rolling-back' && !held.goesBack) || holderOf(held) === mine) return false;
  return (await executions.describe(holderOf(held)))?.status === 'RUNNING';
}

async function carryOut(
  found: RollbackFound,
  plan: ServiceDelivery,
  { record, resourceVersion }: RecordSeen,
  execution: TakeOverInput['execution'],
  ports: TakeOverPorts,
): Promise<Omit<TakeOverOutput, 'holder'>> {
  const { cluster, clock } = ports;
  const startedAt = clock.now().toISOString();
  const { reason } = found;
  switch (found.action) {
    case 'nothing':
      return nothing(reason, null);
    case 'finish': {
      const { promotion: _ended, ...rest } = record;
      await cluster.writeRecord(plan, rest, resourceVersion);
      return nothing(reason, null);
    }
    case 'resume': {
      const kind = found.held.executionArn === execution.arn ? 'previous' : 'promotion';
      return { found: kind, reason, plan, hold: holdOf(record, plan) };
    }
    case 'take-over': {
      const next = takenOver(record, found.held, { executionArn: execution.arn, reason, startedAt });
      await cluster.writeRecord(plan, next, resourceVersion);
      return { found: 'promotion', reason, plan, hold: holdOf(next, plan) };
    }
    case 'previous': {
      const next = await holdForPrevious(found.previous, plan, record, execution, ports);
      await cluster.writeRecord(plan, next, resourceVersion);
      return { found: 'previous', reason, plan, hold: holdOf(next, plan) };
    }
  }
}

/** After a promotion, going back is a promotion of the previous release: all at once, from the slot that still holds it. */
async function holdForPrevious(
  previous: NonNullable<ReleaseRecord['previous']>,
  plan: ServiceDelivery,
  record: ReleaseRecord,
  execution: TakeOverInput['execution'],
  { cluster, clock }: TakeOverPorts,
): Promise<ReleaseRecord> {
  const inPlace = previous.slot === record.stableSlot;
  const stable = await cluster.readSlot(plan, record.stableSlot);
  const slot = inPlace ? stable : await cluster.readSlot(plan, previous.slot);
  return taken(record, {
    id: execution.name,
    executionArn: execution.arn,
    strategy: inPlace ? 'rolling' : 'blue-green',
    canarySlot: previous.slot,
    digest: previous.digest,
    tag: previous.tag,
    image: imageWithDigest(stable.image, previous.digest),
    startedAt: clock.now().toISOString(),
    stableReplicas: stable.replicas,
    before: { image: slot.image, replicas: inPlace ? slot.replicas : 0 },
    goesBack: true,
  });
}

function nothing(reason: string, holder: string | null): TakeOverOutput {
  return { found: 'nothing', reason, plan: null, hold: null, holder };
}
