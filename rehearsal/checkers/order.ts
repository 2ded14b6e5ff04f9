import { otherSlot } from '../../domain/names.ts';
import type { RehearsalEvent } from '../kernel/log.ts';
import type { Checker, WorldAtEnd } from './checker.ts';

/** Every execution has ended, or waits for a person who has been asked and whose time is not over. */
export function executionsEnd(): Checker<Pick<WorldAtEnd, 'executionsRunning'>> {
  return {
    name: 'every execution ends or asks a person',
    conclude({ executionsRunning }) {
      return executionsRunning
        .filter(({ asksUntil }) => asksUntil === undefined)
        .map(({ workflow, execution }) => `${workflow} ${execution} neither ended nor asked anybody`);
    },
  };
}

/** Nothing that a function or a workflow asked for was denied, by IAM or by the cluster, but for what a fault denied. */
export function nothingDenied(): Checker<unknown> {
  const denied: string[] = [];
  return {
    name: 'no call is denied',
    seen(event: RehearsalEvent) {
      if (event['fault'] !== undefined) return;
      if (event.kind === 'iam.denied')
        denied.push(`${event['principal']} may not ${event['action']} on ${event['resource']}`);
      if (event.kind === 'kubernetes.called' && event['outcome'] === 'Forbidden') {
        denied.push(`${event['user']} may not ${event['verb']} ${event['path']} in the cluster`);
      }
    },
    conclude: () => [...new Set(denied)],
  };
}

/** An alarm that watches a target group that is gone is worse than none. */
export function alarmsHaveData(): Checker {
  return {
    name: 'alarms have data while traffic flows',
    conclude: ({ alarmsWithoutData }) =>
      alarmsWithoutData.map(({ alarm, dimensions }) => `${alarm} got no data although requests flow (${dimensions})`),
  };
}

/** No lock, no pods without traffic, no open question, no undelivered event. */
export function nothingLeftOver(): Checker {
  return {
    name: 'nothing is left over',
    conclude({ after, approvalsPending, deadLetters }) {
      const left: string[] = [];
      if (after.heldBy) left.push(`the release is still held by ${after.heldBy}`);
      const idle = otherSlot(after.stableSlot);
      const replicas = after.slots[idle]?.replicas ?? 0;
      if (replicas > 0) left.push(`the idle slot ${idle} still has ${replicas} replicas`);
      for (const approval of approvalsPending) left.push(`approval ${approval} is still open`);
      if (deadLetters > 0) left.push(`${deadLetters} events ended in the dead-letter queue`);
      return left;
    },
  };
}

/** Of one service, one promotion at a time shifts traffic. */
export function onePromotionAtATime(): Checker {
  const holding = new Set<string>();
  const faults: string[] = [];
  return {
    name: 'one promotion of a service at a time',
    seen(event: RehearsalEvent) {
      const execution = String(event['execution']);
      if (event.kind === 'state.exited' && event['state'] === 'Take the release') {
        if (holding.size > 0) faults.push(`${execution} took the release while ${[...holding].join(', ')} held it`);
        holding.add(execution);
      }
      if (event.kind === 'execution.ended') holding.delete(execution);
    },
    conclude: () => faults,
  };
}
